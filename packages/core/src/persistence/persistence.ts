import { SessionUsageError } from '../errors'
import type { SessionOutcome } from '../events/outcome'
import type { Change, ImportChange } from '../record/changes'
import type { Bound, SeriesName, SessionRecord } from '../record/record'
import type { Instants } from '../record/timeouts'
import type { Token, TokenIssuer } from '../record/token'
import type { StoredSession } from '../store/store'
import type { Deadline } from './deadline'

/** A live session, as one request knows it. Each write replaces it as a whole; its record is never changed. */
export interface LoadedSession {
  readonly record: SessionRecord
  /** The record as text, as it was sealed. */
  readonly text: string
  /** The value for the client's cookie, if it differs from the one in the request. */
  readonly newToken: string | undefined
  /** The last activity before this request, epoch ms. */
  readonly touchedAt: number
  /** Whether the request's token was renewed since, and is honoured for its grace only. */
  readonly stale: boolean
  /** Store mode: the row as last read or written, and the token that proves this request's right to it. */
  readonly stored: { readonly row: StoredSession; readonly token: Token } | undefined
}

/** The result of opening one cookie value. */
export type Opened =
  | { readonly outcome: 'resumed' | 'stale' | 'restored' | 'imported'; readonly session: LoadedSession }
  | {
      readonly outcome: Exclude<SessionOutcome, 'resumed' | 'stale' | 'restored' | 'imported'>
      /** The session whose token this was before it was replaced: `logout` and `destroy` can still end it. */
      readonly replaced?: LoadedSession
      /** The session whose replaced token came back, for the alarm. */
      readonly id?: string
      /** The token was replaced moments ago by a login or `regenerate`, while this request was under way. */
      readonly underway?: boolean
    }

/** What a cookie's value names, alive or not. */
export interface Inspected {
  readonly record: SessionRecord
  /** Store mode: the token in the value. */
  readonly token: Token | undefined
}

/** Whether there is a session. Own members only: an inherited `session` would be one for everybody. */
export const hasSession = (opened: Opened): opened is Extract<Opened, { session: LoadedSession }> =>
  Object.hasOwn(opened, 'session')

/** What must be known of a session to end it. */
export type Ending = Pick<SessionRecord, 'id' | 'audiences'>

/** The value of the remember-me cookie, and the instants that its Max-Age follows from. */
export interface RememberCookie {
  readonly value: string
  readonly instants: Instants
}

/** The result of a remember-me: the session that it has now, unless a limit refused it, and the new cookie. */
export interface Restored {
  readonly session: LoadedSession | undefined
  readonly cookie: RememberCookie
}

/** The request that brought a remember-me. */
export interface Restoring {
  /** Its anonymous session, if it has one: the subject is logged in to that. */
  readonly session: LoadedSession | undefined
  readonly bound: Bound | undefined
  /** A login or `regenerate` replaced the token of its session moments ago, while it was under way. */
  readonly underway: boolean
}

/** Remember-me, in a store or in a sealed cookie. */
export interface RememberMe {
  /** An id for a series that a login is about to begin. */
  newId(): string
  /** Begins the series that the session's entry names. */
  begin(session: LoadedSession, deadline: Deadline): Promise<RememberCookie>
  /** Logs the subject of a remember-me in. Undefined for a value that restores nothing. */
  restore(value: string, request: Restoring, deadline: Deadline): Promise<Restored | undefined>
  /**
   * A new token for the series of a session that has just got a new one itself. `value`: the cookie that the request had.
   * Undefined if there is no series.
   */
  replaceToken(
    session: LoadedSession,
    value: string | undefined,
    deadline: Deadline,
  ): Promise<RememberCookie | undefined>
  /** The live series of this application that a cookie's value proves. Undefined for any other value. */
  identify(value: string, deadline: Deadline): Promise<SeriesName | undefined>
  /** Ends a series for good, and its session unless that is `except`. */
  end(series: SeriesName, deadline: Deadline, except?: string): Promise<void>
}

/** Store mode: sessions that are begun by any request that may read the claim on them, that of a series or of an import. */
export interface ClaimableSessions {
  readonly tokens: TokenIssuer
  /** The session of a token: undefined if the token is not honoured, `absent` if there is no row. Reports neither. */
  resume(token: Token, deadline: Deadline): Promise<LoadedSession | 'absent' | undefined>
  /** Creates the session of `token` as it was claimed at `since`, in place of others. Undefined if it exists. */
  claim(
    token: Token,
    since: number,
    change: Change,
    deadline: Deadline,
    replaced?: readonly string[],
  ): Promise<LoadedSession | undefined>
}

/** What a claim says of the session that it has decided. */
export interface Claimed {
  /** When it was claimed, epoch ms. */
  readonly since: number
  /** This request has issued the successor. */
  readonly isNew: boolean
}

/** Sessions that follow those of another library. A claim on an old one names its successor, before that begins. */
export interface Successors {
  /** A successor for a session that does not exist yet, and for the client that may have it. */
  issue(bound: Bound | undefined): Promise<string>
  /**
   * Begins the session of a successor. Undefined if it has ended or is refused by a limit, and in store mode if another request
   * has begun it.
   */
  begin(
    successor: string,
    claimed: Claimed,
    change: ImportChange,
    deadline: Deadline,
  ): Promise<LoadedSession | undefined>
  /** Store mode: the session of a successor, as {@link ClaimableSessions}. Cookie mode begins it each time. */
  readonly resume:
    | ((successor: string, deadline: Deadline) => Promise<LoadedSession | 'absent' | undefined>)
    | undefined
}

/** How sessions last from one request to the next: in a store, or in a sealed cookie. */
export interface Persistence {
  /** Remember-me. Undefined only in cookie mode without the option `remember`. */
  readonly series: RememberMe | undefined
  /** Sessions that follow those of another library. Undefined in cookie mode without `revocations`. */
  readonly successors: Successors | undefined
  /** @throws SessionStoreError if the store does not answer. Anything wrong with the value is an outcome. */
  open(value: string, deadline: Deadline): Promise<Opened>
  /**
   * The session as it is now, for a request that goes on with it. `detached`: see {@link Change}.
   * @throws SessionEndedError as `write` does.
   */
  reload(session: LoadedSession, detached: boolean, deadline: Deadline): Promise<LoadedSession>
  /** The session that a value of ours names, alive or not, for a person to look at. Undefined for any other value. */
  inspect(value: string, deadline: Deadline): Promise<Inspected | undefined>
  /** Begins a session with `change`, under `id` unless that is taken. */
  create(id: string, change: Change, deadline: Deadline): Promise<LoadedSession>
  /**
   * Applies a change to the current state of the session, which may be newer than `session`.
   * @throws SessionEndedError if it has ended, or the token of this request is no longer honoured.
   */
  write(session: LoadedSession, change: Change, deadline: Deadline): Promise<LoadedSession>
  /**
   * Store mode: notes activity at a past instant, without checking token or clocks. False if the session is gone. A cookie
   * can be changed by a response only.
   */
  touch?(session: LoadedSession, at: number, deadline: Deadline): Promise<boolean>
  /** Store mode: the record under an id, if it is alive. */
  find?(id: string, deadline: Deadline): Promise<SessionRecord | undefined>
  /**
   * Store mode: the live sessions of a subject in this application, at most `limit`, after the id `after`.
   * @throws SessionUsageError `ERR_SESSION_UNSUPPORTED` without a subject index.
   */
  list?(subject: string, limit: number, after: string | undefined, deadline: Deadline): Promise<SessionRecord[]>
  /** Ends a session for every holder of a token, and its series before it. Yields whether it was there, as far as that is known. */
  end(ending: Ending, deadline: Deadline): Promise<boolean>
  /**
   * Ends a session without its cookie, unless another than `subject` is logged in to this application. Store mode: with its
   * remember-me, and yields whether it existed.
   * @throws SessionUsageError `ERR_SESSION_UNSUPPORTED` in cookie mode without `revocations`, or with a subject.
   */
  revoke(id: string, subject: string | undefined, deadline: Deadline): Promise<boolean | undefined>
  /**
   * Ends all sessions of a subject in this application, but for the one with the id `except`. Store mode: yields how many.
   * @throws SessionUsageError `ERR_SESSION_UNSUPPORTED` without a subject index, in cookie mode without `revocations`.
   */
  revokeAll(subject: string, except: string | undefined): Promise<number | undefined>
}

export const unsupported = (task: string, needed: string): SessionUsageError =>
  new SessionUsageError('ERR_SESSION_UNSUPPORTED', `This store cannot ${task}: that needs ${needed}.`)

import type { Change } from '../record/changes'
import type { SessionRecord } from '../record/record'
import type { KnownSecret } from '../record/token'
import type { StoredSession } from '../store/store'
import type { Deadline } from './deadline'

/** Why opening did, or did not, yield a session. */
export type SessionOutcome =
  /** No cookie of ours came with the request. */
  | 'none'
  | 'resumed'
  /** Resumed by a token that was renewed away moments ago; the response carries its successor. */
  | 'stale'
  /** Begun anew by remember-me, without a fresh login. */
  | 'restored'
  /** A cookie that cannot be one of ours, or two that contradict each other. */
  | 'malformed'
  /** A cookie that names a session and does not prove it, or a stored row that does not open. */
  | 'rejected'
  /** A well-formed token of no session there is. */
  | 'unknown'
  /** A token renewed away long ago: somebody may have stolen it. */
  | 'reused'
  /** A sealed cookie that was ended before its clocks ran out. */
  | 'revoked'
  /** A session that is bound to another client than this one. */
  | 'mismatch'
  /** One of its clocks has run out: the one that did first. */
  | 'expired:idle'
  | 'expired:rolling'
  | 'expired:absolute'
  /** The store is down, and `onUnavailable` is `empty`. */
  | 'unavailable'

/** What one request knows of a live session. Replaced as a whole by every write; the record in it is never changed. */
export interface LoadedSession {
  readonly record: SessionRecord
  /** The record as text, to make copies from. */
  readonly text: string
  /** The cookie value the client should get, where it is another than it came with. */
  readonly handOut: string | undefined
  /** The last activity known before this request, epoch ms. */
  readonly touchedAt: number
  /** Whether the token this request came with was renewed away, and is honoured for its grace only. */
  readonly stale: boolean
  /** Store mode: the row as last read or written, and the secret this request proved itself with. */
  readonly stored?: { readonly row: StoredSession; readonly own: KnownSecret }
}

/** What came of one cookie value. */
export type Opened =
  | { readonly outcome: 'resumed' | 'stale'; readonly live: LoadedSession }
  | { readonly outcome: Exclude<SessionOutcome, 'resumed' | 'stale'>; readonly record?: SessionRecord }

/** What must be known of a session to end it. */
export type Ending = Pick<SessionRecord, 'id'> & Partial<Pick<SessionRecord, 'rememberedBy' | 'slots'>>

/** How sessions last from one request to the next: in a store, or in a sealed cookie. */
export interface Persistence {
  /** @throws SessionStoreError where the store does not answer. Whatever the client sent is an outcome. */
  open(value: string, budget: Deadline): Promise<Opened>
  /** Begins a session with what `change` puts into it, under `id` unless that is taken. */
  create(id: string, change: Change, budget: Deadline): Promise<LoadedSession>
  /**
   * Makes a change to the session as it is now, which may be newer than `live`.
   * @throws SessionEndedError where it is over, or the token this request came with is no longer honoured.
   */
  write(live: LoadedSession, change: Change, budget: Deadline): Promise<LoadedSession>
  /**
   * Notes activity at an instant of the past, whoever holds the session by now; in a store only, since a cookie can be
   * changed by a response alone. False where the session is gone.
   */
  touch?(live: LoadedSession, at: number, budget: Deadline): Promise<boolean>
  /** The record under an id, where it is alive; in a store only, since a sealed one is nowhere but in its cookie. */
  find?(id: string, budget: Deadline): Promise<SessionRecord | undefined>
  /** Ends the session for every holder of a token, and the remember-me it is handed with, as far as this store can. */
  end(session: Ending, budget: Deadline): Promise<void>
}

import type { ImportSkippedReason, SessionEvent } from '../events/events'
import type { SessionClock } from '../record/timeouts'
import type { SessionCodec } from '../seal/codec'
import type { SessionSecret } from '../seal/keys'
import type { RevocationStore, SessionStore } from '../store/store'

/** Options of the manager that an import of sessions uses too. */
export interface ImportSettings {
  /** As the manager's. */
  secret: SessionSecret
  /** As the manager's. */
  store?: SessionStore | undefined
  /** As the manager's. */
  revocations?: RevocationStore | undefined
  /** As the manager's. */
  audience?: string | undefined
  /** As the manager's. */
  codec?: SessionCodec | undefined
  /** As the manager's. */
  storeTimeout?: number | undefined
  /** As the manager's. */
  onEvent?: ((event: SessionEvent) => void) | undefined
  /** As the manager's. */
  clock?: SessionClock | undefined
  /** The names of the manager's own cookies. No source may have one of them. */
  cookieNames?: readonly string[] | undefined
}

/** A time limit that several calls share: that of the request which is being opened. */
export interface TimeLimit {
  /** Runs one call to a storage. @throws SessionStoreError if it fails, or has no answer in time. */
  call<T>(operation: string, id: string | undefined, run: () => Promise<T>): Promise<T>
  /** The same for what does not ask the manager's own storage, so it does not tell whether that one answers. */
  callElsewhere<T>(operation: string, id: string | undefined, run: () => Promise<T>): Promise<T>
}

/** What a session of another library holds. */
export interface ImportedContent {
  /** Who is logged in; undefined for an anonymous visitor. */
  readonly subject: string | undefined
  /** What becomes `session.data`. */
  readonly data: Readonly<Record<string, unknown>>
  /** When the session ends at the latest, epoch ms. */
  readonly endsAt: number
}

/** The session that has followed one of another library. */
export interface ImportedSession<Session> {
  /** Its public id. */
  readonly id: string
  /** Whether a request has come back with its cookie. Until then, its response may have been lost. */
  readonly confirmed: boolean
  /** Core's own view of it. */
  readonly session: Session
}

/** What an import can do for one request. A successor is the text that decides which session follows an old one. */
export interface ImportRequest<Session> {
  /** The Cookie header. */
  readonly cookies: string
  /** The time limit of opening the request. */
  readonly limit: TimeLimit
  /** A successor for a session that does not exist yet. With a store it is as secret as a token. */
  issue(): Promise<string>
  /**
   * Begins the session of a successor that was claimed at `since`, epoch ms, or yields it where another request has begun it.
   * Undefined if it has ended, or if `maxPerSubject` refuses it.
   * @throws SessionUsageError `ERR_SESSION_TOO_LARGE` above `maxBytes`, and `ERR_SESSION_NOT_SERIALIZABLE` for data that
   * `session.data` could not hold.
   */
  begin(successor: string, content: ImportedContent, since: number): Promise<ImportedSession<Session> | undefined>
  /**
   * The session of a successor: `absent` if there is none, undefined if it no longer honours its first token. Without a store
   * there is no such method: what the old cookie holds is needed each time.
   */
  resume?: ((successor: string) => Promise<ImportedSession<Session> | 'absent' | undefined>) | undefined
  /** Ends a session that was begun for this request. */
  end(imported: ImportedSession<Session>): Promise<void>
}

/** What came of the cookies of other libraries in one request. */
export interface ImportResult<Session> {
  /** As in `session.outcome`. */
  readonly outcome: 'imported' | 'rejected' | 'reused' | 'unknown'
  /** The session, where the outcome is `imported`. */
  readonly imported?: ImportedSession<Session> | undefined
  /** Why there is none, where the outcome is `unknown`. */
  readonly skipped?: ImportSkippedReason | undefined
  /** The Set-Cookie lines that clear the old cookies. */
  readonly clear: readonly string[]
}

/** The import of one manager. */
export interface SessionImporter {
  /** What is legal and may not do what its author expects: why, and what to change. */
  readonly warnings: readonly string[]
  /** Reads the old cookies of a request that has none of ours. Undefined if it has no old one either. */
  open<Session>(request: ImportRequest<Session>): Promise<ImportResult<Session> | undefined>
  /** Ends the old sessions of a request, because of a login or a logout. Yields the Set-Cookie lines that clear their cookies. */
  dismiss(cookies: string, limit: TimeLimit): Promise<readonly string[]>
  /**
   * From now on no session of this subject is imported. `logout`: only from sources whose cookie changes, and nothing that was
   * begun until now.
   */
  refuse(subject: string, because: 'revoked' | 'logout', limit: TimeLimit): Promise<void>
}

/** Sessions that another library has begun: what `importFrom` of `@sojourn/session-compat/import` makes. */
export interface SessionImport {
  /**
   * Called once by `createSessionManager`.
   * @throws SessionConfigError where the manager's options cannot keep its promises.
   */
  attach(settings: ImportSettings): SessionImporter
}

import type { ClockName } from '../record/timeouts'

/** What every event has. */
export interface SessionEventBase {
  /** When it happened by the manager's clock, epoch ms. */
  readonly at: number
  /** The application: the manager's `audience`. */
  readonly audience: string
}

/** What every event about one session has. */
export interface SessionIdEvent extends SessionEventBase {
  /** The session's public id: safe to log, grants nothing. */
  readonly id: string
  /**
   * Who is logged in to this application: the hash that stores have in place of the subject. Absent if no one is. The same subject
   * has the same key in every process. Who can guess a subject can compute its key.
   */
  readonly subjectKey?: string
}

/** A session began: the first change to `data`, or a login without a session. */
export interface SessionCreatedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'created'
}

/** `renewAfter` of the rolling timeout had passed, so the session got a new token. In cookie mode its id stays. */
export interface SessionRenewedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'renewed'
}

/** `login` or `regenerate` gave the session a new token. In cookie mode `id` is the new one. */
export interface SessionRegeneratedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'regenerated'
}

/** The last activity of a session was stored, and nothing else of it. */
export interface SessionTouchedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'touched'
}

/** The last activity could not be stored: the store failed, or the session has ended. The request is not affected. */
export interface SessionTouchSkippedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'touch-skipped'
}

/** `login` has resolved: the subject is logged in. The same subject may have been before. */
export interface SubjectLoginEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'login'
}

/** A subject has left this application's part of a session. A session that ends by itself is no logout. */
export interface SubjectLogoutEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'logout'
  /** `logout`, `destroy`: the method that was called. `login`: another login, or a remember-me, took its place. */
  readonly reason: 'logout' | 'destroy' | 'login'
}

/** Remember-me began this session. */
export interface SessionRestoredEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'restored'
}

/** `maxPerSubject` with `onLimit: 'refuse'`: the subject has too many sessions, so it was not logged in to one more. */
export interface LoginLimitedEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'limited'
  /** The session that the request had; undefined if it had none. */
  readonly id: string | undefined
  /** Who was refused, as in {@link SessionIdEvent.subjectKey}. */
  readonly subjectKey?: string
  /** What was refused: `login` rejected with `ERR_SESSION_LIMIT`, or a remember-me began no session. */
  readonly reason: 'login' | 'remember-me'
}

/** A request came with a session whose time is over. In cookie mode every such request is reported. */
export interface SessionExpiredEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'expired'
  /** Which clock ran out first. */
  readonly reason: ClockName
}

/** `destroy`, or the `logout` of its last audience, ended the session. */
export interface SessionDestroyedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'destroyed'
}

/** A session was ended without its cookie, or a request came with the cookie of one. */
export interface SessionRevokedEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'revoked'
  /** The session's id; undefined for `revoke-all`. */
  readonly id: string | undefined
  /** Whose it was, as in {@link SessionIdEvent.subjectKey}. Absent if that is not known: a sealed session is revoked by its id alone. */
  readonly subjectKey?: string
  /**
   * `revoke`, `revoke-all`: `revoke(id)` or `revokeAll(subject)` was called. `evicted`: `maxPerSubject` ended it for another one.
   * `presented`: cookie mode, a request came with the cookie of a session that has been ended.
   */
  readonly reason: 'revoke' | 'revoke-all' | 'evicted' | 'presented'
}

/**
 * Store mode: a replaced token came back after its grace period, so it may be stolen. `onReuse` says what follows. For the token
 * of a remember-me, `id` is the id of its series, and both end. Without `subjectKey` for a token from before the last login.
 */
export interface TokenReusedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'reused'
}

/** A request came from another client than the one that the session is bound to (`bind`). It has no session. */
export interface ClientMismatchEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'mismatch'
}

/** Store mode: another process changed the session first. The change is applied again to the newer version. */
export interface WriteConflictEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'conflict'
}

/** A cookie names a session without proving it, or a stored row does not open. The request has no session. */
export interface SessionRejectedEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'rejected'
  /** The id that the cookie names; undefined for a cookie that this application has not made. */
  readonly id: string | undefined
  /**
   * `token`: the cookie was not made by this application. `rolled-back`: the store has lost its last writes, so it has never seen
   * this token. `row`: the stored row does not open. `instant`: its times lie more than five minutes ahead. `import`: a session
   * of another library was not imported: its cookie does not open, it was revoked, or it is not one that is accepted.
   */
  readonly reason: 'token' | 'rolled-back' | 'row' | 'instant' | 'import'
}

/** A session of another library goes on as this one: the option `imports`. */
export interface SessionImportedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'imported'
}

/**
 * Why a session of another library has not gone on. `until`: imports are over. `absent`: it is not where the source looks for it.
 * `ended`: its time is over, or the session that followed it has ended. `no-subject`: the option `subject` found no one in it.
 */
export type ImportSkippedReason = 'until' | 'absent' | 'ended' | 'no-subject'

/** An old cookie that is genuine, of another library, has begun no session: the option `imports`. */
export interface ImportSkippedEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'import-skipped'
  /** Why. Many of one reason soon after the switch tell of a wrong option: {@link ImportSkippedReason}. */
  readonly reason: ImportSkippedReason
}

/** Two different cookies of our name were both valid, so neither was used. */
export interface DuplicateCookieEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'duplicate'
  /** The ids of the sessions that the cookies name. */
  readonly ids: string[]
}

/** A request came from another site without a cookie of ours, and the visitor may have one. No session was begun for it. */
export interface CookieWithheldEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'withheld'
}

/**
 * Changes to `data` were not stored with the response, and no error said so. Each key is reported once for a request. An awaited
 * method that is called later can still store them.
 */
export interface ChangeDroppedEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'change-dropped'
  /** The session that was changed; undefined if nothing of it is stored. */
  readonly id: string | undefined
  /** Who is logged in, as in {@link SessionIdEvent.subjectKey}. */
  readonly subjectKey?: string
  /** The top-level keys of `data` that were changed. */
  readonly keys: string[]
  /**
   * `withheld`: the browser withheld the cookie, so there is no session that they belong to. `status`: the response has a status of
   * 500 or above. `aborted`: the client left before the response. `headers-sent`: they were made after the headers were sent.
   * `ended`: the session had ended before they were saved (`@sojourn/session-connect`).
   */
  readonly reason: 'withheld' | 'status' | 'aborted' | 'headers-sent' | 'ended'
}

/** A store call took more than a quarter of `storeTimeout`. */
export interface StoreSlowEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'store-slow'
  /** What was called: `read`, `update`… */
  readonly operation: string
  /** The session it was about, if it was about one. */
  readonly id: string | undefined
  /** How long it took, in milliseconds. */
  readonly ms: number
}

/** A store call failed, did not answer in time, or was refused because the circuit breaker is open. */
export interface StoreFailedEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'store-failed'
  /** What was called: `read`, `update`… */
  readonly operation: string
  /** The session it was about, if it was about one. */
  readonly id: string | undefined
  /** What the store threw. */
  readonly error: unknown
}

/** The browser will drop the cookie of this response. Reported once; without `onEvent`, as a warning of the process. */
export interface CookieNotKeptEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'cookie-not-kept'
  /** Why, and what to change. */
  readonly message: string
}

/**
 * An option is legal and may not do what its author expects. Reported when the manager is made. A warning about
 * `within` is reported once, when `requireFresh` is called. Without `onEvent`, a likely mistake, such as a timeout in
 * milliseconds, is a warning of the process; the others are in `describe().warnings` alone.
 */
export interface ConfigWarningEvent extends SessionEventBase {
  /** Tells this event from the others. */
  readonly type: 'config-warning'
  /** The option's path: `timeouts`. */
  readonly option: string
  /** What may be unexpected, and what to change. */
  readonly message: string
}

/**
 * What `onEvent` is called with. Ids are public and safe to log; a token or a subject is never in an event. `type` tells which
 * event it is; docs/events.md has all of them in one table.
 * @example
 * onEvent: (event) => {
 *   if (event.type === 'reused') alert(`session ${event.id}: a replaced token came back`)
 * }
 */
export type SessionEvent =
  | SessionCreatedEvent
  | SessionRenewedEvent
  | SessionRegeneratedEvent
  | SessionTouchedEvent
  | SessionTouchSkippedEvent
  | SubjectLoginEvent
  | SubjectLogoutEvent
  | SessionRestoredEvent
  | LoginLimitedEvent
  | SessionImportedEvent
  | ImportSkippedEvent
  | SessionExpiredEvent
  | SessionDestroyedEvent
  | SessionRevokedEvent
  | TokenReusedEvent
  | ClientMismatchEvent
  | WriteConflictEvent
  | SessionRejectedEvent
  | DuplicateCookieEvent
  | CookieWithheldEvent
  | ChangeDroppedEvent
  | StoreSlowEvent
  | StoreFailedEvent
  | CookieNotKeptEvent
  | ConfigWarningEvent

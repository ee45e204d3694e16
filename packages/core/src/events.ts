import { platform } from '#platform'
import type { ClockName } from './record/timeouts'

/** What every event about one session has. */
export interface SessionIdEvent {
  /** The session's public id: safe to log, grants nothing. */
  readonly id: string
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

/** Remember-me began this session. */
export interface SessionRestoredEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'restored'
}

/** A request came with a session whose time is over. In cookie mode every such request is reported. */
export interface SessionExpiredEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'expired'
  /** Which clock ran out first. */
  readonly clock: ClockName
}

/** `destroy`, or the `logout` of its last audience, ended the session. */
export interface SessionDestroyedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'destroyed'
}

/** `revoke(id)` ended the session. In cookie mode also: a request came with the cookie of a session that had been ended. */
export interface SessionRevokedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'revoked'
}

/** Store mode: a replaced token came back after its grace period, so it may be stolen. `onReuse` says what follows. */
export interface TokenReusedEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'reused'
}

/** Store mode: another process changed the session first. The change is applied again to the newer version. */
export interface WriteConflictEvent extends SessionIdEvent {
  /** Tells this event from the others. */
  readonly type: 'conflict'
}

/** A cookie names a session without proving it, or a stored row does not open. The request has no session. */
export interface SessionRejectedEvent {
  /** Tells this event from the others. */
  readonly type: 'rejected'
  /** The id that the cookie names; undefined for a cookie that this application has not made. */
  readonly id: string | undefined
  /**
   * `token`: the cookie was not made by this application. `rolled-back`: the store has lost its last writes, so it has never seen
   * this token. `row`: the stored row
   * does not open. `instant`: its times lie more than five minutes ahead.
   */
  readonly reason: 'token' | 'rolled-back' | 'row' | 'instant'
}

/** Two different cookies of our name were both valid, so neither was used. */
export interface DuplicateCookieEvent {
  /** Tells this event from the others. */
  readonly type: 'duplicate'
  /** The ids of the sessions that the cookies name. */
  readonly ids: string[]
}

/** A request came from another site without a cookie of ours, and the visitor may have one. No session was begun for it. */
export interface CookieWithheldEvent {
  /** Tells this event from the others. */
  readonly type: 'withheld'
}

/** Changes to `data` were not stored, and the response was sent without an error. */
export interface ChangeDroppedEvent {
  /** Tells this event from the others. */
  readonly type: 'change-dropped'
  /** The top-level keys of `data` that were changed. */
  readonly keys: string[]
  /**
   * `withheld`: the browser withheld the cookie, so there is no session that they belong to. `ended`: the session had ended
   * before they were saved (`@sojourn/session-connect`).
   */
  readonly reason: 'withheld' | 'ended'
}

/** A store call took more than a quarter of `storeTimeout`. */
export interface StoreSlowEvent {
  /** Tells this event from the others. */
  readonly type: 'store-slow'
  /** What was called: `read`, `update`… */
  readonly operation: string
  /** The session it was about, if it was about one. */
  readonly id: string | undefined
  /** How long it took, in milliseconds. */
  readonly ms: number
}

/** A store call failed, or did not answer in time. */
export interface StoreFailedEvent {
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
export interface CookieNotKeptEvent {
  /** Tells this event from the others. */
  readonly type: 'cookie-not-kept'
  /** Why, and what to change. */
  readonly message: string
}

/**
 * An option is legal and may not do what its author expects. Reported when the manager is made. Without `onEvent`, a likely
 * mistake, such as a timeout in milliseconds, is a warning of the process; the others are in `describe().warnings` alone.
 */
export interface ConfigWarningEvent {
  /** Tells this event from the others. */
  readonly type: 'config-warning'
  /** The option's path: `timeouts`. */
  readonly option: string
  /** What may be unexpected, and what to change. */
  readonly message: string
}

/**
 * What `onEvent` is called with. Ids are public and safe to log; a token is never in an event. `type` tells which event it is.
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
  | SessionRestoredEvent
  | SessionExpiredEvent
  | SessionDestroyedEvent
  | SessionRevokedEvent
  | TokenReusedEvent
  | WriteConflictEvent
  | SessionRejectedEvent
  | DuplicateCookieEvent
  | CookieWithheldEvent
  | ChangeDroppedEvent
  | StoreSlowEvent
  | StoreFailedEvent
  | CookieNotKeptEvent
  | ConfigWarningEvent

/** How often each event has happened since the manager was made. An event that has not happened is absent. */
export type SessionCounters = Readonly<Partial<Record<SessionEvent['type'], number>>>

/**
 * Counts events and passes them to `onEvent`. What that throws, or rejects with, is ignored. Without `onEvent`, a cookie that
 * browsers drop would go unnoticed, so that is a warning of the process.
 */
export class EventLog {
  // Without a prototype: an event of that name may be polluted there.
  readonly counters: Partial<Record<SessionEvent['type'], number>> = Object.create(null)

  constructor(private readonly observer: ((event: SessionEvent) => void) | undefined) {}

  /** `isLikelyMistake`: a warning that is shown where there is no observer. */
  emit(event: SessionEvent, isLikelyMistake = event.type === 'cookie-not-kept'): void {
    this.counters[event.type] = (this.counters[event.type] ?? 0) + 1
    if (!this.observer && isLikelyMistake && 'message' in event) platform.warn(event.message)
    try {
      // An async observer returns a promise. Without a handler, its rejection would end the process.
      const outcome = this.observer?.(event) as PromiseLike<unknown> | undefined
      if (typeof outcome?.then === 'function') outcome.then(undefined, () => {})
    } catch {}
  }
}

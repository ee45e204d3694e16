import type { SessionOutcome } from './outcome'

/**
 * What every message of a tracing channel has. All channels of one operation (`start`, `end`, `asyncStart`, `asyncEnd`, `error`) get
 * the same object. It has no token, no subject and no data.
 */
export interface SessionMessage {
  /** The application: the manager's `audience`. */
  readonly audience: string
  /** Where sessions are kept: `cookie`, the `kind` of the store, or `custom` for a store without one. */
  readonly store: string
  /** How long it took, in milliseconds. Undefined until it is over. */
  ms?: number
  /** What it failed with. Absent if it did not fail. */
  error?: unknown
  /**
   * A subscriber of `start` can set this to run the work inside something of its own, such as the context of a tracer. It must call
   * `work` once, at once. If it does not, or throws, core does. For an AsyncLocalStorage, `bindStore` of the channel does the same.
   * @example
   * message.within = (work) => context.with(trace.setSpan(context.active(), span), work)
   */
  within?: ((work: () => void) => void) | undefined
}

/** A message of `sojourn.open`: a request's session is opened. */
export interface SessionOpenMessage extends SessionMessage {
  /** Undefined until it is known. `unavailable` also where the request fails because the store is down. */
  outcome?: SessionOutcome
  /** The session's public id. Undefined without a session. */
  id?: string | undefined
}

/** A message of `sojourn.commit`: what happens to a session before the headers of its response leave. */
export interface SessionCommitMessage extends SessionMessage {
  /**
   * `write`: the changed keys are stored. `renew`: the token is renewed, or its return noted. `touch`: the activity is noted in the
   * background. `ignore`: no store call. The last two are over at `end`, the others at `asyncEnd`.
   */
  readonly action: 'write' | 'renew' | 'touch' | 'ignore'
  /** The top-level keys of `data` that are written. */
  readonly keys: readonly string[]
  /** The session's public id. Undefined if nothing of it is stored. */
  id?: string | undefined
  /** How often the write was attempted again: another process wrote first, or the store failed. Undefined until it is over. */
  retries?: number
  /** The bytes of the session cookie's value that the response sets; 0 where it clears it. Undefined if it does neither. */
  cookieBytes?: number | undefined
}

/** A message of `sojourn.operation`: an awaited method of a session, or one of the manager's administration. */
export interface SessionOperationMessage extends SessionMessage {
  /** The method. */
  readonly operation:
    | 'update'
    | 'login'
    | 'regenerate'
    | 'save'
    | 'touch'
    | 'reload'
    | 'setIdle'
    | 'logout'
    | 'destroy'
    | 'list'
    | 'revoke'
    | 'revokeAll'
  /** The session's public id: after a login, the new one. Undefined if it is about none. */
  id?: string | undefined
  /** How often a write was attempted again. Undefined until it is over; 0 for administration. */
  retries?: number
}

/** A message of `sojourn.store`: one call to the store. Here, `store` is the kind of the store that is called. */
export interface SessionStoreMessage extends SessionMessage {
  /** What is called: `read`, `update`… The same names as in the events `store-slow` and `store-failed`. */
  readonly operation: string
  /** The session it is about, if it is about one. */
  readonly id: string | undefined
}

/** Every code an error of ours can carry. A closed set: switch over it. */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_USAGE'
  | 'ERR_SESSION_ALREADY_OPEN'
  | 'ERR_SESSION_HEADERS_SENT'
  | 'ERR_SESSION_NOT_SERIALIZABLE'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_UNSUPPORTED'
  | 'ERR_SESSION_ENDED'
  | 'ERR_SESSION_LIMIT'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_STORE_CONFLICT'

const brand = Symbol.for('@sojourn/session-error')

/**
 * The base of every error Sojourn throws. What a client sends never causes one: that is `session.outcome`.
 * Recognise it with {@link isSessionError}; `instanceof` fails where two copies of the package are installed.
 */
export class SessionError extends Error {
  /** Which error this is, from a closed set. */
  readonly code: SessionErrorCode
  /** The HTTP status that fits; Koa and Express read it. */
  readonly status: number
  /** The same as `status`; Fastify and Express read it. */
  readonly statusCode: number

  constructor(code: SessionErrorCode, statusCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.status = statusCode
    this.statusCode = statusCode
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Thrown by a factory at start-up: an option is missing, unknown, out of range, or at odds with another. */
export class SessionConfigError extends SessionError {
  /** The option that is wrong, as the reader wrote it: `timeouts.idle`. */
  readonly option: string

  constructor(option: string, message: string) {
    super('ERR_SESSION_CONFIG', 500, `${option}: ${message}`)
    this.option = option
  }
}

/** A mistake in the calling code, never caused by what a client sends. The message says what to do instead. */
export class SessionUsageError extends SessionError {
  constructor(code: SessionErrorCode, message: string) {
    super(code, code === 'ERR_SESSION_UNSUPPORTED' ? 501 : 500, message)
  }
}

/**
 * The store failed, or did not answer in time. Never means that somebody is logged out. What the driver said is the `cause`,
 * and is told in `stack`, for logs; not in `message`, which some frameworks send to the client.
 */
export class SessionStoreError extends SessionError {
  /** What was being done: `read`, `update`… */
  readonly operation: string
  /** The session it was done to, where there was one: public, safe to log, enough to try again. */
  readonly sessionId: string | undefined

  constructor(
    code: 'ERR_STORE_UNAVAILABLE' | 'ERR_STORE_CONFLICT',
    operation: string,
    sessionId: string | undefined,
    message: string,
    cause?: unknown,
  ) {
    super(code, 503, message, { cause })
    this.operation = operation
    this.sessionId = sessionId
  }
}

/** The session was ended, or its token replaced, while this request was working on it. Nothing was changed. */
export class SessionEndedError extends SessionError {
  constructor() {
    super(
      'ERR_SESSION_ENDED',
      409,
      'The session ended, or its token was replaced, while this request was working on it.',
    )
  }
}

/** The subject has as many sessions as `maxPerSubject` allows, and `onLimit` is `refuse`. Nothing was stored. */
export class SessionLimitError extends SessionError {
  constructor(max: number) {
    super('ERR_SESSION_LIMIT', 409, `The subject has ${max} sessions already; one must end before another can begin.`)
  }
}

/** Whether `error` is one of ours, and, where `code` is given, that one. Works across copies of the package. */
export function isSessionError(error: unknown, code?: SessionErrorCode): error is SessionError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || (error as unknown as SessionError).code === code
}

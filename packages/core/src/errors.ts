/** The class of each error code, for {@link isSessionError}. */
export interface SessionErrorsByCode {
  /** An option is missing, unknown, out of range, or at odds with another. Thrown at start-up. */
  ERR_SESSION_CONFIG: SessionConfigError
  /** A method was called in a way that cannot work. */
  ERR_SESSION_USAGE: SessionUsageError
  /** The request has a session under this cookie already: an adapter is mounted twice, or two managers share a cookie name. */
  ERR_SESSION_ALREADY_OPEN: SessionUsageError
  /** The change needs a cookie, and the response's headers have been sent. */
  ERR_SESSION_HEADERS_SENT: SessionUsageError
  /** `session.data` holds a value that JSON cannot express. */
  ERR_SESSION_NOT_SERIALIZABLE: SessionUsageError
  /** The session is longer than `maxBytes`, or does not fit into its cookies. */
  ERR_SESSION_TOO_LARGE: SessionUsageError
  /** The store, or cookie mode, cannot do this. */
  ERR_SESSION_UNSUPPORTED: SessionUsageError
  /** Another request ended the session, or replaced its token. */
  ERR_SESSION_ENDED: SessionEndedError
  /** The writes to one session in this process queued up for too long. */
  ERR_SESSION_BUSY: SessionBusyError
  /** The browser withheld the session cookie from this request, so there is nothing to change. */
  ERR_SESSION_WITHHELD: SessionWithheldError
  /** The login is too old or too weak for what was asked, or there is none. */
  ERR_SESSION_NOT_FRESH: SessionNotFreshError
  /** Another site made the browser send this request. */
  ERR_SESSION_CROSS_ORIGIN: SessionCrossOriginError
  /** The subject has as many sessions as `maxPerSubject` allows. */
  ERR_SESSION_LIMIT: SessionLimitError
  /** The store failed, did not answer in time, or was not asked because the circuit breaker is open. */
  ERR_STORE_UNAVAILABLE: SessionStoreError
  /** Other processes changed the session each time it was about to be written, until the time was over. */
  ERR_STORE_CONFLICT: SessionStoreError
}

/** Every code an error of ours can carry. A closed set: switch over it. */
export type SessionErrorCode = keyof SessionErrorsByCode

const brand = Symbol.for('@sojourn/session-error')

/**
 * The base of every error Sojourn throws. What a client sends never causes one: that is `session.outcome`.
 * Recognise it with {@link isSessionError}; `instanceof` fails where two copies of the package are installed.
 * @example
 * app.use((error, req, res, next) => res.status(isSessionError(error) ? error.statusCode : 500).end())
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

/**
 * Thrown by a factory at start-up: an option is missing, unknown, out of range, or at odds with another.
 * @example
 * createSessionManager({ secret, timeouts: { idel: 900 } }) // timeouts.idel: is not an option; did you mean timeouts.idle?
 */
export class SessionConfigError extends SessionError {
  /** Always the same. */
  declare readonly code: 'ERR_SESSION_CONFIG'
  /** The path of the wrong option, as the caller wrote it: `timeouts.idle`. */
  readonly option: string

  constructor(option: string, message: string) {
    super('ERR_SESSION_CONFIG', 500, `${option}: ${message}`)
    this.option = option
  }
}

/** The codes of mistakes in the calling code. */
export type SessionUsageErrorCode =
  | 'ERR_SESSION_USAGE'
  | 'ERR_SESSION_ALREADY_OPEN'
  | 'ERR_SESSION_HEADERS_SENT'
  | 'ERR_SESSION_NOT_SERIALIZABLE'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_UNSUPPORTED'

/**
 * A mistake in the calling code, never caused by what a client sends. The message says what to do instead.
 * @example
 * if (isSessionError(error, 'ERR_SESSION_TOO_LARGE')) res.status(413).end()
 */
export class SessionUsageError extends SessionError {
  /** Which mistake it is. */
  declare readonly code: SessionUsageErrorCode

  constructor(code: SessionUsageErrorCode, message: string) {
    super(code, code === 'ERR_SESSION_UNSUPPORTED' ? 501 : 500, message)
  }
}

/** The codes of a store that cannot do its work. */
export type SessionStoreErrorCode = 'ERR_STORE_UNAVAILABLE' | 'ERR_STORE_CONFLICT'

/**
 * The store failed, or did not answer in time. It never means that a user is logged out. What the driver threw is `cause`;
 * `stack` repeats it for logs, `message` does not, because some frameworks send it to the client.
 * @example
 * if (isSessionError(error, 'ERR_STORE_UNAVAILABLE')) log.error(error.operation, error.sessionId, error.cause)
 */
export class SessionStoreError extends SessionError {
  /** Whether the store failed, or other processes kept changing the session. */
  declare readonly code: SessionStoreErrorCode
  /** The operation that failed: `read`, `update`… */
  readonly operation: string
  /** The public id of the session it was about, if it was about one: safe to log, enough to try again. */
  readonly sessionId: string | undefined
  /** How many sessions `revokeAll` ended before the failure; undefined for any other operation. Call it again to go on. */
  readonly revoked: number | undefined

  constructor(
    code: SessionStoreErrorCode,
    operation: string,
    sessionId: string | undefined,
    message: string,
    cause?: unknown,
    revoked?: number,
  ) {
    super(code, 503, message, { cause })
    this.operation = operation
    this.sessionId = sessionId
    this.revoked = revoked
  }
}

/**
 * Another request ended the session, or replaced its token, while this request was working on it. Nothing was changed.
 * @example
 * if (isSessionError(error, 'ERR_SESSION_ENDED')) res.redirect('/login')
 */
export class SessionEndedError extends SessionError {
  /** Always the same. */
  declare readonly code: 'ERR_SESSION_ENDED'

  constructor() {
    super(
      'ERR_SESSION_ENDED',
      409,
      'The session ended, or its token was replaced, while this request was working on it.',
    )
  }
}

/**
 * A write waited for `storeTimeout` behind other writes of this process to the same session. Nothing was changed, and the store
 * has not failed: try again.
 * @example
 * if (isSessionError(error, 'ERR_SESSION_BUSY')) res.set('Retry-After', '1').sendStatus(503)
 */
export class SessionBusyError extends SessionError {
  /** Always the same. */
  declare readonly code: 'ERR_SESSION_BUSY'
  /** The public id of the session. */
  readonly sessionId: string

  constructor(sessionId: string) {
    super('ERR_SESSION_BUSY', 503, 'Too many requests change this session at once. Nothing was changed; try again.')
    this.sessionId = sessionId
  }
}

/**
 * The request comes from another site, and the browser withheld the session cookie (outcome `withheld`). The visitor may have
 * a session, so none was begun in its place. Only `login` works.
 * @example
 * if (isSessionError(error, 'ERR_SESSION_WITHHELD')) res.status(403).render('continue') // its link brings the cookie
 */
export class SessionWithheldError extends SessionError {
  /** Always the same. */
  declare readonly code: 'ERR_SESSION_WITHHELD'

  constructor() {
    super(
      'ERR_SESSION_WITHHELD',
      403,
      'The browser withheld the session cookie, because the request comes from another site: nothing was changed.',
    )
  }
}

/**
 * Why a login is not fresh.
 *
 * - `anonymous`: no one is logged in.
 * - `restored`: the session began without a login, by remember-me for example.
 * - `level`: the login has a lower level, or none.
 * - `too-old`: the login is older than `within`.
 */
export type NotFreshReason = 'anonymous' | 'restored' | 'level' | 'too-old'

/**
 * `requireFresh` was asked for a login that is fresher or of a higher level. Send the user to log in, and then back. The response
 * is a 401 without WWW-Authenticate: no scheme of HTTP authentication is for logins by form.
 * @example
 * if (isSessionError(error, 'ERR_SESSION_NOT_FRESH')) res.redirect(`/password?because=${error.reason}`)
 */
export class SessionNotFreshError extends SessionError {
  /** Always the same. */
  declare readonly code: 'ERR_SESSION_NOT_FRESH'
  /** What is missing. */
  readonly reason: NotFreshReason

  constructor(reason: NotFreshReason) {
    super('ERR_SESSION_NOT_FRESH', 401, 'This needs a login that is more recent, or of a higher level.')
    this.reason = reason
  }
}

/**
 * `sameOriginOnly` refused a request that another site made the browser send. If the application's own pages are refused, compare
 * `origin` and `ownOrigin`: behind a proxy, the framework's trust-proxy setting decides about scheme and host.
 * @example
 * if (isSessionError(error, 'ERR_SESSION_CROSS_ORIGIN')) log.warn(error.reason, error.origin, error.ownOrigin)
 */
export class SessionCrossOriginError extends SessionError {
  /** Always the same. */
  declare readonly code: 'ERR_SESSION_CROSS_ORIGIN'

  constructor(
    /** The request header that told. */
    readonly reason: 'sec-fetch-site' | 'origin',
    /** The request's Origin, as it came: the client can have written anything. Undefined if there was none. */
    readonly origin: string | undefined,
    /** The origin of the request's own target; undefined if its host is missing or malformed. */
    readonly ownOrigin: string | undefined,
  ) {
    // Behind a proxy that ends TLS, the application sees http for a request that the client has sent over https.
    const seesHttp = reason === 'origin' && origin !== undefined && origin === ownOrigin?.replace(/^http:/, 'https:')
    const hint = seesHttp
      ? " Or the application sees http where the client used https. Behind a proxy that ends TLS, switch on the framework's trust proxy setting."
      : ''
    super('ERR_SESSION_CROSS_ORIGIN', 403, `The request comes from another site.${hint}`)
  }
}

/**
 * The subject has as many sessions as `maxPerSubject` allows, and `onLimit` is `refuse`. Nothing was stored.
 * @example
 * if (isSessionError(error, 'ERR_SESSION_LIMIT')) res.redirect('/devices') // where the user ends another session
 */
export class SessionLimitError extends SessionError {
  /** Always the same. */
  declare readonly code: 'ERR_SESSION_LIMIT'

  constructor(max: number) {
    super('ERR_SESSION_LIMIT', 409, `The subject has ${max} sessions already; one must end before another can begin.`)
  }
}

/**
 * Whether `error` is one of ours and, where `code` is given, the one with this code. Narrows to the class of that code, and
 * works across copies of the package.
 * @example
 * if (isSessionError(error, 'ERR_STORE_UNAVAILABLE')) log.error(error.operation, error.sessionId, error.cause)
 */
export function isSessionError<Code extends SessionErrorCode = SessionErrorCode>(
  error: unknown,
  code?: Code,
): error is SessionErrorsByCode[Code] {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || (error as unknown as SessionError).code === code
}

import type { FreshnessOptions, SameOriginOptions, SessionManager } from '@sojourn/session-core'
import { requireFresh as freshGuard, sameOriginOnly as originGuard, type TrustProxy } from '@sojourn/session-http'
import type { Request, RequestHandler } from 'express'

/**
 * Middleware for routes that need a fresh login, after `expressSession`. The error middleware gets what it refuses:
 * `ERR_SESSION_NOT_FRESH` (401), with a `reason`.
 * @throws SessionConfigError if `sessions` is not a manager, for wrong options, and if they ask for nothing.
 * @example
 * app.post('/email', requireFresh(sessions, { within: 300 }), changeEmail)
 */
export function requireFresh<Data>(sessions: SessionManager<Data>, options: FreshnessOptions): RequestHandler {
  return passing(freshGuard(sessions, options))
}

/** The options of {@link sameOriginOnly}. */
export interface ExpressSameOriginOptions extends SameOriginOptions {
  /**
   * Which proxies are trusted for requests that do not come through an Express application: those of Connect or Polka. All others
   * follow Express's own `trust proxy`.
   * @default false
   */
  trustProxy?: TrustProxy
}

/**
 * Middleware against requests that another site makes a browser send (cross-site request forgery), by the headers Sec-Fetch-Site
 * and Origin. GET, HEAD and OPTIONS always pass. The error middleware gets what it refuses: `ERR_SESSION_CROSS_ORIGIN` (403).
 * Mount it before the routes, and before `expressSession` if the refused requests shall not open a session.
 * @throws SessionConfigError for an unknown option, and for a trusted origin that no browser would send.
 * @example
 * app.use(sameOriginOnly({ trustedOrigins: ['https://app.example'] }))
 */
export function sameOriginOnly(options?: ExpressSameOriginOptions): RequestHandler {
  const guard = originGuard(options)
  return passing((req) => guard(req, 'app' in req ? targetOf(req) : undefined))
}

/** Middleware that passes what a guard throws to `next`: not every Connect-like server catches it. */
function passing(guard: (req: Request) => void): RequestHandler {
  return (req, _res, next) => {
    try {
      guard(req)
    } catch (error) {
      return next(error)
    }
    next()
  }
}

/** By Express's `trust proxy`. Not `req.host`, which has no port in Express 4. */
function targetOf(req: Request) {
  const [forwarded = ''] = req.get('x-forwarded-host')?.split(',') ?? []
  const trusts: (address: string | undefined, hop: number) => boolean = req.app.get('trust proxy fn')
  const isTrusted = forwarded !== '' && trusts(req.socket.remoteAddress, 0)
  return { secure: req.secure, host: isTrusted ? forwarded.trim() : req.get('host') }
}

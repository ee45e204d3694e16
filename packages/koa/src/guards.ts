import type { FreshnessOptions, SameOriginOptions, SessionManager } from '@sojourn/session-core'
import { requireFresh as freshGuard, originGuard } from '@sojourn/session-http'
import type { Middleware } from 'koa'

/**
 * Middleware for routes that need a fresh login, below `koaSession`. It throws `ERR_SESSION_NOT_FRESH` (401), with a `reason`, to
 * the middleware above; Koa answers 401.
 * @throws SessionConfigError if `sessions` is not a manager, for wrong options, and if they ask for nothing.
 * @example
 * router.post('/email', requireFresh(sessions, { within: 300 }), changeEmail)
 */
export function requireFresh<Data>(sessions: SessionManager<Data>, options: FreshnessOptions): Middleware {
  const guard = freshGuard(sessions, options)
  return async (ctx, next) => {
    guard(ctx)
    await next()
  }
}

/**
 * Middleware against requests that another site makes a browser send (cross-site request forgery), by the headers Sec-Fetch-Site
 * and Origin. GET, HEAD and OPTIONS always pass. It throws `ERR_SESSION_CROSS_ORIGIN` (403) to the middleware above; Koa answers
 * 403. Mount it above the routes, and above `koaSession` if the refused requests shall not open a session. Scheme and host follow
 * `app.proxy`.
 * @throws SessionConfigError for an unknown option, and for a trusted origin that no browser would send.
 * @example
 * app.use(sameOriginOnly({ trustedOrigins: ['https://app.example'] }))
 */
export function sameOriginOnly(options?: SameOriginOptions): Middleware {
  const guard = originGuard(options)
  return async (ctx, next) => {
    guard(ctx.req, ctx)
    await next()
  }
}

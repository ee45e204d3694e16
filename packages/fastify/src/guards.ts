import type { FreshnessOptions, SameOriginOptions, SessionManager } from '@sojourn/session-core'
import { requireFresh as freshGuard, originGuard } from '@sojourn/session-http'
import type { FastifyRequest } from 'fastify'

/**
 * A hook for routes that need a fresh login: `onRequest`, `preHandler` or between. The error handler gets what it refuses:
 * `ERR_SESSION_NOT_FRESH` (401), with a `reason`.
 * @throws SessionConfigError if `sessions` is not a manager, for wrong options, and if they ask for nothing.
 * @example
 * app.post('/email', { preHandler: requireFresh(sessions, { within: 300 }) }, changeEmail)
 */
export function requireFresh<Data>(
  sessions: SessionManager<Data>,
  options: FreshnessOptions,
): (request: FastifyRequest) => Promise<void> {
  const guard = freshGuard(sessions, options)
  return async (request) => guard(request)
}

/**
 * A hook against requests that another site makes a browser send (cross-site request forgery), by the headers Sec-Fetch-Site and
 * Origin. GET, HEAD and OPTIONS always pass. The error handler gets what it refuses: `ERR_SESSION_CROSS_ORIGIN` (403). Add it before
 * `fastifySession` is registered if the refused requests shall not open a session. Scheme and host follow Fastify's `trustProxy`.
 * @throws SessionConfigError for an unknown option, and for a trusted origin that no browser would send.
 * @example
 * app.addHook('onRequest', sameOriginOnly({ trustedOrigins: ['https://app.example'] }))
 */
export function sameOriginOnly(options?: SameOriginOptions): (request: FastifyRequest) => Promise<void> {
  const guard = originGuard(options)
  return async (request) => guard(request.raw, { secure: request.protocol === 'https', host: request.host })
}

import type { SessionOf } from '@sojourn/session-http'

export { type FastifySessionOptions, fastifySession } from './fastify-session'
export { requireFresh, sameOriginOnly } from './guards'

/**
 * The keys of `request.session.data`, for the whole application. While it is empty, `data` takes any key. If one shape does
 * not fit all routes, `sessions.of(request)` has the type of its manager.
 * @example
 * declare module '@sojourn/session-fastify' {
 *   interface SessionData { cart: string[] }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add their keys to it.
export interface SessionData {}

declare module 'fastify' {
  interface FastifyRequest {
    /** The session of this request. Undefined if `skip` returned true for it, or if its route has none. */
    session: SessionOf<SessionData>
  }
  interface FastifyContextConfig {
    /** False: this route has no session. A manager with another `property` looks for that key instead. */
    session?: boolean
  }
}

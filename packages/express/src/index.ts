import type { SessionOf } from '@sojourn/session-http'

export { type ExpressSessionOptions, expressSession } from './express-session'
export { type ExpressSameOriginOptions, requireFresh, sameOriginOnly } from './guards'

/**
 * The keys of `req.session.data`, for the whole application. While it is empty, `data` takes any key. If one shape does not
 * fit all routes, `sessions.of(req)` has the type of its manager.
 * @example
 * declare module '@sojourn/session-express' {
 *   interface SessionData { cart: string[] }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add their keys to it.
export interface SessionData {}

declare global {
  namespace Express {
    interface Request {
      /** The session of this request. Undefined if `skip` returned true for it. */
      session: SessionOf<SessionData>
    }
  }
}

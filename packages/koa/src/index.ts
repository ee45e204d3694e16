import type { SessionOf } from '@sojourn/session-http'

export { requireFresh, sameOriginOnly } from './guards'
export { type KoaSessionOptions, koaSession } from './koa-session'

/**
 * The keys of `ctx.session.data`, for the whole application. While it is empty, `data` takes any key. If one shape does not
 * fit all routes, `sessions.of(ctx)` has the type of its manager.
 * @example
 * declare module '@sojourn/session-koa' {
 *   interface SessionData { cart: string[] }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add their keys to it.
export interface SessionData {}

declare module 'koa' {
  interface ExtendableContext {
    /** The session of this request. Undefined if `skip` returned true for it. */
    session: SessionOf<SessionData>
  }
}

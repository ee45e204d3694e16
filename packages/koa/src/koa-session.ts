import type { Session, SessionManager } from '@sojourn/session-core'
import { checkMount, type HoldOptions, holdResponse, nodeCarrier, sessionAccessor } from '@sojourn/session-http'
import type { Context, Middleware } from 'koa'

/** What `ctx.session.data` holds. Augment it where one shape serves the whole application; else use `sessions.of(ctx)`. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented.
export interface SessionData {}

declare module 'koa' {
  interface ExtendableContext {
    /** The request's session; undefined where `skip` says so. `sessions.of(ctx)` is the same, typed by its manager. */
    session: Session<SessionData>
  }
}

/** What {@link koaSession} can be told. */
export interface KoaSessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /** The name on `ctx` under which handlers find the session. Several managers need several names. Default `session`. */
  property?: string
  /**
   * Requests for which it is true have no session, and cost nothing. Default none. Where this is mounted, `ctx.path` is
   * what the mount leaves of it; `ctx.originalUrl` is whole.
   */
  skip?: (ctx: Context) => boolean
}

/**
 * Middleware that gives every request its session, as `ctx.session` and as `sessions.of(ctx)`. Changes are committed when
 * all middleware after it is done, or before that if a handler, or Koa's answer to an error, sends the headers. A commit
 * that fails is thrown to the middleware before it, and so reaches `app.on('error')`.
 *
 * The middleware rejects with a TypeError where `ctx` has that property already, and with what `sessions.open` rejects
 * with: 503 where sessions cannot be reached, `ERR_SESSION_ALREADY_OPEN` where one manager is mounted under two names, or
 * another one has the same cookie.
 * @throws TypeError for what is no manager, and for an option that does not exist.
 */
export function koaSession<Data>(sessions: SessionManager<Data>, options: KoaSessionOptions = {}): Middleware {
  checkMount('koaSession', sessions, options, ['property', 'skip', 'maxHeldBytes'])
  const { property = 'session', skip, maxHeldBytes } = options
  const shown = sessionAccessor(`ctx.${property}`, (ctx: object) => sessions.of(ctx))
  return async function sessionMiddleware(ctx, next) {
    if (skip?.(ctx)) return next()
    if (property in ctx) throw new TypeError(taken(property))
    let session: Session<Data> | undefined
    // Koa drops all headers when something throws, and handlers may answer on `ctx.res` themselves: whoever sends the
    // headers, this puts ours among them.
    const response = holdResponse(ctx.res, {
      commit: () => session && sessions.commit(session),
      onError: (error) => ctx.onerror(error as Error),
      maxHeldBytes,
    })
    const client = { secure: ctx.secure, ip: ctx.ip || undefined, originalUrl: ctx.originalUrl }
    session = await sessions.open(nodeCarrier(ctx.req, response, client), ctx)
    Object.defineProperty(ctx, property, shown)
    await next()
    // Here rather than in the hold, so that what fails is thrown to the middleware before us like any error.
    if (ctx.respond !== false && !ctx.headerSent) await sessions.commit(session)
  }
}

const taken = (property: string) =>
  `ctx.${property} is taken: another middleware uses it, or this one is mounted twice. ` +
  "Mount it once, or choose another name: koaSession(sessions, { property: '…' })."

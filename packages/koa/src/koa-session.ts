import type { Session, SessionManager } from '@sojourn/session-core'
import {
  alreadyOpen,
  BODY_HEADERS,
  checkMount,
  type HoldOptions,
  holdResponse,
  nodeCarrier,
  sessionAccessor,
} from '@sojourn/session-http'
import type { Context, Middleware } from 'koa'

/** The options of {@link koaSession}. */
export interface KoaSessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /**
   * The property of `ctx` that holds the session. If you mount several managers, give each its own name.
   * @default 'session'
   */
  property?: string
  /**
   * Requests for which it returns true get no session and cost nothing. In mounted middleware, `ctx.path` is relative to the
   * mount; `ctx.originalUrl` is the whole target.
   * @default no request is skipped
   * @example (ctx) => ctx.path.startsWith('/assets/')
   */
  skip?: (ctx: Context) => boolean
}

/**
 * Middleware for Koa 3 and 2. It puts the session of each request at `ctx.session`. Changes are committed after all
 * middleware below it, or earlier if a handler, or Koa's answer to an error, sends the headers. An error of the commit is
 * thrown to the middleware above, and so reaches `app.on('error')`.
 *
 * The middleware rejects with what `sessions.open` rejects with: 503 if the store is unavailable, and
 * `ERR_SESSION_ALREADY_OPEN` if `ctx` has that property already, if one manager is mounted under two names, or if two managers
 * have the same cookie.
 * @throws SessionConfigError if `sessions` is not a manager, and for an unknown option.
 * @example
 * app.use(koaSession(sessions))
 * app.use(async (ctx) => {
 *   if (ctx.path === '/login') await ctx.session.login('ada')
 *   ctx.body = { subject: ctx.session.subject }
 * })
 */
export function koaSession<Data>(sessions: SessionManager<Data>, options: KoaSessionOptions = {}): Middleware {
  const known = ['property', 'skip', 'maxHeldBytes']
  const { property = 'session', skip, maxHeldBytes } = checkMount('koaSession', sessions, options, known)
  const accessor = sessionAccessor(`ctx.${property}`, (ctx: object) => sessions.of(ctx))
  return async function sessionMiddleware(ctx, next) {
    if (skip?.(ctx)) return next()
    if (property in ctx) throw alreadyOpen(taken(property))
    let session: Session<Data> | undefined
    // Koa removes all headers if something throws, and handlers may answer on `ctx.res` themselves. The hold adds the
    // session's headers in every case.
    const commit = () => session && sessions.commit(session)
    const response = holdResponse(ctx.res, {
      commit,
      onClose: commit,
      onError: (error) => ctx.onerror(error as Error),
      maxHeldBytes,
    })
    const client = { secure: ctx.secure, ip: ctx.ip || undefined, originalUrl: ctx.originalUrl }
    session = await sessions.open(nodeCarrier(ctx.req, response, client), ctx)
    Object.defineProperty(ctx, property, accessor)
    await next()
    // Commit here as well, so that an error is thrown to the middleware above like any other.
    if (ctx.respond === false || ctx.headerSent) return
    try {
      await sessions.commit(session)
    } catch (error) {
      discardAnswer(ctx)
      throw error
    }
  }
}

/** Middleware above may catch the error and answer nothing itself: then the handler's answer must not be sent in its place. */
function discardAnswer(ctx: Context): void {
  for (const name of BODY_HEADERS) ctx.remove(name)
  ctx.body = null
  ctx.status = 500
}

const taken = (property: string) =>
  `ctx.${property} exists already: another middleware uses it, or koaSession is mounted twice. ` +
  "Mount it once, or choose another name: koaSession(sessions, { property: '…' })."

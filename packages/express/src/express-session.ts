import type { Session, SessionManager } from '@sojourn/session-core'
import { checkMount, type HoldOptions, holdResponse, nodeCarrier, sessionAccessor } from '@sojourn/session-http'
import type { Request, RequestHandler } from 'express'

/**
 * What `req.session.data` holds, for the whole application. Add your keys to it:
 * `declare module '@sojourn/session-express' { interface SessionData { cart: string[] } }`. Where one shape does not fit
 * all, `sessions.of(req)` gives the handle with its own manager's type.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there for applications to fill.
export interface SessionData {}

declare global {
  namespace Express {
    interface Request {
      /** This request's session; absent where `skip` left the request out. */
      session: Session<SessionData>
    }
  }
}

/** What {@link expressSession} can be told. */
export interface ExpressSessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /** Where on the request the session is put. Several managers need several names. Default `session`. */
  property?: string
  /**
   * Requests for which it is true get no session and cost nothing: `(req) => req.path.startsWith('/assets/')`. In a mounted
   * router `req.path` is what the mount leaves of it; `req.originalUrl` is whole.
   */
  skip?: (req: Request) => boolean
}

/**
 * Middleware for Express 5 and 4 that puts the request's session at `req.session` and commits it before the response's
 * headers leave. Whether the client spoke https, and its address, follow the application's `trust proxy` setting.
 *
 * Errors go to the application's error middleware: a session that cannot be opened (503), and one that cannot be committed,
 * in which case the handler's answer has not been sent and is dropped. Something else at `req.session` is an error too.
 * @throws TypeError for what is no manager, and for an option that does not exist.
 */
export function expressSession<Data>(
  sessions: SessionManager<Data>,
  options: ExpressSessionOptions = {},
): RequestHandler {
  checkMount('expressSession', sessions, options, ['property', 'skip', 'maxHeldBytes'])
  const { property = 'session', skip, maxHeldBytes } = options
  const shown = sessionAccessor(`req.${property}`, (req: object) => sessions.of(req))
  return (req, res, next) => {
    if (skip?.(req)) return next()
    if (property in req) return next(new TypeError(taken(property)))
    let session: Session<Data> | undefined
    const commit = () => session && sessions.commit(session)
    const response = holdResponse(res, { commit, onError: next, maxHeldBytes })
    sessions.open(nodeCarrier(req, response, req), req).then((opened) => {
      session = opened
      Object.defineProperty(req, property, shown)
      next()
    }, next)
  }
}

const taken = (property: string) =>
  `req.${property} is taken: another middleware uses it, or this one is mounted twice. ` +
  "Mount it once, or choose another name: expressSession(sessions, { property: '…' })."

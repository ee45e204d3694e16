import type { Session, SessionManager } from '@sojourn/session-core'
import {
  alreadyOpen,
  answerUncaught,
  type Client,
  checkMount,
  clientOf,
  type HoldOptions,
  holdResponse,
  nodeCarrier,
  sessionAccessor,
  type TrustProxy,
} from '@sojourn/session-http'
import type { Application, Request, RequestHandler } from 'express'

/** The options of {@link expressSession}. */
export interface ExpressSessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /**
   * The property of `req` that holds the session. If you mount several managers, give each its own name.
   * @default 'session'
   */
  property?: string
  /**
   * Requests for which it returns true get no session and cost nothing. In a mounted router, `req.path` is relative to the
   * mount; `req.originalUrl` is the whole target.
   * @default no request is skipped
   * @example (req) => req.path.startsWith('/assets/')
   */
  skip?: (req: Request) => boolean
  /**
   * Which proxies are trusted for requests that do not come through an Express application: those of Socket.IO's
   * `io.engine.use`, a WebSocket server, Connect or Polka. All others follow Express's own `trust proxy`.
   * @default false
   */
  trustProxy?: TrustProxy
}

/**
 * Middleware for Express 5 and 4. It puts the session of each request at `req.session`, and commits it before the response's
 * headers are sent. Whether the client used https, and its address, follow the application's `trust proxy` setting.
 *
 * It also runs outside an Express application, with a plain request: in Connect, Polka and `io.engine.use(…)`, and for an
 * upgrade as `middleware(req, {}, next)`. No cookie can follow an upgrade, so `login` rejects there; reading, `update` and
 * `save` work with a store.
 *
 * These errors go to the application's error middleware: a session that cannot be opened (503), a session that cannot be
 * committed (the handler's answer is discarded, nothing of it was sent), and a `req.session` that exists already
 * (`ERR_SESSION_ALREADY_OPEN`).
 * @throws SessionConfigError if `sessions` is not a manager, and for an unknown option.
 * @example
 * app.use(expressSession(sessions))
 * app.post('/login', async (req, res) => {
 *   await req.session.login('ada')
 *   res.redirect('/')
 * })
 */
export function expressSession<Data>(
  sessions: SessionManager<Data>,
  options: ExpressSessionOptions = {},
): RequestHandler {
  const known = ['property', 'skip', 'trustProxy', 'maxHeldBytes']
  const {
    property = 'session',
    skip,
    trustProxy,
    maxHeldBytes,
  } = checkMount('expressSession', sessions, options, known)
  const accessor = sessionAccessor(`req.${property}`, (req: object) => sessions.of(req))
  return (req, res, next) => {
    if (skip?.(req)) return next()
    if (property in req) return next(alreadyOpen(taken(property)))
    let session: Session<Data> | undefined
    const commit = () => session && sessions.commit(session)
    const response = holdResponse(res, { commit, onClose: commit, onError: next, maxHeldBytes })
    const client = 'app' in req ? new AppClient(req) : clientOf(req, trustProxy)
    const opening = sessions.open(nodeCarrier(req, response, client), req).then((opened) => {
      session = opened
      Object.defineProperty(req, property, accessor)
      next()
    }, next)
    opening.catch((error) => answerUncaught(req, res, error))
  }
}

/**
 * The client as the application sees it in which the session is mounted: a mounted application may trust other proxies. Most
 * requests need neither value, and Express takes a while to find them.
 */
class AppClient implements Client {
  private readonly app: Application

  constructor(private readonly req: Request) {
    this.app = req.app
    // Node keeps a peer's address that was read once: then `ip` is right also after the client has left.
    void req.socket?.remoteAddress
  }

  get secure(): boolean {
    return this.seen.secure
  }

  get ip(): string | undefined {
    return this.seen.ip
  }

  private get seen(): Request {
    const { app, req } = this
    return req.app === app ? req : Object.create(req, { app: { value: app } })
  }
}

const taken = (property: string) =>
  `req.${property} exists already: another middleware uses it, or expressSession is mounted twice. ` +
  "Mount it once, or choose another name: expressSession(sessions, { property: '…' })."

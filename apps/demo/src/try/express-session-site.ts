import express, { type ErrorRequestHandler, type Request, Router } from 'express'
import session, { type SessionData } from 'express-session'
import { checkAccount, loginOptions } from '../account'
import { errorAnswer, Refusal } from '../answer'
import { readJson } from '../data'
import { memoryPeer } from '../peer'
import { powerSwitch } from '../power'
import { Openings, REQUEST_NAME } from './openings'
import type { TriedStorage } from './our-site'
import { shiftedClock } from './shifted-clock'
import { listenOnLoopback, type Site } from './site'

/** What this application keeps in a session. */
interface Bag {
  subject?: string
  data?: Record<string, unknown>
  renewedAt?: number
}

type BagSession = session.Session & SessionData & Bag

const THIRTY_DAYS = 30 * 86_400_000

/** Where an express-session server keeps its sessions, and whether it renews its cookie. */
interface ExpressSessionSiteOptions {
  /** By default express-session's own store in memory. */
  readonly storage?: Pick<TriedStorage, 'peer' | 'power'>
  /** It renews none by itself; if true, a middleware does what applications write for that. */
  readonly renews?: boolean | undefined
}

/** The same routes with express-session, as its README says: `regenerate` at login, `destroy` at logout. */
export async function openExpressSessionSite({
  storage = { peer: memoryPeer },
  renews = false,
}: ExpressSessionSiteOptions = {}): Promise<Site> {
  const { now, ahead } = shiftedClock()
  const { before, power } = powerSwitch()
  const openings = new Openings()
  const peer = await storage.peer()
  const store = before(peer.store, ['get', 'set', 'destroy', 'touch'])
  const app = express().disable('x-powered-by').disable('etag')
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store }), (req, _res, next) => {
    openings.report(req.get(REQUEST_NAME))
    next()
  })
  if (renews) app.use(renewal(now))
  app.use(routes())
  app.use(errors)
  const { url, close } = await listenOnLoopback(app)
  return {
    url,
    library: `express-session, ${peer.name}`,
    cookie: 'connect.sid',
    // It has no remember-me: applications give the session's cookie a long life.
    rememberCookie: 'connect.sid',
    power: storage.power ?? power,
    openings,
    ahead,
    events: () => [],
    async close() {
      close()
      await peer.close()
    },
  }
}

const bag = (req: Request) => req.session as unknown as BagSession

function routes(): Router {
  const router = Router()
  router.post('/auth', (req, res, next) => {
    const subject = checkAccount(req)
    bag(req).regenerate((error) => {
      if (error) return next(error)
      Object.assign(bag(req), { subject, data: {}, renewedAt: Date.now() })
      if (loginOptions(req).remember) bag(req).cookie.maxAge = THIRTY_DAYS
      res.json({ subject })
    })
  })
  router.delete('/auth', (req, res, next) => {
    bag(req).destroy((error) => (error ? next(error) : res.json({ message: 'Logged out.' })))
  })
  router.use((req, _res, next) => {
    next(bag(req)?.subject ? undefined : new Refusal(401, 'ERR_NO_SESSION', 'You are not logged in.'))
  })
  router.get('/session', (req, res) => void res.json({ subject: bag(req).subject, data: bag(req).data }))
  router.put('/session/data/:key', async (req, res) => {
    const value = await readJson(req)
    bag(req).data = { ...bag(req).data, [req.params.key!]: value }
    res.json({ data: bag(req).data })
  })
  return router
}

/** The usual recipe: after 45 minutes, a new id for the same data. */
const renewal = (now: () => number) => (req: Request, _res: unknown, next: (error?: unknown) => void) => {
  const { subject, data, renewedAt = 0 } = bag(req)
  if (!subject || now() - renewedAt < 45 * 60_000) return next()
  bag(req).regenerate((error) => {
    Object.assign(bag(req), { subject, data, renewedAt: now() })
    next(error)
  })
}

const errors: ErrorRequestHandler = (error, _req, res, _next) => {
  // What Express answers by itself, without printing the error.
  const { status, json } =
    error instanceof Refusal
      ? errorAnswer(error)
      : { status: error.status ?? 500, json: { message: 'Internal Server Error' } }
  res.status(status).json(json)
}

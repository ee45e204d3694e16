import type { Request } from 'express'
import expressSession from 'express-session'
import { listenOnExpress } from './express'
import { openExpressSessionStore } from './express-session-stores'
import { countVisit, newVisit, type Place, type Routes, type SessionServer, secret, type Visit } from './server'

type Session = expressSession.Session & Partial<Visit>
const sessionOf = (req: Request) => req.session as Session

/** Handlers as express-session's README shows them. */
export const expressSessionRoutes: Routes<Request> = {
  read: (req) => sessionOf(req).name,
  change: (req) => countVisit(sessionOf(req)),
  async login(req) {
    // "To regenerate the session simply invoke the method" (README, Session.regenerate)
    await new Promise<void>((resolve, reject) => {
      req.session.regenerate((error) => (error ? reject(error) : resolve()))
    })
    Object.assign(req.session, newVisit())
  },
  logout: (req) =>
    new Promise<void>((resolve, reject) => {
      req.session.destroy((error) => (error ? reject(error) : resolve()))
    }),
}

async function listen(place: Place, touch: boolean) {
  const { store, close } = await openExpressSessionStore(place, { touch })
  // "Typically, you'll want false" (README, resave); "false is useful for … reducing server storage usage" (README,
  // saveUninitialized). Without `cookie.maxAge`, a change sets no cookie.
  const middleware = expressSession({ secret, store, resave: false, saveUninitialized: false })
  return listenOnExpress([middleware], expressSessionRoutes, close)
}

export const expressSessions: SessionServer[] = [
  {
    framework: 'Express',
    library: 'express-session',
    storages: ['memory', 'Redis', 'Postgres'],
    listen: (place) => listen(place, true),
  },
  {
    framework: 'Express',
    library: 'express-session, disableTouch',
    storages: ['Redis', 'Postgres'],
    listen: (place) => listen(place, false),
  },
]

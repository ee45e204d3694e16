import type { Request } from 'express'
import { getIronSession } from 'iron-session'
import { listenOnExpress } from './express'
import { countVisit, newVisit, type Routes, type SessionServer, secret, type Visit } from './server'

// "Everything else is automatically computed and usually doesn't need to be changed" (README, Session options). `secure`
// is off because the server has no https.
const options = { password: secret, cookieName: 'session', cookieOptions: { secure: false } }
const sessionOf = (req: Request) => getIronSession<Partial<Visit>>(req, req.res!, options)

const routes: Routes<Request> = {
  read: async (req) => (await sessionOf(req)).name,
  async change(req) {
    const session = await sessionOf(req)
    const visits = countVisit(session)
    await session.save()
    return visits
  },
  async login(req) {
    const session = await sessionOf(req)
    Object.assign(session, newVisit())
    await session.save()
  },
  logout: async (req) => (await sessionOf(req)).destroy(),
}

export const ironSession: SessionServer = {
  framework: 'Express',
  library: 'iron-session',
  storages: ['cookie'],
  listen: () => listenOnExpress([], routes),
}

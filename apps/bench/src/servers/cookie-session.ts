import cookieSession from 'cookie-session'
import type { Request } from 'express'
import { listenOnExpress } from './express'
import { countVisit, newVisit, type Routes, type SessionServer, secret, type Visit } from './server'

const sessionOf = (req: Request) => req.session as unknown as Partial<Visit>
/** The library documents assignment, which the types of express-session forbid. */
const assign = (req: Request, session: Visit | null) => Object.assign(req, { session })

const routes: Routes<Request> = {
  read: (req) => sessionOf(req).name,
  change: (req) => countVisit(sessionOf(req)),
  login: (req) => assign(req, newVisit()),
  logout: (req) => assign(req, null),
}

export const cookieSessions: SessionServer = {
  framework: 'Express',
  library: 'cookie-session (signed only)',
  storages: ['cookie'],
  neverExpires: true, // "This module does not prevent session replay" (README)
  // One key: "the other keys are valid for verification" (README, keys), and cost time. Signatures stay on, as in its example.
  listen: () => listenOnExpress([cookieSession({ name: 'session', keys: [secret] }) as never], routes),
}

import { compatSession } from '@sojourn/session-compat/express'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import session from 'express-session'
import { manager, SECRET, sealedManager } from './manager'

/** The session middleware that a site is made with, by the name of the library. */
export const MIDDLEWARE: Record<'express-session' | 'store mode' | 'cookie mode', () => RequestHandler> = {
  'express-session': () => session({ secret: SECRET, resave: false, saveUninitialized: false }),
  'store mode': () => compatSession(manager(), { subject }),
  'cookie mode': () => compatSession(sealedManager(), { subject }),
}

// biome-ignore lint/suspicious/noExplicitAny: what Passport keeps
export const subject = (data: any) => data.passport?.user ?? data.user

/** An application with that middleware, and what a site adds. `create`: another version of Express. */
export function site(middleware: RequestHandler, routes: (app: Express) => void, create = express): Express {
  const app = create()
  app.use(create.urlencoded({ extended: false }), middleware)
  routes(app)
  const answer: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(error.status ?? 500).send(error.code ?? error.message)
  }
  return app.use(answer)
}

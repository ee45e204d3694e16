import { expressSession } from '@sojourn/session-express'
import express, { type RequestHandler } from 'express'
import { act, shop } from './site'

/** An Express application that has the actions as paths, with other middleware before and after the session's. */
export function expressSite(around: { before?: RequestHandler[]; after?: RequestHandler[] } = {}) {
  const { sessions, clock } = shop({ bind: ['ip'] })
  const middleware = expressSession(sessions)
  const app = express()
  app.use(...(around.before ?? []), middleware, ...(around.after ?? []))
  app.all('/:action', async (req, res) => res.json(await act(sessions.of(req), req.params.action)))
  return { app, sessions, clock, middleware }
}

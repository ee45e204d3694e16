import type { SessionManager } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express/bare'
import type { RequestHandler } from 'express'

/** Middleware that shows the session as express-session does. */
export function compatSession<Data>(sessions: SessionManager<Data>): RequestHandler {
  return expressSession(sessions)
}

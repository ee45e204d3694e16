import type { SessionManager } from '@sojourn/session-core'
import { koaSession } from '@sojourn/session-koa/bare'
import type { Middleware } from 'koa'

/** Middleware that shows the session as koa-session does. */
export function compatSession<Data>(sessions: SessionManager<Data>): Middleware {
  return koaSession(sessions)
}

import { createServer } from 'node:http'
import {
  createSessionManager,
  type JsonData,
  memoryStore,
  type SessionManager,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { CookieJar, serveOnLoopback } from '@sojourn/session-testing'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { onTestFinished } from 'vitest'
import { koaSession } from '../src'

/** Both major versions, for `describe.each`. */
export const versions: [name: string, Koa: typeof Koa3][] = [
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
]

/** A manager with its own memory store. */
export function managerOf<Data extends JsonData<Data> = Record<string, unknown>>(
  options: Partial<SessionOptions> = {},
) {
  const secret = 'a secret of more than thirty-two bytes'
  // Without the marker beside it, a test counts the session cookie alone.
  const cookie = { marker: false, ...options.cookie }
  return createSessionManager<Data>({ secret, store: memoryStore(), ...options, cookie } as SessionManagerOptions)
}

/** The default name of the cookie. */
export const NAME = '__Host-session'

/** An application with sessions that collects its errors. `before` is mounted above the adapter. */
export function appWith(
  Application: typeof Koa3,
  sessions: SessionManager,
  handler: Koa3.Middleware,
  before?: Koa3.Middleware,
) {
  const app = new Application()
  const errors: unknown[] = []
  app.on('error', (error) => errors.push(error))
  if (before) app.use(before)
  app.use(koaSession(sessions))
  app.use(handler)
  return { app, errors }
}

/** Answers with the subject and data of the session. */
export const showSession: Koa3.Middleware = (ctx) => {
  ctx.body = { subject: ctx.session.subject, data: ctx.session.data }
}

/** Serves an application until the test ends, and returns a browser that follows no redirects. */
export async function browse(app: Koa3) {
  const { url, close } = await serveOnLoopback(createServer(app.callback()))
  onTestFinished(close)
  const jar = new CookieJar()
  return {
    jar,
    async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
      const sent = new Headers(headers)
      if (jar.header !== undefined) sent.set('cookie', jar.header)
      const response = await fetch(url + path, { redirect: 'manual', headers: sent })
      jar.take(response.headers.getSetCookie())
      return response
    },
  }
}

import {
  createSessionManager,
  type JsonData,
  memoryStore,
  type SessionManager,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { CookieJar, flakyStore } from '@sojourn/session-testing'
import Fastify, { type FastifyInstance, type FastifyRequest, type RouteHandlerMethod } from 'fastify'
import { onTestFinished } from 'vitest'
import { fastifySession } from '../src'

/** The default name of the cookie. */
export const NAME = '__Host-session'

type ErrorHandler = Parameters<FastifyInstance['setErrorHandler']>[0]

/** Answers with the subject and data of the session. */
export const showSession = async ({ session }: FastifyRequest) => ({ subject: session.subject, data: session.data })

/** An application with sessions whose `GET /` is the handler, and `GET /show` shows the session. */
export async function appWith(sessions: SessionManager, handler: RouteHandlerMethod, onError?: ErrorHandler) {
  const app = Fastify()
  if (onError) app.setErrorHandler(onError)
  await app.register(fastifySession, { sessions })
  app.get('/', handler)
  app.get('/show', showSession)
  return app
}

/** A store whose `create` always fails. */
export function brokenStore() {
  const store = flakyStore(memoryStore())
  store.next('create', 'throw', Number.POSITIVE_INFINITY)
  return store
}

/** A manager with its own memory store. */
export function managerOf<Data extends JsonData<Data> = Record<string, unknown>>(
  options: Partial<SessionOptions> = {},
) {
  const secret = 'a secret of more than thirty-two bytes'
  // Without the marker beside it, a test counts the session cookie alone.
  const cookie = { marker: false, ...options.cookie }
  return createSessionManager<Data>({ secret, store: memoryStore(), ...options, cookie } as SessionManagerOptions)
}

/** Lets an application listen until the test ends, and returns a browser that follows no redirects. */
export async function browse(app: FastifyInstance) {
  onTestFinished(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
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

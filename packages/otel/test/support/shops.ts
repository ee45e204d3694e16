import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { context, trace } from '@opentelemetry/api'
import { createSessionManager, memoryStore, type Session } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import { fastifySession } from '@sojourn/session-fastify'
import { koaSession } from '@sojourn/session-koa'
import { countingStore, fakeClock, flakyStore } from '@sojourn/session-testing'
import express from 'express'
import Fastify from 'fastify'
import Koa from 'koa'

const makeStore = (clock: () => number) => countingStore(flakyStore(memoryStore({ clock })))
type Store = ReturnType<typeof makeStore>

const makeSessions = (audience: string, store: Store, clock: () => number) =>
  createSessionManager({
    secret: 'a secret for tests, at least 32 bytes long',
    store,
    audience,
    clock,
    cookie: { name: 'session', secure: false, marker: false },
    timeouts: { idle: 900, rolling: 3600, absolute: 86_400 },
  })
type Sessions = ReturnType<typeof makeSessions>

/** What a route does. Yields the outcome of its request. */
async function handle(session: Session, path: string): Promise<string> {
  const [, action, argument = ''] = path.split('/')
  if (action === 'login') await session.login(argument)
  if (action === 'logout') await session.logout()
  if (action === 'buy') session.data.cart = [...((session.data.cart as string[] | undefined) ?? []), argument]
  if (action === 'count') await session.update('count', (n) => Number(n ?? 0) + 1)
  return session.outcome
}

/** Each framework with these routes. */
const FRAMEWORKS: Record<string, (sessions: Sessions) => Promise<RequestListener>> = {
  async express(sessions) {
    const app = express()
    app.use(expressSession(sessions))
    app.use(async (req, res) => void res.send(await handle(sessions.of(req), req.path)))
    return app
  },
  async koa(sessions) {
    const app = new Koa()
    app.use(koaSession(sessions))
    app.use(async (ctx) => {
      ctx.body = await handle(sessions.of(ctx), ctx.path)
    })
    return app.callback()
  },
  async fastify(sessions) {
    const app = Fastify()
    await app.register(fastifySession, { sessions })
    app.all('/*', (request) => handle(sessions.of(request), request.url))
    await app.ready()
    return app.routing
  },
}

/** Makes a span of each request, as the instrumentation of a server does. */
const withSpans =
  (listener: RequestListener): RequestListener =>
  (req, res) => {
    const span = trace.getTracer('test').startSpan('request')
    res.once('close', () => span.end())
    context.with(trace.setSpan(context.active(), span), listener, undefined, req, res)
  }

/** One application on a port. */
export interface Shop {
  readonly framework: string
  readonly url: string
  readonly sessions: Sessions
  readonly store: Store
  /** Moves its clock. */
  advance(seconds: number): void
  close(): Promise<void>
}

/** The same shop in three frameworks, each with sessions of its own. */
export const openShops = (): Promise<Shop[]> =>
  Promise.all(
    Object.entries(FRAMEWORKS).map(async ([framework, appOf]) => {
      const clock = fakeClock()
      const store = makeStore(clock)
      const sessions = makeSessions(framework, store, clock)
      const server = createServer(withSpans(await appOf(sessions)))
      await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
      return {
        framework,
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        sessions,
        store,
        advance: (seconds: number) => clock.advance(seconds),
        async close() {
          server.closeAllConnections()
          await new Promise((closed) => server.close(closed))
          await sessions.close()
        },
      }
    }),
  )

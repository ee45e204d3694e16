import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { fastifySession } from '@sojourn/session-fastify/bare'
import { koaSession } from '@sojourn/session-koa/bare'
import express from 'express'
import session from 'express-session'
import Fastify from 'fastify'
import Koa from 'koa'
import { afterEach, expect, it } from 'vitest'
import { compatSession } from '../../src/express'
import { importFrom, type SessionSource } from '../../src/import'
import { expressSite, rowsOf } from './support/formats'
import { Browser, closeAll, closeLater, secret, serve } from './support/site'

afterEach(closeAll)

/** A browser that is logged in to a site with express-session, and a manager that imports from it. */
async function switched() {
  const store = new session.MemoryStore()
  const old = await expressSite(store, rowsOf(store))
  const browser = new Browser()
  await browser.get(`${old.url}/login`)
  const source: SessionSource = old.source()
  return { browser, sessions: createSessionManager({ secret, store: memoryStore(), imports: importFrom(source) }) }
}

type Sessions = Awaited<ReturnType<typeof switched>>['sessions']

const sites: [string, (sessions: Sessions) => Promise<string>][] = [
  [
    'the bag of session-compat',
    (sessions) => {
      const app = express()
      app.use(compatSession(sessions, { subject: (data) => data.user }))
      app.get('/me', (req, res) => {
        const { user, cart } = req.session as never as Record<string, unknown>
        res.json({ user, cart, subject: sessions.of(req).subject })
      })
      return serve(app)
    },
  ],
  [
    'Koa',
    (sessions) => {
      const app = new Koa()
      app.use(koaSession(sessions))
      app.use((ctx) => {
        const { data, subject } = sessions.of(ctx)
        ctx.body = { ...data, subject }
      })
      return serve(app.callback())
    },
  ],
  [
    'Fastify',
    async (sessions) => {
      const app = Fastify()
      app.register(fastifySession, { sessions })
      app.get('/me', async (request) => {
        const { data, subject } = sessions.of(request)
        return { ...data, subject }
      })
      closeLater(() => app.close())
      return app.listen({ port: 0, host: '127.0.0.1' })
    },
  ],
]

it.each(sites)('with %s, the first request is logged in, and the next one too', async (_, open) => {
  const { browser, sessions } = await switched()
  const url = await open(sessions)
  const first = await browser.get(`${url}/me`)
  expect(first.body).toEqual({ user: 'ada', cart: ['tea', { n: 1 }], subject: 'ada' })
  expect([...browser.jar.keys()].toSorted()).toEqual(['__Host-session', '__Host-session-at'])
  const [{ id } = { id: '' }] = await sessions.list('ada')
  expect((await browser.get(`${url}/me`)).body).toEqual(first.body)
  expect(await sessions.list('ada')).toMatchObject([{ id }])
  expect(sessions.counters().events).toMatchObject({ imported: 1, regenerated: 0, login: 0 })
})

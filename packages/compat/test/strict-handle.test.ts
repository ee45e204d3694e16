import { compatSession } from '@sojourn/session-compat/express'
import { compatSession as fastifyCompat } from '@sojourn/session-compat/fastify'
import { compatSession as koaCompat } from '@sojourn/session-compat/koa'
import { memoryStore } from '@sojourn/session-core'
import { CookieJar, fakeClock, flakyStore } from '@sojourn/session-testing'
import Fastify from 'fastify'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { browser, serve } from './support/browser'
import { site, subject } from './support/express-site'
import { manager } from './support/manager'

// biome-ignore lint/suspicious/noExplicitAny: sites keep data of their own
type Loose = any

describe('what the strict handle has, the bag leaves alone', () => {
  it('Fastify’s regenerate with the kept user is a new token, and no fresh login', async () => {
    const clock = fakeClock()
    const sessions = manager({ clock, store: memoryStore({ clock }) })
    const fastify: Loose = Fastify()
    await fastify.register(fastifyCompat, { sessions, subject } as Loose)
    fastify.get('/login', async ({ session }: Loose) => {
      session.user = 'ada'
      return {}
    })
    fastify.get('/regenerate', async ({ session }: Loose) => {
      await session.regenerate(['user'])
      return {}
    })
    fastify.get('/me', async (request: Loose) => {
      const { subject, authenticatedAt } = sessions.of(request)
      return { subject, authenticatedAt, user: request.session.user }
    })
    const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => fastify.close())
    const { visit, jar } = browser(url, new CookieJar())
    await visit('/login')
    const before = await visit('/me')
    const token = jar.header
    clock.advance(60)
    await visit('/regenerate')
    expect(jar.header).not.toBe(token)
    expect(await visit('/me')).toBe(before)
  })

  it('Koa’s session deletes no key that it does not show', async () => {
    const sessions = manager()
    const app = new Koa().use(koaCompat(sessions, { subject }))
    app.use((ctx: Loose) => {
      if (ctx.path === '/strict') sessions.of(ctx).data._hidden = 1
      if (ctx.path === '/bag') ctx.session.cart = ['tea']
      ctx.body = sessions.of(ctx).data
    })
    const { visit } = browser(await serve(app.callback()))
    await visit('/strict')
    await visit('/bag')
    expect(await visit('/read')).toBe('GET /read: 200 {"_hidden":1,"cart":["tea"]}')
  })

  it('sessionStore.destroy without a callback, with a store that is down, ends no process', async () => {
    const store = flakyStore(memoryStore())
    const url = await serve(
      site(compatSession(manager({ store }), { subject }), (app) => {
        app.get('/end', (req: Loose, res) => {
          store.next('read', 'throw', 9)
          store.next('delete', 'throw', 9)
          req.sessionStore.destroy('an id')
          res.json({})
        })
      }),
    )
    // A rejection that no one handles would fail this run.
    expect(await browser(url).visit('/end')).toBe('GET /end: 200 {}')
    await new Promise(setImmediate)
  })
})

import { memoryStore, type SessionEvent } from '@sojourn/session-core'
import { flakyStore } from '@sojourn/session-testing'
import express from 'express'
import session from 'express-session'
import { afterEach, describe, expect, it } from 'vitest'
import { sojournStore } from '../src'
import { secret } from './support/library'
import { Browser, serve } from './support/served'

declare module 'express-session' {
  interface SessionData {
    user: string
    cart: string[]
    seen: number
  }
}

const servers: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** A site of express-session as it stands in its README, over our store. */
async function site(options: Partial<session.SessionOptions> = {}) {
  const events: SessionEvent[] = []
  const flaky = flakyStore(memoryStore())
  const store = sojournStore(session, {
    store: flaky,
    secret,
    subject: (data) => data.user,
    onEvent: (event) => void events.push(event),
  })
  const app = express()
  app.use(session({ secret, resave: false, saveUninitialized: false, store, ...options }))
  app.get('/login/:user', (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = req.params.user
      req.session.save((error) => (error ? next(error) : res.json({ id: req.sessionID })))
    })
  })
  app.get('/cart/:item', (req, res) => {
    req.session.cart = [...(req.session.cart ?? []), req.params.item]
    res.json(req.session.cart)
  })
  app.get(
    '/me',
    (req, res) =>
      void res.json({
        user: req.session.user,
        cart: req.session.cart,
        cookie: req.session.cookie,
        keys: Object.keys(req.session),
      }),
  )
  app.get('/set/:key', (req, res) => {
    Object.assign(req.session, { [req.params.key]: true })
    res.json({})
  })
  app.get('/flip', (req, res) => {
    Object.assign(req.session, { user: 'new', cart: ['flash'] })
    req.session.save()
    req.session.user = 'old'
    delete req.session.cart
    res.json({})
  })
  app.get('/remember', (req, res) => {
    req.session.cookie.maxAge = 30 * 86_400_000
    res.json({})
  })
  app.get('/reload', (req, res, next) => {
    req.session.user = 'this is not stored'
    req.session.reload((error) => (error ? next(error) : res.json({ user: req.session.user })))
  })
  app.get('/logout', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.json({}))))
  app.use((error: { statusCode?: number; code?: string }, _req: unknown, res: express.Response, _next: unknown) => {
    if (!res.headersSent) res.status(error.statusCode ?? 500).json({ code: error.code })
  })
  const server = await serve(app)
  servers.push(server)
  return { url: server.url, store, flaky, events, browser: new Browser(server.url) }
}

describe('express-session over sojournStore', () => {
  it('logs in, changes, reloads and logs out', async () => {
    const { browser, url } = await site()
    await browser.get('/login/ada')
    await browser.get('/cart/tea')
    expect((await browser.get('/me')).body).toMatchObject({ user: 'ada', cart: ['tea'] })
    expect((await browser.get('/reload')).body).toEqual({ user: 'ada' })
    const copy = Object.assign(new Browser(url), { cookie: browser.cookie })
    await browser.get('/logout')
    for (const each of [copy, browser]) expect((await each.get('/me')).body).not.toHaveProperty('user')
  })

  it('regenerate ends the session before it, so that its cookie is of no use', async () => {
    const { browser, url } = await site()
    await browser.get('/login/ada')
    const { cookie } = browser
    await browser.get('/login/ada')
    const old = Object.assign(new Browser(url), { cookie })
    expect(browser.cookie).not.toBe(cookie)
    expect((await old.get('/me')).body).not.toHaveProperty('user')
  })

  it.each([
    ['as it is recommended', { resave: false, saveUninitialized: false }],
    ['with resave and saveUninitialized', { resave: true, saveUninitialized: true }],
    ['with rolling', { rolling: true, cookie: { maxAge: 60_000 } }],
    ['with unset', { unset: 'destroy' as const }],
  ])('parallel requests keep the login and one another’s changes, %s', async (_, options) => {
    const { browser, url } = await site(options)
    await browser.get('/login/ada')
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    const answers = await Promise.all(
      keys.flatMap((key) => {
        const other = Object.assign(new Browser(url), { cookie: browser.cookie })
        return [other.get(`/set/${key}`), other.get('/me')]
      }),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const { body } = (await browser.get('/me')) as { body: { keys: string[] } }
    expect(body.keys).toEqual(expect.arrayContaining(['user', ...keys]))
  })

  it('keeps the last state of a request that has not awaited its save', async () => {
    const { browser } = await site()
    await browser.get('/login/old')
    await browser.get('/flip')
    await browser.get('/set/after')
    const { body } = await browser.get('/me')
    expect(body).toMatchObject({ user: 'old' })
    expect(body).not.toHaveProperty('cart')
  })

  it('keeps a maxAge that was set for one session', async () => {
    const { browser } = await site()
    await browser.get('/login/ada')
    await browser.get('/remember')
    const { body } = (await browser.get('/me')) as { body: { cookie: { originalMaxAge: number } } }
    // express-session reads the clock twice each time it sets maxAge, so a few milliseconds may be missing.
    expect(Math.round(body.cookie.originalMaxAge / 1000)).toBe(30 * 86_400)
  })

  it('revokeAll logs out every browser of a user but one', async () => {
    const { store, browser, url } = await site()
    const { body } = (await browser.get('/login/ada')) as { body: { id: string } }
    const other = new Browser(url)
    await other.get('/login/ada')
    expect(await store.list('ada')).toHaveLength(2)
    await store.revokeAll('ada', { except: await store.idOf(body.id) })
    expect((await other.get('/me')).body).not.toHaveProperty('user')
    expect((await browser.get('/me')).body).toMatchObject({ user: 'ada' })
  })

  it('answers 503 if the store is down when a session is read, and keeps the user logged in', async () => {
    const { browser, flaky } = await site()
    await browser.get('/login/ada')
    flaky.next('read', 'throw')
    expect(await browser.get('/me')).toEqual({ status: 503, body: { code: 'ERR_STORE_UNAVAILABLE' } })
    expect((await browser.get('/me')).body).toMatchObject({ user: 'ada' })
  })

  it.each(['s%3Aforged.signature', 's%3A', 'x'.repeat(3000), '%00', 's:%F0%9F%8D%B5.x'])(
    'treats the cookie %.20s as none',
    async (value) => {
      const { browser } = await site()
      browser.cookie = `connect.sid=${value}`
      const { status, body } = await browser.get('/me')
      expect(status).toBe(200)
      expect(body).not.toHaveProperty('user')
    },
  )
})

import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { memoryStore, type SessionEvent } from '@sojourn/session-core'
import { flakyStore } from '@sojourn/session-testing'
import Fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { sojournStore } from '../src'
import { secret } from './support/library'
import { Browser } from './support/served'

declare module 'fastify' {
  interface Session {
    user?: string
    slow?: boolean
    fast?: boolean
  }
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function site(options: Partial<Parameters<typeof fastifySession>[1]> = {}) {
  const events: SessionEvent[] = []
  const flaky = flakyStore(memoryStore())
  const store = sojournStore(fastifySession, {
    store: flaky,
    secret,
    subject: (data) => data.user,
    onEvent: (event) => void events.push(event),
  })
  const held = { arrive: () => {}, go: Promise.resolve() }
  const app = Fastify()
  app.register(fastifyCookie)
  app.register(fastifySession, {
    secret,
    store,
    saveUninitialized: false,
    cookie: { secure: false, maxAge: 60_000 },
    ...options,
  })
  app.get<{ Params: { user: string } }>('/login/:user', async (request) => {
    await request.session.regenerate()
    request.session.user = request.params.user
    return {}
  })
  app.get('/regenerate', async (request) => {
    await request.session.regenerate(['user'])
    request.session.fast = true
    return {}
  })
  app.get('/slow', async (request) => {
    held.arrive()
    await held.go
    request.session.slow = true
    return {}
  })
  app.get('/fast', async (request) => {
    request.session.fast = true
    return {}
  })
  app.get('/flip', async ({ session }) => {
    Object.assign(session, { user: 'new', fast: true })
    const first = session.save()
    session.user = 'old'
    delete session.fast
    await Promise.all([first, session.save()])
    return {}
  })
  app.get('/me', async ({ session }) => ({ user: session.user, slow: session.slow, fast: session.fast }))
  app.get('/logout', async (request) => {
    await request.session.destroy()
    return {}
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  closing.push(() => app.close())
  /** A request to /slow that has loaded its session and waits. */
  async function slow(browser: Browser) {
    let release = () => {}
    const arrived = new Promise<void>((resolve) => Object.assign(held, { arrive: resolve }))
    held.go = new Promise((resolve) => {
      release = resolve
    })
    const answer = browser.get('/slow')
    await arrived
    return { answer, release }
  }
  return { url, store, flaky, events, slow, browser: new Browser(url) }
}

describe.each([
  ['as by default', {}],
  ['without rolling', { rolling: false }],
])('@fastify/session over sojournStore, %s', (_, options) => {
  it('logs in, and out, so that a copied cookie is of no use', async () => {
    const { browser } = await site(options)
    await browser.get('/login/ada')
    expect((await browser.get('/me')).body).toEqual({ user: 'ada' })
    const { cookie } = browser
    await browser.get('/logout')
    browser.cookie = cookie
    expect((await browser.get('/me')).body).toEqual({})
  })

  it('a slow request keeps what a faster one has changed', async () => {
    const { browser, slow, url } = await site(options)
    await browser.get('/login/ada')
    const other = Object.assign(new Browser(url), { cookie: browser.cookie })
    const { answer, release } = await slow(other)
    await browser.get('/fast')
    release()
    await answer
    expect((await browser.get('/me')).body).toEqual({ user: 'ada', slow: true, fast: true })
  })

  it('keeps the last state of a request that changes its session during a save', async () => {
    const { browser } = await site(options)
    await browser.get('/login/old')
    await browser.get('/flip')
    expect((await browser.get('/me')).body).toEqual({ user: 'old' })
  })

  it('a slow request undoes no logout, and gets no error for it', async () => {
    const { browser, slow, url, events } = await site(options)
    await browser.get('/login/ada')
    const other = Object.assign(new Browser(url), { cookie: browser.cookie })
    const { answer, release } = await slow(other)
    await browser.get('/logout')
    release()
    expect((await answer).status).toBe(200)
    expect((await other.get('/me')).body).toEqual({})
    expect(events).toContainEqual(expect.objectContaining({ type: 'change-dropped', keys: ['slow'], reason: 'ended' }))
  })

  it('regenerate begins a session under another id, and ends the one before', async () => {
    const { browser, url } = await site(options)
    await browser.get('/login/ada')
    const old = Object.assign(new Browser(url), { cookie: browser.cookie })
    await browser.get('/regenerate')
    expect(browser.cookie).not.toBe(old.cookie)
    expect((await browser.get('/me')).body).toEqual({ user: 'ada', fast: true })
    expect((await old.get('/me')).body).toEqual({})
  })

  it('revokeAll logs out every browser of a user', async () => {
    const { browser, store } = await site(options)
    await browser.get('/login/ada')
    expect(await store.revokeAll('ada')).toBe(1)
    expect((await browser.get('/me')).body).toEqual({})
  })

  it('answers 503 if the store is down, and keeps the user logged in', async () => {
    const { browser, flaky } = await site(options)
    await browser.get('/login/ada')
    flaky.next('read', 'throw')
    expect((await browser.get('/me')).status).toBe(503)
    expect((await browser.get('/me')).body).toEqual({ user: 'ada' })
  })
})

import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { type CarrierRoute, CookieJar, fakeClock } from '@sojourn/session-testing'
import { expect, it, onTestFinished } from 'vitest'
import { adapters } from './adapters'

const routes: CarrierRoute[] = [
  {
    method: 'GET',
    path: '/show',
    async handler(c) {
      const { id, subject, data } = c.session
      return c.json({ id, subject, data })
    },
  },
  {
    method: 'POST',
    path: '/login',
    async handler(c) {
      await c.session.login('ada')
      c.session.data.cart = ['tea']
      return c.json({ id: c.session.id })
    },
  },
  {
    method: 'POST',
    path: '/logout',
    async handler(c) {
      await c.session.logout()
      return c.json({})
    },
  },
]

/** One server for each adapter, by name. Each has its own manager, as in separate processes, over one store and one clock. */
async function serveAll() {
  const store = memoryStore()
  const clock = fakeClock()
  const urls = new Map<string, string>()
  const errors: unknown[] = []
  for (const { name, serve } of adapters) {
    const secret = 'a secret that several frameworks share'
    // No touch: this test does not need one, and would have to wait for it.
    const manager = createSessionManager({ secret, store: store, clock, timeouts: { idle: 0 } })
    const { url, close } = await serve({ sessions: [manager], routes, onError: (error) => errors.push(error) })
    onTestFinished(close)
    urls.set(name, url)
  }
  const jar = new CookieJar()
  return {
    clock,
    errors,
    jar,
    /** Sends a request of the one browser to one of the frameworks. */
    async visit(framework: string, path = '/show', cookies = jar) {
      const method = path === '/show' ? 'GET' : 'POST'
      const headers = cookies.header === undefined ? {} : { cookie: cookies.header }
      const response = await fetch(urls.get(framework) + path, { method, headers })
      expect(response.status).toBe(200)
      cookies.take(response.headers.getSetCookie())
      return (await response.json()) as { id: string; subject?: string; data?: object }
    },
  }
}

it('one session works in Express, Koa and Fastify: login in one, renewal in another, logout in the third', async () => {
  const { clock, errors, jar, visit } = await serveAll()
  const { id } = await visit('Express 5', '/login')
  const mine = { id, subject: 'ada', data: { cart: ['tea'] } }
  const login = jar.copy()
  for (const { name } of adapters) expect(await visit(name), name).toEqual(mine)
  expect(jar.header).toBe(login.header)

  clock.advance(2701)
  expect(await visit('Koa 3')).toEqual(mine)
  const renewed = jar.copy()
  expect(renewed.header).not.toBe(login.header)
  for (const { name } of adapters) expect(await visit(name), name).toEqual(mine)
  expect(jar.header).toBe(renewed.header)
  // A request with the earlier token gets the token that Koa made, from every framework.
  for (const { name } of adapters) {
    const late = login.copy()
    expect(await visit(name, '/show', late), name).toEqual(mine)
    expect(late.header).toBe(renewed.header)
  }

  await visit('Fastify 5', '/logout')
  expect(jar.header).toBe(undefined)
  for (const { name } of adapters) {
    for (const thief of [login.copy(), renewed.copy()]) {
      expect((await visit(name, '/show', thief)).subject, name).toBe(undefined)
    }
  }
  expect(errors).toEqual([])
})

it('one session works with the frameworks in any order', async () => {
  for (const [turn, { name: first }] of adapters.entries()) {
    const [second, third] = [1, 2].map((ahead) => adapters[(turn + ahead) % adapters.length]!.name) as [string, string]
    const { clock, jar, visit } = await serveAll()
    const { id } = await visit(first, '/login')
    const login = jar.copy()
    clock.advance(2701)
    expect(await visit(second)).toMatchObject({ id, subject: 'ada' })
    expect(jar.header).not.toBe(login.header)
    expect(await visit(first)).toMatchObject({ id, subject: 'ada' })
    const thief = jar.copy()
    await visit(third, '/logout')
    expect((await visit(first, '/show', thief)).subject).toBe(undefined)
  }
})

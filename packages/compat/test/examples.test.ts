import type { RequestListener, Server } from 'node:http'
import { CookieJar, serveOnLoopback } from '@sojourn/session-testing'
import type { FastifyInstance } from 'fastify'
import type Koa from 'koa'
import { io } from 'socket.io-client'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { browser, serve } from './support/browser'
import { SECRET } from './support/manager'
import { provider } from './support/provider'
import { recipe } from './support/recipe'

// Each site of docs/switching-examples.md, as it stands there.

type Site = { app: RequestListener }

const example = <Exports = Site>(heading: string) => recipe<Exports>('switching-examples.md', heading)
const RIGHT = { username: 'ada', password: 'right' }
const WRONG = { username: 'ada', password: 'wrong' }

/** A browser that sends JSON. */
function client(url: string, jar = new CookieJar()) {
  return async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json', ...(jar.header && { cookie: jar.header }) }
    const init = { method: 'POST', headers, body: JSON.stringify(body), redirect: 'manual' } as const
    const response = await fetch(url + path, init)
    jar.take(response.headers.getSetCookie())
    return response.text()
  }
}

beforeAll(() => {
  process.env.SESSION_SECRET = SECRET
})

describe('the example of', () => {
  it('Passport with a password logs in and out, also everywhere', async () => {
    const { app } = await example('Passport with a password')
    const url = await serve(app)
    const [one, other] = [browser(url), browser(url)]
    expect(await one.visit(['/login', WRONG])).toBe('POST /login: 302 → /failed Found. Redirecting to /failed')
    expect(await one.visit('/')).toBe('GET /: 200 null')
    for (const { visit } of [one, other]) {
      expect(await visit(['/login', RIGHT])).toContain('302 → / ')
      expect(await visit('/')).toBe('GET /: 200 {"id":"ada"}')
    }
    const copy = browser(url, other.jar.copy())
    await other.visit(['/logout', {}])
    expect([await other.visit('/'), await copy.visit('/')]).toEqual(Array(2).fill('GET /: 200 null'))
    expect(await one.visit('/')).toBe('GET /: 200 {"id":"ada"}')
    await other.visit(['/login', RIGHT])
    await other.visit(['/logout-everywhere', {}])
    expect(await one.visit('/')).toBe('GET /: 200 null')
  })

  it('Passport with OAuth accepts the state that it sent, once, and no other', async () => {
    process.env.PROVIDER = await provider()
    process.env.CLIENT_SECRET = 'secret'
    const { app } = await example('Passport with OAuth, state and PKCE')
    const { visit } = browser(await serve(app))
    const begin = async () => new URL((await visit('/login')).split('→ ')[1]!).searchParams
    const asked = await begin()
    expect([...asked.keys()]).toEqual(expect.arrayContaining(['state', 'code_challenge']))
    expect(await visit('/callback?code=1&state=forged')).toContain('→ /failed')
    const back = `/callback?code=1&state=${(await begin()).get('state')}`
    expect(await visit(back)).toContain('302 → / ')
    expect(await visit('/')).toBe('GET /: 200 {"id":"ada"}')
    expect(await visit(back)).toContain('→ /failed')
  })

  it('connect-flash shows a message once', async () => {
    const { app } = await example('connect-flash')
    const { visit } = browser(await serve(app))
    expect(await visit(['/save', {}])).toContain('302 → / ')
    expect([await visit('/'), await visit('/')]).toEqual(['GET /: 200 ["It is saved."]', 'GET /: 200 []'])
  })

  it('csrf-sync accepts the token of its own form only', async () => {
    const { app } = await example('csrf-sync')
    const url = await serve(app)
    const { visit } = browser(url)
    const csrf = /value="([^"]+)"/.exec(await visit('/form'))![1]!
    expect(await visit(['/form', { csrf }])).toBe('POST /form: 200 accepted')
    expect(await visit(['/form', { csrf: 'forged' }])).toContain('POST /form: 403')
    expect(await browser(url).visit(['/form', { csrf }])).toContain('POST /form: 403')
  })

  it('NestJS keeps a cart', async () => {
    process.env.PORT = '0'
    const { nest } = await example<{ nest: { getUrl(): Promise<string>; close(): Promise<void> } }>('NestJS')
    onTestFinished(() => nest.close())
    const url = (await nest.getUrl()).replace('[::1]', '127.0.0.1')
    const { visit } = browser(url)
    await visit(['/cart', { item: 'tea' }])
    expect(await visit(['/cart', { item: 'milk' }])).toBe('POST /cart: 201 ["tea","milk"]')
    expect(await visit('/cart')).toBe('GET /cart: 200 ["tea","milk"]')
    expect(await browser(url).visit('/cart')).toBe('GET /cart: 200 []')
  })

  it('Apollo Server keeps a cart', async () => {
    const { app } = await example('Apollo Server')
    const url = await serve(app)
    const post = client(url)
    await post('/graphql', { query: 'mutation { add(item: "tea") }' })
    await post('/graphql', { query: 'mutation { add(item: "milk") }' })
    expect(await post('/graphql', { query: '{ cart }' })).toBe('{"data":{"cart":["tea","milk"]}}\n')
    expect(await client(url)('/graphql', { query: '{ cart }' })).toBe('{"data":{"cart":[]}}\n')
  })

  it('Socket.IO stores what a socket says', async () => {
    const { server } = await example<{ server: Server }>('Socket.IO')
    const { url, close } = await serveOnLoopback(server)
    onTestFinished(close)
    const { jar, visit } = browser(url)
    expect(await visit('/')).toBe('GET /: 200 "nothing"')
    const socket = io(url, { extraHeaders: { cookie: jar.header ?? '' }, transports: ['websocket'], forceNew: true })
    onTestFinished(() => void socket.disconnect())
    expect(await socket.emitWithAck('say', 'hello')).toBe('hello')
    expect(await visit('/')).toBe('GET /: 200 "hello"')
  })

  it('koa-passport logs in and out', async () => {
    const { koa } = await example<{ koa: Koa }>('koa-passport')
    const { visit } = browser(await serve(koa.callback()))
    expect(await visit(['/login', WRONG])).toContain('→ /failed')
    expect(await visit(['/login', RIGHT])).toContain('302 → / ')
    expect(await visit('/')).toBe('GET /: 200 {"id":"ada"}')
    await visit(['/logout', {}])
    expect(await visit('/')).toBe('GET /: 200 null')
  })

  it('@fastify/passport logs in and out', async () => {
    const { fastify } = await example<{ fastify: FastifyInstance }>('@fastify/passport')
    onTestFinished(() => fastify.close())
    const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
    const jar = new CookieJar()
    const [post, { visit }] = [client(url, jar), browser(url, jar)]
    await post('/login', WRONG)
    expect(await visit('/')).toBe('GET /: 200 {"user":null}')
    await post('/login', RIGHT)
    expect(await visit('/')).toBe('GET /: 200 {"user":{"id":"ada"}}')
    await post('/logout', {})
    expect(await visit('/')).toBe('GET /: 200 {"user":null}')
  })
})

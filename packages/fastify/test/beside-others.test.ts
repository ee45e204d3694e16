import { once } from 'node:events'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import fastifyCookie from '@fastify/cookie'
import type { HttpCarrier, SessionManager } from '@sojourn/session-core'
import Fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fastifySession } from '../src'
import { appWith, browse, managerOf, NAME, showSession } from './served'

describe('fastifySession beside other plugins', () => {
  it.each([
    ['before', true],
    ['after', false],
  ])('works with @fastify/cookie registered %s it', async (_, first) => {
    const app = Fastify()
    if (first) await app.register(fastifyCookie)
    await app.register(fastifySession, { sessions: managerOf() })
    if (!first) await app.register(fastifyCookie)
    app.get('/', async (request, reply) => {
      await request.session.login('ada')
      return reply.header('set-cookie', ['a=1', 'b=2']).setCookie('theme', 'dark', { path: '/' }).send('hello')
    })
    app.get('/show', async (request) => [request.session.subject, request.cookies.theme])
    const browser = await browse(app)
    const response = await browser.get('/')
    expect(response.headers.getSetCookie()).toHaveLength(4)
    expect(browser.jar.names.toSorted()).toEqual([NAME, 'a', 'b', 'theme'])
    expect(await (await browser.get('/show')).json()).toEqual(['ada', 'dark'])
  })

  it('keeps Set-Cookie lines that were set on reply.raw', async () => {
    const app = await appWith(managerOf(), async (request, reply) => {
      await request.session.login('ada')
      reply.raw.setHeader('set-cookie', ['a=1', 'b=2'])
      return 'hello'
    })
    const browser = await browse(app)
    await browser.get('/')
    expect(browser.jar.names).toEqual(['a', 'b', NAME])
  })

  it('stores changes of hooks that run after its own', async () => {
    const app = Fastify()
    await app.register(fastifySession, { sessions: managerOf() })
    app.addHook('onSend', async (request) => {
      if (request.url === '/') Object.assign(request.session.data, { hooked: true })
    })
    app.get('/', async () => 'hello')
    app.get('/show', showSession)
    const browser = await browse(app)
    await browser.get('/')
    expect(await (await browser.get('/show')).json()).toEqual({ data: { hooked: true } })
  })

  it('works over HTTP/2', async () => {
    const app = Fastify({ http2: true })
    await app.register(fastifySession, { sessions: managerOf() })
    app.get('/', async (request) => {
      await request.session.login('ada')
      return 'hello'
    })
    onTestFinished(() => app.close())
    const client = connect(await app.listen({ host: '127.0.0.1', port: 0 }))
    onTestFinished(() => client.close())
    const stream = client.request({ ':path': '/' }).setEncoding('utf8')
    const [headers] = await once(stream, 'response')
    expect(await text(stream)).toBe('hello')
    expect(headers['set-cookie']).toEqual([expect.stringContaining(`${NAME}=`)])
  })

  it('answers inject() as it answers a client', async () => {
    const app = await appWith(managerOf(), async (request) => {
      Object.assign(request.session.data, { a: 1 })
      return 'stored'
    })
    const response = await app.inject('/')
    expect(response.body).toBe('stored')
    const [{ name, value } = { name: '', value: '' }] = response.cookies
    expect((await app.inject({ url: '/show', cookies: { [name]: value } })).json()).toEqual({ data: { a: 1 } })
  })

  it('takes https and the client’s address from Fastify, with and without trustProxy', async () => {
    const seen: Pick<HttpCarrier, 'secure' | 'ip'>[] = []
    const sessions = managerOf()
    const watched: SessionManager = {
      ...sessions,
      open: (carrier, request) => {
        seen.push({ secure: carrier.secure, ip: carrier.ip })
        return sessions.open(carrier, request)
      },
    }
    for (const trustProxy of [false, true]) {
      const app = Fastify({ trustProxy })
      await app.register(fastifySession, { sessions: watched })
      app.get('/', async () => 'hello')
      await (await browse(app)).get('/', { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' })
    }
    expect(seen).toEqual([
      { secure: false, ip: '127.0.0.1' },
      { secure: true, ip: '203.0.113.7' },
    ])
  })
})

import { Readable } from 'node:stream'
import { isSessionError, memoryStore } from '@sojourn/session-core'
import { countingStore } from '@sojourn/session-testing'
import Fastify, { type RouteHandlerMethod } from 'fastify'
import { describe, expect, it } from 'vitest'
import { fastifySession } from '../src'
import { appWith, brokenStore, browse, managerOf, NAME, showSession } from './served'

describe('fastifySession and an answer on reply.raw', () => {
  const answerRaw: RouteHandlerMethod = (request, reply) => {
    Object.assign(request.session.data, { raw: true })
    reply.raw.setHeader('set-cookie', 'theme=dark')
    reply.raw.writeHead(201, { 'x-handler': 'raw' })
    reply.raw.end('raw')
  }
  const hijack: RouteHandlerMethod = (request, reply) => {
    reply.hijack()
    answerRaw.call(reply.server, request, reply)
  }
  const unannounced: RouteHandlerMethod = async (request, reply) => {
    answerRaw.call(reply.server, request, reply)
  }

  it.each([
    ['after hijack()', hijack],
    ['without hijack()', unannounced],
  ])('waits for the changes of its handler, %s', async (_, handler) => {
    const browser = await browse(await appWith(managerOf(), handler))
    const response = await browser.get('/')
    expect([response.status, await response.text()]).toEqual([201, 'raw'])
    expect(response.headers.get('x-handler')).toBe('raw')
    expect(browser.jar.names).toEqual(['theme', NAME])
    expect(await (await browser.get('/show')).json()).toEqual({ data: { raw: true } })
  })

  it('destroys it if it exceeds maxHeldBytes while it waits', async () => {
    const app = Fastify()
    await app.register(fastifySession, { sessions: managerOf(), maxHeldBytes: 3 })
    app.get<{ Querystring: { chunks: string } }>('/', async (request, reply) => {
      const { chunks } = request.query
      Object.assign(request.session.data, { chunks })
      reply.hijack()
      for (const chunk of ['tea', 'and', 'tea'].slice(0, Number(chunks))) reply.raw.write(chunk)
      reply.raw.end()
    })
    const browser = await browse(app)
    expect(await (await browser.get('/?chunks=1')).text()).toBe('tea')
    await expect(browser.get('/?chunks=3')).rejects.toThrow()
  })

  it('answers 503 and logs the error if the commit of a hijacked reply fails', async () => {
    const logged: string[] = []
    const app = Fastify({ logger: { level: 'error', stream: { write: (line) => logged.push(line) } } })
    await app.register(fastifySession, { sessions: managerOf({ store: brokenStore() }) })
    app.get('/', hijack)
    const response = await (await browse(app)).get('/')
    expect([response.status, await response.text()]).toEqual([503, 'Error 503\n'])
    expect(logged.map((line) => JSON.parse(line).err.code)).toEqual(['ERR_STORE_UNAVAILABLE'])
  })

  it('calls setErrorHandler if the commit fails and the reply was not hijacked', async () => {
    const errors: unknown[] = []
    const app = await appWith(managerOf({ store: brokenStore() }), unannounced, (error, _request, reply) => {
      errors.push(error)
      return reply.code(503).send('we are sorry')
    })
    const response = await (await browse(app)).get('/')
    expect([response.status, await response.text()]).toEqual([503, 'we are sorry'])
    expect(errors.map((error) => isSessionError(error, 'ERR_STORE_UNAVAILABLE'))).toEqual([true])
  })

  it('stores changes if the reply continues as a stream', async () => {
    const store = countingStore(memoryStore())
    const app = await appWith(managerOf({ store: store }), async (request, reply) => {
      Object.assign(request.session.data, { raw: true })
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
      return reply.send(Readable.from(['data: 1\n\n', 'data: 2\n\n']))
    })
    const browser = await browse(app)
    expect(await (await browser.get('/')).text()).toBe('data: 1\n\ndata: 2\n\n')
    expect(store.calls).toEqual({ create: 1 })
    expect(await (await browser.get('/show')).json()).toEqual({ data: { raw: true } })
  })

  it('sends the cookie if the not-found handler of another context answers', async () => {
    const app = Fastify()
    app.setNotFoundHandler(async () => 'nowhere')
    await app.register(async (scope) => {
      await scope.register(fastifySession, { sessions: managerOf() })
      scope.get('/', async (request, reply) => {
        await request.session.login('ada')
        reply.callNotFound()
        return reply
      })
      scope.get('/show', showSession)
    })
    const browser = await browse(app)
    expect(await (await browser.get('/')).text()).toBe('nowhere')
    expect(await (await browser.get('/show')).json()).toMatchObject({ subject: 'ada' })
  })
})

describe('fastifySession and a Response as payload', () => {
  it('keeps the headers of the Response beside its own', async () => {
    const headers = new Headers({ vary: 'Accept', 'cache-control': 'public, max-age=60', 'x-own': 'yes' })
    headers.append('set-cookie', 'theme=dark')
    headers.append('set-cookie', 'size=large')
    const app = await appWith(managerOf(), async (request) => {
      await request.session.login('ada')
      return new Response('made elsewhere', { status: 201, headers })
    })
    const browser = await browse(app)
    const response = await browser.get('/')
    expect([response.status, await response.text()]).toEqual([201, 'made elsewhere'])
    expect(response.headers.get('vary')).toBe('Accept, Cookie')
    expect(response.headers.get('cache-control')).toBe('max-age=60, no-store')
    expect(response.headers.get('x-own')).toBe('yes')
    expect(browser.jar.names).toEqual(['theme', 'size', NAME])
  })

  it('discards changes if the status of the Response is 500 or above', async () => {
    const app = await appWith(managerOf(), async (request) => {
      Object.assign(request.session.data, { a: 1 })
      return new Response(null, { status: 500 })
    })
    const browser = await browse(app)
    const response = await browser.get('/')
    expect([response.status, await response.text()]).toEqual([500, ''])
    expect(browser.jar.names).toEqual([])
  })
})

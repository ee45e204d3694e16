import { Readable } from 'node:stream'
import { isSessionError, memoryStore } from '@sojourn/session-core'
import { flakyStore } from '@sojourn/session-testing'
import type { RouteHandlerMethod } from 'fastify'
import { describe, expect, it } from 'vitest'
import { appWith, brokenStore, browse, managerOf, NAME } from './served'

describe('fastifySession and an error of the handler', () => {
  it('keeps the cookie of a login, and stores changes with a status below 500', async () => {
    const app = await appWith(managerOf(), async (request) => {
      await request.session.login('ada')
      Object.assign(request.session.data, { tries: 1 })
      throw Object.assign(new Error('one factor is not enough'), { statusCode: 401 })
    })
    const browser = await browse(app)
    const refused = await browser.get('/')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('cache-control')).toBe('no-store')
    expect(await (await browser.get('/show')).json()).toEqual({ subject: 'ada', data: { tries: 1 } })
  })

  it('sends the cookie once if a stream fails before its first byte', async () => {
    const app = await appWith(managerOf(), async (request) => {
      await request.session.login('ada')
      return new Readable({
        read() {
          this.destroy(new Error('no first chunk'))
        },
      })
    })
    const response = await (await browse(app)).get('/')
    expect(response.status).toBe(500)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it('answers 503 if the store is down, runs no handler, and clears no cookie', async () => {
    const store = flakyStore(memoryStore())
    let handled = 0
    const app = await appWith(managerOf({ store: store }), async (request) => {
      handled++
      await request.session.login('ada')
      return 'hello'
    })
    const browser = await browse(app)
    await browser.get('/')
    store.next('read', 'throw')
    const response = await browser.get('/')
    expect(response.status).toBe(503)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(browser.jar.names).toEqual([NAME])
    expect(handled).toBe(1)
  })
})

describe('fastifySession and a failed commit', () => {
  const change: RouteHandlerMethod = async (request) => {
    Object.assign(request.session.data, { a: 1 })
    return 'stored'
  }

  it('answers with 503 and sends no cookie', async () => {
    const app = await appWith(managerOf({ store: brokenStore() }), change)
    const response = await (await browse(app)).get('/')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('calls setErrorHandler once and sends its answer', async () => {
    const errors: unknown[] = []
    const app = await appWith(managerOf({ store: brokenStore() }), change, async (error, request, reply) => {
      errors.push(error)
      Object.assign(request.session.data, { b: 2 })
      return reply.code(200).send('we are sorry')
    })
    const response = await (await browse(app)).get('/')
    expect([response.status, await response.text()]).toEqual([200, 'we are sorry'])
    expect(errors.map((error) => isSessionError(error, 'ERR_STORE_UNAVAILABLE'))).toEqual([true])
  })

  it('keeps nothing of the discarded answer, and all headers that are set for every answer', async () => {
    const answers: RouteHandlerMethod[] = [
      (_request, reply) => reply.redirect('/next', 301),
      (_request, reply) => void reply.raw.writeHead(301, { location: '/next' }).end(),
    ]
    for (const answer of answers) {
      const app = await appWith(
        managerOf({ store: brokenStore() }),
        (request, reply) => {
          Object.assign(request.session.data, { a: 1 })
          reply.headers({ 'cache-control': 'public, max-age=60', etag: '"v1"', 'x-frame-options': 'DENY' })
          return answer.call(reply.server, request, reply)
        },
        (_error, _request, reply) => void reply.send('we are sorry'),
      )
      const response = await (await browse(app)).get('/')
      expect([response.status, await response.text()]).toEqual([500, 'we are sorry'])
      const left = ['location', 'cache-control', 'etag', 'x-frame-options'].filter((name) => response.headers.has(name))
      expect(left).toEqual(['x-frame-options'])
    }
  })

  it('closes a stream that is not sent, and keeps none of its headers', async () => {
    const payloads: Record<string, (stream: Readable) => unknown> = {
      web: (stream) => Readable.toWeb(stream),
      response: (stream) => new Response(Readable.toWeb(stream) as ReadableStream),
      node: (stream) => stream,
    }
    for (const payload of Object.values(payloads)) {
      const stream = Readable.from(['never', ' ', 'sent'])
      const app = await appWith(
        managerOf({ store: brokenStore() }),
        async (request) => {
          Object.assign(request.session.data, { a: 1 })
          return payload(stream)
        },
        async (_error, _request, reply) => {
          await new Promise((later) => setImmediate(later))
          return reply.code(503).send('we are sorry')
        },
      )
      const response = await (await browse(app)).get('/')
      expect([response.status, await response.text()]).toEqual([503, 'we are sorry'])
      expect(stream.destroyed).toBe(true)
    }
  })

  it('does not loop if the error handler fails too', async () => {
    let called = 0
    const app = await appWith(managerOf({ store: brokenStore() }), change, (error) => {
      called++
      throw error
    })
    const response = await (await browse(app)).get('/')
    expect([response.status, called]).toEqual([503, 1])
  })
})

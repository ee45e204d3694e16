import { createHash } from 'node:crypto'
import { deferred } from '../deferred'
import type { CarrierGroup } from './group'
import { everythingElse, head } from './raw-connection'
import { COOKIE } from './response'
import { chunksOf } from './ways-to-respond'

export function responseTests(group: CarrierGroup): void {
  bodilessTests(group)
  streamTests(group)
  redirectTests(group)
}

function bodilessTests({ expect, test }: CarrierGroup): void {
  test('a HEAD request changes the session like GET, and gets its headers without a body', async (server) => {
    const visitor = await server.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return c.send(200, 'the body')
      },
    })
    const response = await visitor.visit('HEAD', '/begin')
    expect([response.status, response.body, response.cookies().length]).toEqual([200, '', 1])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: 1 } })
  })

  for (const status of [204, 205, 304]) {
    test(`a response of ${status} carries the session cookie and leaves the connection usable`, async (server) => {
      const visitor = await server.serve({
        'GET /empty': async (c) => {
          c.session.data.n = 1
          c.setHeader('ETag', '"v1"')
          return c.send(status)
        },
      })
      const response = await visitor.get('/empty', { headers: { 'if-none-match': '"v1"' } })
      expect([response.status, response.body, response.cookies().length]).toEqual([status, '', 1])
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: 1 } })
    })
  }

  test('an empty text is sent as an empty body', async (server) => {
    const visitor = await server.serve({
      'GET /empty': async (c) => {
        c.session.data.n = 1
        return c.send(200, '')
      },
    })
    const response = await visitor.get('/empty')
    expect([response.status, response.body, response.cookies().length]).toEqual([200, '', 1])
  })

  test('a request with Expect: 100-continue gets 100, and then its response with the session cookie', async (server) => {
    await server.serve({
      'POST /echo': async (c) => {
        const text = await c.body()
        c.session.data.text = text
        return c.send(200, text)
      },
    })
    const connection = await server.connect()
    const about = { expect: '100-continue', 'content-length': '9', 'content-type': 'text/plain', connection: 'close' }
    connection.send(head('POST', '/echo', about))
    await connection.until('HTTP/1.1 100 Continue\r\n\r\n')
    connection.send('some text')
    await connection.closed
    const [, , response] = connection.received.split('HTTP/1.1 ')
    expect([response!.slice(0, 6), response!.includes(`${COOKIE}=`), response!.includes('some text')]).toEqual([
      '200 OK',
      true,
      true,
    ])
  })
}

function streamTests({ expect, test }: CarrierGroup): void {
  test('a stream of 2 MB arrives complete and in order, after the session cookie', async (server) => {
    const chunks = Array.from({ length: 64 }, (_, n) => `${n} `.repeat(32 * 1024).slice(0, 32 * 1024))
    const visitor = await server.serve({
      'GET /big': async (c) => {
        c.session.data.n = 1
        return c.stream(chunksOf(...chunks))
      },
    })
    const response = await visitor.get('/big')
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(response.cookies().length).toBe(1)
    expect([response.bytes.length, digest(response.bytes)]).toEqual([2_097_152, digest(Buffer.from(chunks.join('')))])
  })

  test('a stream is not buffered: events reach the client one by one', async (server) => {
    const seen = [deferred(), deferred()]
    await server.serve({
      'GET /events': async (c) => {
        c.session.data.n = 1
        c.setHeader('Content-Type', 'text/event-stream')
        return c.stream(events(seen.map(({ promise }) => promise)))
      },
    })
    const connection = await server.connect()
    connection.get('/events')
    await connection.until('data: 0\n\n')
    expect([connection.received.includes(`${COOKIE}=`), connection.received.includes('data: 1')]).toEqual([true, false])
    seen[0]!.resolve()
    await connection.until('data: 1\n\n')
    expect(connection.received.includes('data: 2')).toBe(false)
    seen[1]!.resolve()
    await connection.closed
    expect(connection.received.includes('data: 2\n\n')).toBe(true)
  })

  // The framework decides whether to close the connection: Koa 2 leaves it open.
  test('a stream that fails does not affect other requests', async (server) => {
    const seen = deferred()
    const visitor = await server.serve({
      'GET /broken': async (c) => {
        c.session.data.n = 1
        return c.stream(broken(seen.promise))
      },
    })
    const connection = await server.connect()
    connection.get('/broken')
    await connection.until('a part')
    seen.resolve()
    await everythingElse()
    expect((await visitor.get('/plain')).status).toBe(200)
    expect(connection.received.endsWith('0\r\n\r\n')).toBe(false)
  })
}

async function* events(gates: Promise<void>[]): AsyncGenerator<Uint8Array> {
  yield* chunksOf('data: 0\n\n')
  for (const [n, gate] of gates.entries()) {
    await gate
    yield* chunksOf(`data: ${n + 1}\n\n`)
  }
}

async function* broken(seen: Promise<void>): AsyncGenerator<Uint8Array> {
  yield* chunksOf('a part')
  await seen
  throw new Error('the source of the stream broke')
}

function redirectTests({ expect, test }: CarrierGroup): void {
  for (const text of [undefined, 'this way']) {
    test(`a redirect ${text ? 'with' : 'without'} a text carries the session cookie`, async (server) => {
      const visitor = await server.serve({
        'GET /away': async (c) => {
          await c.session.login('ann')
          return c.redirect('/show', text)
        },
      })
      const response = await visitor.get('/away')
      expect([response.status, response.header('location'), response.cookies().length]).toEqual([302, '/show', 1])
      if (text) expect(response.body).toBe(text)
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    })
  }
}

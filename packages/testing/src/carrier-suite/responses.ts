import { createHash } from 'node:crypto'
import { deferred } from '../deferred'
import { chunksOf } from './answers'
import type { CarrierGroup } from './group'
import { COOKIE } from './visitor'
import { everythingElse, head } from './wire'

export function responseTests(group: CarrierGroup): void {
  bodilessTests(group)
  streamTests(group)
  redirectTests(group)
}

function bodilessTests({ expect, test }: CarrierGroup): void {
  test('a HEAD request changes the session as its GET does, and gets its headers and no body', async (bench) => {
    const visitor = await bench.serve({
      'GET /begin': async (c) => {
        c.session.data.n = 1
        return c.send(200, 'the body')
      },
    })
    const answer = await visitor.visit('HEAD', '/begin')
    expect([answer.status, answer.body, answer.cookies().length]).toEqual([200, '', 1])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: 1 } })
  })

  for (const status of [204, 205, 304]) {
    test(`a response of ${status} carries our cookie and leaves the connection in order`, async (bench) => {
      const visitor = await bench.serve({
        'GET /empty': async (c) => {
          c.session.data.n = 1
          c.setHeader('ETag', '"v1"')
          return c.send(status)
        },
      })
      const answer = await visitor.get('/empty', { headers: { 'if-none-match': '"v1"' } })
      expect([answer.status, answer.body, answer.cookies().length]).toEqual([status, '', 1])
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: 1 } })
    })
  }

  test('an empty text is a body like any other', async (bench) => {
    const visitor = await bench.serve({
      'GET /empty': async (c) => {
        c.session.data.n = 1
        return c.send(200, '')
      },
    })
    const answer = await visitor.get('/empty')
    expect([answer.status, answer.body, answer.cookies().length]).toEqual([200, '', 1])
  })

  test('a request that expects 100 Continue gets it, and then its answer with our cookie', async (bench) => {
    await bench.serve({
      'POST /echo': async (c) => {
        const text = await c.body()
        c.session.data.text = text
        return c.send(200, text)
      },
    })
    const wire = await bench.wire()
    const about = { expect: '100-continue', 'content-length': '9', 'content-type': 'text/plain', connection: 'close' }
    wire.send(head('POST', '/echo', about))
    await wire.until('HTTP/1.1 100 Continue\r\n\r\n')
    wire.send('some text')
    await wire.closed
    const [, , answer] = wire.received.split('HTTP/1.1 ')
    expect([answer!.slice(0, 6), answer!.includes(`${COOKIE}=`), answer!.includes('some text')]).toEqual([
      '200 OK',
      true,
      true,
    ])
  })
}

function streamTests({ expect, test }: CarrierGroup): void {
  test('a stream of 2 MB arrives whole and in order, with the cookie before it', async (bench) => {
    const chunks = Array.from({ length: 64 }, (_, n) => `${n} `.repeat(32 * 1024).slice(0, 32 * 1024))
    const visitor = await bench.serve({
      'GET /big': async (c) => {
        c.session.data.n = 1
        return c.stream(chunksOf(...chunks))
      },
    })
    const answer = await visitor.get('/big')
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(answer.cookies().length).toBe(1)
    expect([answer.bytes.length, digest(answer.bytes)]).toEqual([2_097_152, digest(Buffer.from(chunks.join('')))])
  })

  test('a stream is sent as it comes: events reach the client one by one', async (bench) => {
    const seen = [deferred(), deferred()]
    await bench.serve({
      'GET /events': async (c) => {
        c.session.data.n = 1
        c.setHeader('Content-Type', 'text/event-stream')
        return c.stream(events(seen.map(({ promise }) => promise)))
      },
    })
    const wire = await bench.wire()
    wire.get('/events')
    await wire.until('data: 0\n\n')
    expect([wire.received.includes(`${COOKIE}=`), wire.received.includes('data: 1')]).toEqual([true, false])
    seen[0]!.resolve()
    await wire.until('data: 1\n\n')
    expect(wire.received.includes('data: 2')).toBe(false)
    seen[1]!.resolve()
    await wire.closed
    expect(wire.received.includes('data: 2\n\n')).toBe(true)
  })

  // Whether its connection is ended as well is the framework's affair: Koa 2 leaves it open.
  test('a stream that breaks off harms nobody else', async (bench) => {
    const seen = deferred()
    const visitor = await bench.serve({
      'GET /broken': async (c) => {
        c.session.data.n = 1
        return c.stream(broken(seen.promise))
      },
    })
    const wire = await bench.wire()
    wire.get('/broken')
    await wire.until('a part')
    seen.resolve()
    await everythingElse()
    expect((await visitor.get('/plain')).status).toBe(200)
    expect(wire.received.endsWith('0\r\n\r\n')).toBe(false)
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
    test(`a redirect ${text ? 'with' : 'without'} a text carries our cookie`, async (bench) => {
      const visitor = await bench.serve({
        'GET /away': async (c) => {
          await c.session.login('ann')
          return c.redirect('/show', text)
        },
      })
      const answer = await visitor.get('/away')
      expect([answer.status, answer.header('location'), answer.cookies().length]).toEqual([302, '/show', 1])
      if (text) expect(answer.body).toBe(text)
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    })
  }
}

import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { deferred } from '../deferred'
import { chunksOf } from './answers'
import type { CarrierGroup } from './group'
import { COOKIE } from './visitor'

/** What handlers do with Node's own response, to an adapter that has to get in between. */
export function rawTests(group: CarrierGroup): void {
  headTests(group)
  bodyTests(group)
  mistakeTests(group)
}

const OTHERS = ['a=1', 'b=2']
/** Ways to give a response of 201 the same headers. */
const HEADS: [what: string, write: (res: ServerResponse) => unknown][] = [
  [
    'headers as an object',
    (res) => res.writeHead(201, { 'Set-Cookie': OTHERS, Vary: 'Accept-Language', 'X-Handler': 'mine' }),
  ],
  [
    'a reason, and headers as an object',
    (res) => res.writeHead(201, 'Made', { 'set-cookie': OTHERS, vary: 'Accept-Language', 'x-handler': 'mine' }),
  ],
  [
    'headers as a list',
    (res) =>
      res.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Vary', 'Accept-Language', 'X-Handler', 'mine']),
  ],
  [
    'headers that were set before',
    (res) => {
      res.setHeader('Set-Cookie', OTHERS).setHeader('Vary', 'Accept-Language').setHeader('X-Handler', 'mine')
      res.writeHead(201)
    },
  ],
  [
    'a status and headers that were set before, and no writeHead',
    (res) => {
      res.setHeader('set-cookie', OTHERS).setHeader('vary', 'Accept-Language').setHeader('x-handler', 'mine')
      res.statusCode = 201
    },
  ],
]

function headTests({ expect, test }: CarrierGroup): void {
  for (const [what, write] of HEADS) {
    test(`our headers join those of writeHead: ${what}`, async (bench) => {
      const visitor = await bench.serve({
        'GET /raw': async (c) => {
          await c.session.login('ann')
          c.session.data.n = 1
          const res = c.raw()
          write(res)
          res.write('the ')
          res.end('body')
        },
      })
      const answer = await visitor.get('/raw')
      expect([answer.status, answer.body, answer.header('x-handler')]).toEqual([201, 'the body', 'mine'])
      expect([answer.otherCookies, answer.cookies().length]).toEqual([OTHERS, 1])
      expect([answer.header('vary'), answer.header('cache-control')]).toEqual(['Accept-Language, Cookie', 'no-store'])
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: { n: 1 } })
    })
  }

  test('an early hint goes ahead, and our cookie comes with the answer', async (bench) => {
    const go = deferred()
    await bench.serve({
      'GET /hinted': async (c) => {
        const res = c.raw()
        res.writeEarlyHints({ link: '</style.css>; rel=preload' })
        await go.promise
        c.session.data.n = 1
        res.end('the body')
      },
    })
    const wire = await bench.wire()
    wire.get('/hinted')
    await wire.until('103 Early Hints')
    go.resolve()
    await wire.closed
    const answer = wire.received.slice(wire.received.indexOf('HTTP/1.1 200'))
    expect([answer.includes(`${COOKIE}=`), answer.includes('the body')]).toEqual([true, true])
  })
}

function bodyTests({ expect, test }: CarrierGroup): void {
  test('flushed headers and server-sent events leave as they are written', async (bench) => {
    const [headers, first] = [deferred(), deferred()]
    await bench.serve({
      'GET /events': async (c) => {
        c.session.data.n = 1
        const res = c.raw()
        res.setHeader('Content-Type', 'text/event-stream').flushHeaders()
        await headers.promise
        res.write('data: 1\n\n')
        await first.promise
        res.end('data: 2\n\n')
      },
    })
    const wire = await bench.wire()
    wire.get('/events')
    await wire.until('\r\n\r\n')
    expect([wire.received.includes(`${COOKIE}=`), wire.received.includes('data')]).toEqual([true, false])
    headers.resolve()
    await wire.until('data: 1\n\n')
    expect(wire.received.includes('data: 2')).toBe(false)
    first.resolve()
    await wire.closed
    expect(wire.received.includes('data: 2\n\n')).toBe(true)
  })

  test('texts, bytes, encodings, callbacks and pipes arrive as Node would send them', async (bench) => {
    const visitor = await bench.serve({
      'GET /raw': async (c) => {
        c.session.data.n = 1
        const res = c.raw()
        const written = deferred<unknown>()
        res.write('68 e9'.replace(/ /g, ''), 'hex', written.resolve)
        res.write(Uint8Array.of(0, 1, 255))
        await written.promise
        const ended = deferred()
        res.end('æ', 'latin1', () => ended.resolve())
        await ended.promise
      },
      'GET /pipe': async (c) => {
        c.session.data.n = 2
        const res = c.raw()
        Readable.from(chunksOf('the ', 'body')).pipe(res)
        await new Promise((resolve) => res.once('finish', resolve))
      },
    })
    const answer = await visitor.get('/raw')
    expect([[...answer.bytes], answer.cookies().length]).toEqual([[0x68, 0xe9, 0, 1, 255, 0xe6], 1])
    expect((await visitor.get('/pipe')).body).toBe('the body')
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: 2 } })
  })

  test('a writer that waits for `drain` gets to its end', async (bench) => {
    const visitor = await bench.serve({
      'GET /drained': async (c) => {
        c.session.data.n = 1
        const res = c.raw()
        for (let n = 0; n < 32; n++) {
          if (!res.write(String(n % 10).repeat(64 * 1024))) await new Promise((resolve) => res.once('drain', resolve))
        }
        res.end()
      },
    })
    const answer = await visitor.get('/drained')
    expect([answer.bytes.length, answer.cookies().length]).toEqual([2_097_152, 1])
  })
}

function mistakeTests({ expect, test }: CarrierGroup): void {
  for (const changed of [true, false]) {
    test(`ending twice and writing after the end change nothing: ${changed ? 'a new' : 'no'} session`, async (bench) => {
      const visitor = await bench.serve({
        'GET /twice': async (c) => {
          if (changed) c.session.data.n = 1
          const res = c.raw().on('error', () => {})
          res.end('the body')
          res.end('again')
          res.write('more', () => {})
          res.end()
        },
      })
      const answer = await visitor.get('/twice')
      expect([answer.status, answer.body, answer.cookies().length]).toEqual([200, 'the body', changed ? 1 : 0])
      expect((await visitor.get('/plain')).body).toBe('plain')
    })

    test(`headers that are set too late are refused as Node refuses them: ${changed ? 'a new' : 'no'} session`, async (bench) => {
      const codes: unknown[] = []
      const visitor = await bench.serve({
        'GET /late': async (c) => {
          if (changed) c.session.data.n = 1
          const res = c.raw()
          res.write('the ')
          for (const attempt of [() => res.setHeader('x-late', '1'), () => res.writeHead(500)]) {
            try {
              attempt()
            } catch (error) {
              codes.push((error as { code?: unknown }).code)
            }
          }
          res.end('body')
        },
      })
      const answer = await visitor.get('/late')
      expect([answer.status, answer.body, answer.header('x-late')]).toEqual([200, 'the body', undefined])
      expect(codes).toEqual(['ERR_HTTP_HEADERS_SENT', 'ERR_HTTP_HEADERS_SENT'])
    })
  }
}

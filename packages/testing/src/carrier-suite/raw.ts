import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { deferred } from '../deferred'
import type { CarrierGroup } from './group'
import { COOKIE } from './response'
import { chunksOf } from './ways-to-respond'

/** Handlers that write to Node's response directly. The adapter has to intercept their calls. */
export function rawTests(group: CarrierGroup): void {
  headTests(group)
  bodyTests(group)
  mistakeTests(group)
}

const OTHERS = ['a=1', 'b=2']
/** Ways to send the same headers with status 201. */
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
    test(`the session headers are added to those of writeHead: ${what}`, async (server) => {
      const visitor = await server.serve({
        'GET /raw': async (c) => {
          await c.session.login('ann')
          c.session.data.n = 1
          const res = c.raw()
          write(res)
          res.write('the ')
          res.end('body')
        },
      })
      const response = await visitor.get('/raw')
      expect([response.status, response.body, response.header('x-handler')]).toEqual([201, 'the body', 'mine'])
      expect([response.otherCookies, response.cookies().length]).toEqual([OTHERS, 1])
      expect([response.header('vary'), response.header('cache-control')]).toEqual([
        'Accept-Language, Cookie',
        'no-store',
      ])
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: { n: 1 } })
    })
  }

  test('an early hint is sent at once, and the session cookie comes with the final response', async (server) => {
    const go = deferred()
    await server.serve({
      'GET /hinted': async (c) => {
        const res = c.raw()
        res.writeEarlyHints({ link: '</style.css>; rel=preload' })
        await go.promise
        c.session.data.n = 1
        res.end('the body')
      },
    })
    const connection = await server.connect()
    connection.get('/hinted')
    await connection.until('103 Early Hints')
    go.resolve()
    await connection.closed
    const response = connection.received.slice(connection.received.indexOf('HTTP/1.1 200'))
    expect([response.includes(`${COOKIE}=`), response.includes('the body')]).toEqual([true, true])
  })
}

function bodyTests({ expect, test }: CarrierGroup): void {
  test('flushed headers and server-sent events are sent as they are written', async (server) => {
    const [headers, first] = [deferred(), deferred()]
    await server.serve({
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
    const connection = await server.connect()
    connection.get('/events')
    await connection.until('\r\n\r\n')
    expect([connection.received.includes(`${COOKIE}=`), connection.received.includes('data')]).toEqual([true, false])
    headers.resolve()
    await connection.until('data: 1\n\n')
    expect(connection.received.includes('data: 2')).toBe(false)
    first.resolve()
    await connection.closed
    expect(connection.received.includes('data: 2\n\n')).toBe(true)
  })

  test('texts, bytes, encodings, callbacks and pipes arrive as Node sends them', async (server) => {
    const visitor = await server.serve({
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
    const response = await visitor.get('/raw')
    expect([[...response.bytes], response.cookies().length]).toEqual([[0x68, 0xe9, 0, 1, 255, 0xe6], 1])
    expect((await visitor.get('/pipe')).body).toBe('the body')
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: 2 } })
  })

  test('a writer that waits for `drain` finishes', async (server) => {
    const visitor = await server.serve({
      'GET /drained': async (c) => {
        c.session.data.n = 1
        const res = c.raw()
        for (let n = 0; n < 32; n++) {
          if (!res.write(String(n % 10).repeat(64 * 1024))) await new Promise((resolve) => res.once('drain', resolve))
        }
        res.end()
      },
    })
    const response = await visitor.get('/drained')
    expect([response.bytes.length, response.cookies().length]).toEqual([2_097_152, 1])
  })
}

function mistakeTests({ expect, test }: CarrierGroup): void {
  for (const changed of [true, false]) {
    test(`ending twice and writing after the end have no effect: ${changed ? 'a new' : 'no'} session`, async (server) => {
      const visitor = await server.serve({
        'GET /twice': async (c) => {
          if (changed) c.session.data.n = 1
          const res = c.raw().on('error', () => {})
          res.end('the body')
          res.end('again')
          res.write('more', () => {})
          res.end()
        },
      })
      const response = await visitor.get('/twice')
      expect([response.status, response.body, response.cookies().length]).toEqual([200, 'the body', changed ? 1 : 0])
      expect((await visitor.get('/plain')).body).toBe('plain')
    })

    test(`headers set after they are sent throw the error that Node throws: ${changed ? 'a new' : 'no'} session`, async (server) => {
      const codes: unknown[] = []
      const visitor = await server.serve({
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
      const response = await visitor.get('/late')
      expect([response.status, response.body, response.header('x-late')]).toEqual([200, 'the body', undefined])
      expect(codes).toEqual(['ERR_HTTP_HEADERS_SENT', 'ERR_HTTP_HEADERS_SENT'])
    })
  }
}

import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { holdResponse } from '../src'
import { deferred, hold, serve, tick } from './held-server'

describe('a held response', () => {
  it('puts nothing on the wire before the commit has resolved, whatever sends the headers', async () => {
    const ways: Record<string, (res: ServerResponse) => void> = {
      end: (res) => res.end('hello'),
      'write and end': (res) => {
        res.write('hel')
        res.end('lo')
      },
      writeHead: (res) => res.writeHead(200).end('hello'),
      flushHeaders: (res) => {
        res.flushHeaders()
        res.end('hello')
      },
    }
    for (const [way, answer] of Object.entries(ways)) {
      const server = await serve(async (_req, res) => {
        const { store, commits } = hold(res)
        const socket = res.socket!
        answer(res)
        await tick()
        expect(socket.bytesWritten, way).toBe(0)
        store.resolve()
        await tick()
        expect(socket.bytesWritten, way).toBeGreaterThan(0)
        expect(commits, way).toHaveLength(1)
      })
      const received = await server.get()
      expect([received.status, String(received.body), received.header('set-cookie')], way).toEqual([
        200,
        'hello',
        ['id=1'],
      ])
    }
  })

  it('leaves as the handler made it: status, reason, body, length', async () => {
    const server = await serve((_req, res) => {
      hold(res).store.resolve()
      res.statusCode = 302
      res.statusMessage = 'Over there'
      res.setHeader('location', '/next')
      res.end('<a href="/next">next</a>')
    })
    const received = await server.get()
    expect([received.status, received.reason, String(received.body)]).toEqual([
      302,
      'Over there',
      '<a href="/next">next</a>',
    ])
    expect(received.header('location')).toEqual(['/next'])
    expect(received.header('content-length')).toEqual(['24'])
  })

  it('keeps encodings and calls back in order', async () => {
    const calls: string[] = []
    const server = await serve((_req, res) => {
      hold(res).store.resolve()
      res.write('c3', 'hex', () => calls.push('first'))
      res.write(Buffer.from([0xa9]), () => calls.push('second'))
      res.end('4142', 'hex', () => calls.push('end'))
      expect(calls).toEqual([])
    })
    expect(String((await server.get()).body)).toBe('éAB')
    expect(calls).toEqual(['first', 'second', 'end'])
  })

  it('has no body for HEAD, 204 and 304, and the cookie all the same', async () => {
    for (const [method, status] of [['HEAD', 200] as const, ['GET', 204] as const, ['GET', 304] as const]) {
      const server = await serve((_req, res) => {
        hold(res).store.resolve()
        res.statusCode = status
        res.end(status === 200 ? 'hello' : undefined)
      })
      const received = await server.get({ method })
      expect([received.status, received.body.length, received.header('set-cookie')]).toEqual([status, 0, ['id=1']])
    }
  })

  it('looks sent to the handler, and is not touched by what comes too late', async () => {
    const server = await serve(async (_req, res) => {
      const { store } = hold(res)
      res.setHeader('content-length', '5').setHeader('x-early', '1')
      expect([res.headersSent, res.writableEnded]).toEqual([false, false])
      res.end('first')
      expect([res.headersSent, res.writableEnded]).toEqual([true, true])
      for (const change of [
        () => res.setHeader('content-length', '17'),
        () => res.appendHeader('x-late', '1'),
        () => res.appendHeader('x-early', '2'),
        () => res.removeHeader('content-length'),
        () => res.writeHead(404),
      ]) {
        expect(change).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }))
      }
      res.statusCode = 500
      res.statusMessage = 'Late'
      res.end('the second answer')
      res.write('and a third', (error) => expect(error).toBeInstanceOf(Error))
      res.flushHeaders()
      store.resolve()
      await tick()
      expect(Object.getOwnPropertyNames(res)).not.toContain('headersSent')
      expect(Object.getOwnPropertyNames(res)).not.toContain('setHeader')
    })
    const received = await server.get()
    expect([received.status, received.reason, String(received.body)]).toEqual([200, 'OK', 'first'])
    expect(received.header('content-length')).toEqual(['5'])
    expect([received.header('x-late'), received.header('x-early')]).toEqual([[], ['1']])
  })

  it('leaves the methods in place that others have put on the response, and sets its own headers by Node’s', async () => {
    const server = await serve(async (_req, res) => {
      const { store } = hold(res)
      const setHeader = (() => res) as ServerResponse['setHeader']
      Object.assign(res, { setHeader })
      res.end('hello')
      expect(res.setHeader).toBe(setHeader)
      expect(() => res.appendHeader('x-late', 'yes')).toThrow(
        expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }),
      )
      store.resolve()
      await tick()
      expect(res.setHeader).toBe(setHeader)
    })
    const received = await server.get()
    expect([String(received.body), received.header('set-cookie')]).toEqual(['hello', ['id=1']])
  })

  it('lets informational responses through', async () => {
    const server = await serve(async (_req, res) => {
      const { store } = hold(res)
      res.writeEarlyHints({ link: '</style.css>; rel=preload' })
      expect(res.socket!.bytesWritten).toBeGreaterThan(0)
      expect(res.headersSent).toBe(false)
      res.write('hello')
      expect(res.headersSent).toBe(true)
      res.end()
      store.resolve()
    })
    expect(String((await server.get()).body)).toBe('hello')
  })

  it('takes turns with the hold of another manager on the same response', async () => {
    const inner = deferred()
    const server = await serve(async (_req, res) => {
      const first = holdResponse(res, {
        commit: () => inner.promise.then(() => first.setResponseHeader('x-first', ['1'])),
        onError: () => {},
      })
      const second = hold(res)
      res.writeHead(201, { 'x-own': '1' })
      res.write('hel')
      second.store.resolve()
      await tick()
      expect(res.socket!.bytesWritten).toBe(0)
      res.end('lo')
      expect(res.writableEnded).toBe(true)
      inner.resolve()
    })
    const received = await server.get()
    expect([received.status, String(received.body), received.header('set-cookie')]).toEqual([201, 'hello', ['id=1']])
    expect([received.header('x-first'), received.header('x-own')]).toEqual([['1'], ['1']])
  })

  it('is committed once, also where it is kept back by somebody beneath', async () => {
    const beneath = deferred()
    let outer: ReturnType<typeof hold> | undefined
    let commits = 0
    const server = await serve(async (_req, res) => {
      const inner = holdResponse(res, { commit: () => beneath.promise, onError: () => {} })
      outer = hold(res, {
        // Whenever it is asked there is something to wait for, such as a renewal that failed the last time.
        commit() {
          commits++
          return Promise.resolve()
        },
      })
      res.end('hello')
      await tick()
      expect(inner.headersSent).toBe(false)
      beneath.resolve()
    })
    const received = await server.get()
    expect([received.status, String(received.body), commits]).toEqual([200, 'hello', 1])
    expect(outer!.errors).toEqual([])
  })
})

describe('a held response whose methods others have wrapped', () => {
  const onHead = (res: ServerResponse, listener: () => void) => {
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
    let fired = false
    res.writeHead = ((...args: unknown[]) => {
      if (!fired) listener()
      fired = true
      return writeHead(...args)
    }) as ServerResponse['writeHead']
  }

  it('lets those who wait for its head add to it before the commit, once, and does not change its length', async () => {
    const ways: Record<string, (res: ServerResponse) => void> = {
      end: (res) => res.end('hello'),
      write: (res) => {
        res.write('hel')
        res.end('lo')
      },
      flushHeaders: (res) => {
        res.flushHeaders()
        res.end('hello')
      },
      writeHead: (res) => res.writeHead(200, { 'x-own': '1' }).end('hello'),
    }
    for (const [way, answer] of Object.entries(ways)) {
      let seen: unknown[] = []
      let listened = 0
      const server = await serve(async (_req, res) => {
        const { store, commits } = hold(res)
        onHead(res, () => {
          res.setHeader('cache-control', 'max-age=60')
          listened++
        })
        answer(res)
        seen = commits
        store.resolve()
      })
      const received = await server.get()
      expect([String(received.body), received.header('set-cookie')], way).toEqual(['hello', ['id=1']])
      expect(received.header('content-length'), way).toEqual(way === 'end' ? ['5'] : [])
      expect([seen, listened], way).toEqual([[{ status: 200, cacheControl: ['max-age=60'] }], 1])
    }
  })

  it('takes the status, the reason and the headers that they put in place of its own', async () => {
    const server = await serve((_req, res) => {
      hold(res).store.resolve()
      const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
      res.writeHead = (() => writeHead(202, 'Later', { 'x-wrapped': '1' })) as ServerResponse['writeHead']
      res.end('hello')
    })
    const received = await server.get()
    expect([received.status, received.reason, received.header('x-wrapped')]).toEqual([202, 'Later', ['1']])
  })

  it('lets what encodes the body begin with the head, not with what was written after it', async () => {
    const server = await serve((_req, res) => {
      hold(res).store.resolve()
      const write = res.write.bind(res)
      let encoding = false
      onHead(res, () => {
        res.setHeader('x-encoding', 'upper')
        encoding = true
      })
      res.write = ((chunk: string) => write(encoding ? chunk.toUpperCase() : chunk)) as ServerResponse['write']
      res.flushHeaders()
      res.write('hello')
      res.end()
    })
    const received = await server.get()
    expect([String(received.body), received.header('x-encoding')]).toEqual(['HELLO', ['upper']])
  })

  it('bears those who ask for a head because they miss Node’s note of it', async () => {
    type Noted = ServerResponse & { _header?: string; _implicitHeader(): void }
    const server = await serve((_req, response) => {
      const res = response as Noted
      hold(res).store.resolve()
      for (const method of ['write', 'end'] as const) {
        const wrapped = res[method].bind(res) as (...args: unknown[]) => unknown
        Object.assign(res, {
          [method]: (...args: unknown[]) => {
            if (!res._header) res._implicitHeader()
            return wrapped(...args)
          },
        })
      }
      res.write('hel')
      res.end('lo')
    })
    expect(String((await server.get()).body)).toBe('hello')
  })
})

describe('a response whose commit has nothing to wait for', () => {
  it('is Node’s own from the first call on', async () => {
    let commits = 0
    const server = await serve((_req, res) => {
      holdResponse(res, {
        commit() {
          commits++
          return undefined
        },
        onError: () => {},
      })
      res.write('hello')
      expect(res.headersSent).toBe(true)
      expect(() => res.setHeader('x-late', '1')).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }))
      res.write(' again')
      res.end()
    })
    expect(String((await server.get()).body)).toBe('hello again')
    expect(commits).toBe(1)
  })

  it('is asked again where its head was refused, since nothing has left', async () => {
    let commits = 0
    const server = await serve((_req, res) => {
      holdResponse(res, {
        commit() {
          commits++
          return undefined
        },
        onError: () => {},
      })
      expect(() => res.writeHead(200, 'no\nreason')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_CHAR' }))
      res.statusMessage = ''
      res.end('hello')
    })
    expect(String((await server.get()).body)).toBe('hello')
    expect(commits).toBe(2)
  })
})

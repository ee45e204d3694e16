import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { holdResponse } from '../../src'
import { deferred, hold, serve, tick } from './held-server'

describe('holdResponse', () => {
  it('sends nothing before the commit has resolved, for every method that sends headers', async () => {
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

  it('ignores what onClose throws or rejects with', async () => {
    const closed: string[] = []
    const ways: Record<string, () => Promise<void>> = {
      throws: () => {
        closed.push('throws')
        throw new Error('thrown in onClose')
      },
      rejects: () => {
        closed.push('rejects')
        return Promise.reject(new Error('rejected in onClose'))
      },
    }
    for (const [way, onClose] of Object.entries(ways)) {
      const over = deferred()
      const server = await serve((_req, res) => {
        holdResponse(res, { commit: () => undefined, onError: () => {}, onClose })
        res.once('close', over.resolve)
        res.end('hello')
      })
      expect(String((await server.get()).body), way).toBe('hello')
      await over.promise
    }
    expect(closed).toEqual(['throws', 'rejects'])
  })

  it('sends status, reason, body and length as the handler set them', async () => {
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

  it('keeps encodings, and calls the callbacks in order', async () => {
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

  it('sends the cookie and no body for HEAD, 204 and 304', async () => {
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

  it('looks sent to the handler while it waits, and ignores late changes', async () => {
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

  it('keeps methods that other libraries replaced, and sets its own headers by Node’s method', async () => {
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

  it('sends nothing by a method that was read before, and says why', async () => {
    for (const method of ['end', 'write'] as const) {
      const server = await serve((_req, res) => {
        const early = res[method] as (chunk: string) => unknown
        const { store } = hold(res)
        expect(() => early.call(res, 'hello')).toThrow(/before the session was opened/)
        store.resolve()
        res.destroy()
      })
      await expect(server.get()).rejects.toMatchObject({ code: 'ECONNRESET' })
    }
  })

  it('does not delay informational responses', async () => {
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

  it('works with a second hold on the same response', async () => {
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

  it('commits once, also if a hold below it still waits', async () => {
    const beneath = deferred()
    let outer: ReturnType<typeof hold> | undefined
    let commits = 0
    const server = await serve(async (_req, res) => {
      const inner = holdResponse(res, { commit: () => beneath.promise, onError: () => {} })
      outer = hold(res, {
        // Has something to commit every time it is called, such as a renewal that failed the last time.
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

describe('holdResponse with methods that other libraries have wrapped', () => {
  const onHead = (res: ServerResponse, listener: () => void) => {
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
    let fired = false
    res.writeHead = ((...args: unknown[]) => {
      if (!fired) listener()
      fired = true
      return writeHead(...args)
    }) as ServerResponse['writeHead']
  }

  it('runs writeHead hooks once, before the commit, and keeps the content length', async () => {
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

  it('takes the status, reason and headers that a hook passes on', async () => {
    const server = await serve((_req, res) => {
      hold(res).store.resolve()
      const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
      res.writeHead = (() => writeHead(202, 'Later', { 'x-wrapped': '1' })) as ServerResponse['writeHead']
      res.end('hello')
    })
    const received = await server.get()
    expect([received.status, received.reason, received.header('x-wrapped')]).toEqual([202, 'Later', ['1']])
  })

  it('lets a hook that encodes the body start at the head', async () => {
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

  it('keeps the order of writes and flushes', async () => {
    const made: string[] = []
    const server = await serve((_req, res) => {
      const write = res.write.bind(res) as (chunk: string) => boolean
      Object.assign(res, {
        write: (chunk: string) => made.push(chunk) && write(chunk),
        flush: () => made.push('flush'),
      })
      hold(res).store.resolve()
      const flush = () => (res as unknown as { flush(): void }).flush()
      flush()
      for (const chunk of ['a', 'b']) {
        res.write(chunk)
        flush()
      }
      expect(made).toEqual(['flush'])
      res.end()
    })
    expect(String((await server.get()).body)).toBe('ab')
    expect(made).toEqual(['flush', 'a', 'flush', 'b', 'flush'])
  })

  it('works with wrappers that send the head because Node’s _header is empty', async () => {
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

describe('holdResponse with a commit that returns undefined', () => {
  it('passes on every call at once, after one commit', async () => {
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

  it('commits again if Node refused the head, because nothing was sent', async () => {
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

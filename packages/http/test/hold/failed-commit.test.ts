import { once } from 'node:events'
import { request, type ServerResponse } from 'node:http'
import { PassThrough, Readable, Stream } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { answerError } from '../../src'
import { deferred, hold, serve, tick } from './held-server'

const down = Object.assign(new Error('the store is down'), { statusCode: 503 })

describe('holdResponse with a commit that rejects', () => {
  it('gives the error path an unsent response without the headers of the discarded body', async () => {
    const answers: Record<string, (res: ServerResponse) => void> = {
      end: (res) => res.end('secret'),
      writeHead: (res) => res.writeHead(201, 'Made', { 'content-length': 600, etag: '"a"' }).end('secret'.repeat(100)),
      stream: (res) => void Readable.from(['secret', 'secret']).pipe(res),
    }
    for (const [way, answer] of Object.entries(answers)) {
      const caught = deferred<unknown[]>()
      const server = await serve((_req, res) => {
        const held = hold(res, {
          onError(error) {
            caught.resolve([error, res.headersSent, res.writableEnded, res.statusCode])
            res.setHeader('x-error', 'yes')
            res.end('sorry')
          },
        })
        res.setHeader('x-cors', 'kept')
        for (const [name, value] of Object.entries({
          'cache-control': 'public, max-age=600',
          'content-encoding': 'br',
          location: '/next',
        })) {
          res.setHeader(name, value)
        }
        answer(res)
        held.began.then(() => held.store.reject(down))
      })
      const received = await server.get()
      expect(await caught.promise, way).toEqual([down, false, false, 500])
      expect([received.status, received.reason, String(received.body)], way).toEqual([
        500,
        'Internal Server Error',
        'sorry',
      ])
      // After the removal of Content-Length, Node sends the next body in chunks.
      expect(received.header('content-length'), way).toEqual(way === 'writeHead' ? [] : ['5'])
      for (const name of ['etag', 'cache-control', 'content-encoding', 'location']) {
        expect(received.header(name), `${way}: ${name}`).toEqual([])
      }
      expect([received.header('x-cors'), received.header('x-error')], way).toEqual([['kept'], ['yes']])
    }
  })

  it('commits once more for the answer of the error path', async () => {
    let commits: unknown[] = []
    const server = await serve((_req, res) => {
      const held = hold(res)
      commits = held.commits
      res.end('secret')
      held.store.reject(down)
    })
    const received = await server.get()
    expect(String(received.body)).toBe('the error path')
    expect(commits).toMatchObject([{ status: 200 }, { status: 500 }])
  })

  it('takes no more data from a pipe, also if the error path is slow', async () => {
    const source = new Readable({ read() {} })
    const server = await serve(async (_req, res) => {
      const { store } = hold(res, {
        async onError() {
          source.push('secret')
          await tick()
          res.end('sorry')
          source.push('secret')
          source.push(null)
          await tick()
        },
      })
      source.pipe(res)
      source.push('secret')
      await tick()
      store.reject(down)
    })
    expect(String((await server.get()).body)).toBe('sorry')
    expect(source.listenerCount('data')).toBe(0)
  })

  it('destroys piped sources without a reader when the response closes, and no others', async () => {
    const alone = new Readable({ read() {} })
    const shared = new Readable({ read() {} })
    for (const source of [alone, shared]) {
      const server = await serve(async (_req, res) => {
        const { store } = hold(res, {
          onError() {
            expect(source.destroyed).toBe(false)
            res.end('sorry')
          },
        })
        source.pipe(res)
        if (source === shared) source.pipe(new PassThrough())
        source.push('secret')
        await tick()
        store.reject(down)
        await once(res, 'close')
        await tick()
      })
      expect(String((await server.get()).body)).toBe('sorry')
    }
    expect([alone.destroyed, shared.destroyed]).toEqual([true, false])
  })

  it('destroys the response if an old-style stream is piped to it, which cannot be unpiped', async () => {
    const caught = deferred<unknown>()
    const server = await serve(async (_req, res) => {
      const { store } = hold(res, {
        onError(error) {
          caught.resolve(error)
          source.emit('data', 'secret')
          answerError(res, error)
        },
      })
      const source = new Stream()
      source.pipe(res)
      source.emit('data', 'secret')
      await tick()
      store.reject(down)
    })
    await expect(server.get()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await caught.promise).toBe(down)
  })

  it('is not ended by the source of a pipeline while the error path is slow', async () => {
    const source = new Readable({ read() {} })
    const server = await serve(async (_req, res) => {
      const answered = deferred()
      const { store } = hold(res, {
        async onError() {
          source.once('end', answered.resolve)
          source.push(null)
          source.resume()
          await answered.promise
          res.end('sorry')
        },
      })
      const piped = pipeline(source, res)
      source.push('secret')
      await tick()
      store.reject(down)
      await piped
    })
    expect(String((await server.get()).body)).toBe('sorry')
  })

  it('refuses what the handler writes during and after the error’s answer, without an error event', async () => {
    const refused: unknown[] = []
    const server = await serve(async (_req, res) => {
      const goOn = () => {
        expect(res.write('secret', (error) => refused.push(error))).toBe(false)
        res.end('secret')
        res.end(Buffer.from('secret'))
      }
      const { store } = hold(res, {
        onError() {
          res.end('sorry')
          goOn()
        },
      })
      const dropped = deferred<unknown>()
      res.write('secret', dropped.resolve)
      store.reject(down)
      expect(await dropped.promise).toBe(down)
      goOn()
      if (!res.closed) await once(res, 'close')
      goOn()
      await tick()
    })
    expect(String((await server.get()).body)).toBe('sorry')
    expect(refused).toHaveLength(3)
    for (const error of refused) expect(error).toBeInstanceOf(Error)
  })

  it('refuses calls of wrapped methods, also if the error path is slow', async () => {
    const server = await serve(async (_req, res) => {
      const asked = deferred()
      const answered = deferred()
      const { store } = hold(res, {
        async onError() {
          asked.resolve()
          await answered.promise
          res.end('sorry')
        },
      })
      const [write, end] = [res.write.bind(res), res.end.bind(res)]
      res.write = ((chunk: string) => write(chunk.toUpperCase())) as ServerResponse['write']
      res.write('secret')
      store.reject(down)
      await asked.promise
      expect(write('secret')).toBe(false)
      end('secret')
      answered.resolve()
    })
    const received = await server.get()
    expect([received.status, String(received.body)]).toEqual([500, 'sorry'])
  })

  it('passes an error of Node about the held head to the error path', async () => {
    const caught = deferred<unknown>()
    const server = await serve((_req, res) => {
      const { store } = hold(res, {
        onError(error) {
          caught.resolve(error)
          res.end('sorry')
        },
      })
      res.writeHead(200, 'no\nreason')
      res.end('hello')
      store.resolve()
    })
    const received = await server.get()
    expect(await caught.promise).toMatchObject({ code: 'ERR_INVALID_CHAR' })
    expect([received.status, String(received.body)]).toEqual([500, 'sorry'])
  })

  it('destroys the response if Node refuses a held chunk after others were sent, and calls each callback once', async () => {
    const heard: unknown[] = []
    const caught = deferred<unknown>()
    const server = await serve((_req, res) => {
      const { store } = hold(res, {
        onError(error) {
          caught.resolve(error)
          answerError(res, error)
        },
      })
      res.setHeader('content-type', 'text/html')
      res.write('sent', (error) => heard.push(error))
      res.write(123 as unknown as string)
      res.write('dropped', (error) => heard.push(error))
      store.resolve()
    })
    await expect(server.get()).rejects.toMatchObject({ code: 'ECONNRESET' })
    const error = await caught.promise
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    expect(heard).toHaveLength(2)
    expect(heard).toContain(error)
  })
})

describe('holdResponse with an error path that fails too', () => {
  it('asks for a second commit and no third, and sends the answer of the error path as it is', async () => {
    let commits = 0
    const errors: unknown[] = []
    const server = await serve((_req, res) => {
      hold(res, {
        commit: () => (commits++ < 100 ? Promise.reject(down) : undefined),
        onError(error) {
          errors.push(error)
          res.end('sorry')
        },
      })
      res.end('secret')
    })
    const received = await server.get()
    expect([received.status, String(received.body)]).toEqual([500, 'sorry'])
    expect([commits, errors]).toEqual([2, [down]])
  })

  it('treats a commit that throws as one that rejects', async () => {
    const server = await serve((_req, res) => {
      let commits = 0
      const { errors } = hold(res, {
        commit() {
          if (commits++ === 0) throw down
          return undefined
        },
      })
      res.end('secret')
      return expect.poll(() => errors).toEqual([down])
    })
    expect(String((await server.get()).body)).toBe('the error path')
  })

  const failures: Record<string, (res: ServerResponse) => void | Promise<void>> = {
    throws: () => {
      throw new Error('the error path is broken')
    },
    rejects: async () => {
      throw new Error('the error path is broken')
    },
    'sets a head that Node refuses': (res) => {
      res.statusMessage = 'no\nreason'
      res.end('sorry')
    },
  }
  for (const [name, onError] of Object.entries(failures)) {
    it(`answers in plain words and warns if onError ${name}`, async () => {
      const warned = once(process, 'warning')
      const server = await serve((_req, res) => {
        const { store } = hold(res, { onError: () => onError(res) })
        res.end('secret')
        store.reject(down)
      })
      const received = await server.get()
      expect([received.status, String(received.body)]).toEqual([500, 'Error 500\n'])
      expect(await warned).toMatchObject([{ name: 'SojournWarning' }])
    })
  }

  it('does not loop if Node refuses the held head of the error path', async () => {
    let answers = 0
    const server = await serve((_req, res) => {
      const { store } = hold(res, {
        commit: () => store.promise.catch(() => Promise.reject(down)),
        onError() {
          answers++
          res.statusMessage = 'no\nreason'
          res.end('sorry')
        },
      })
      res.end('secret')
      store.reject(down)
    })
    expect(String((await server.get()).body)).toBe('Error 500\n')
    expect(answers).toBe(1)
  })
})

describe('holdResponse after the whole answer was sent', () => {
  it('does not report the closed connection as aborted', async () => {
    const server = await serve(async (_req, res) => {
      const { response } = hold(res, { commit: () => undefined })
      res.end('hello')
      if (!res.closed) await once(res, 'close')
      expect([res.destroyed, response.aborted]).toEqual([true, false])
    })
    expect(String((await server.get()).body)).toBe('hello')
  })
})

describe('holdResponse with a client that goes away while the response waits', () => {
  for (const outcome of ['resolve', 'reject'] as const) {
    it(`replays nothing and leaves no listener when the commit ${outcome}s`, async () => {
      const made: string[] = []
      const refused = deferred<unknown>()
      const after = deferred<unknown[]>()
      const server = await serve(async (_req, res) => {
        for (const method of ['writeHead', 'write', 'end'] as const) {
          const real = res[method].bind(res) as (...args: unknown[]) => unknown
          const counted = (...args: unknown[]) => {
            made.push(method)
            return real(...args)
          }
          Object.assign(res, { [method]: counted })
        }
        const { store, response, errors } = hold(res, { onError: (error) => void errors.push(error) })
        const listeners = () => res.eventNames().map((name) => [name, res.listenerCount(name)])
        const before = listeners()
        res.writeHead(200)
        res.write('hello', refused.resolve)
        expect(listeners()).toEqual(before)
        expect(response.aborted).toBe(false)
        client.destroy()
        await once(res, 'close')
        expect(response.aborted).toBe(true)
        if (outcome === 'resolve') store.resolve()
        else store.reject(down)
        await tick()
        expect(listeners()).toEqual(before)
        after.resolve([made, errors])
      })
      const client = request({ host: '127.0.0.1', port: server.port }).on('error', () => {})
      client.end()
      expect(await after.promise).toEqual([[], outcome === 'resolve' ? [] : [down]])
      expect(await refused.promise).toBeInstanceOf(Error)
    })
  }
})

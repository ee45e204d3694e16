import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { memoryStore } from '@sojourn/session-core'
import { flakyStore } from '@sojourn/session-testing'
import compression from 'compression'
import type { NextFunction, Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { expressSession } from '../src'
import { browse, managerOf } from './served'
import { versions } from './versions'

const TEXT = 'All the world is a stage. '
const LONG = TEXT.repeat(80_000) // 2 MB

const lines = (size: number) =>
  Array.from({ length: LONG.length / size }, (_, at) => LONG.slice(at * size, (at + 1) * size))

/** Ways to answer, and the body that the client receives. */
const ANSWERS: Record<string, [answer: (res: Response) => unknown, body: string]> = {
  'a short text': [(res) => res.send(TEXT), TEXT],
  'a long text': [(res) => res.send(LONG), LONG],
  'an explicit head': [(res) => res.writeHead(200, { 'content-type': 'text/plain' }).end(LONG), LONG],
  'a pipe': [(res) => Readable.from(lines(52_000), { objectMode: false }).pipe(res.type('text')), LONG],
  'a pipeline': [(res) => pipeline(lines(52_000), res.type('text')), LONG],
  'many small writes that wait for drain': [
    async (res) => {
      res.type('text')
      for (const line of lines(260)) if (!res.write(line)) await once(res, 'drain')
      res.end()
    },
    LONG,
  ],
}

describe.each(versions)('compression with %s', (_name, express) => {
  for (const place of ['before', 'after'] as const) {
    const served = (answer: (res: Response) => unknown, store = flakyStore(memoryStore())) => {
      const app = express().set('env', 'test')
      const middleware = [compression(), expressSession(managerOf({ store: store }))]
      app.use(...(place === 'before' ? middleware : middleware.reverse()))
      app.get('/', async (req, res, next) => {
        ;(req.session.data as { n?: number }).n = 1
        try {
          await answer(res)
        } catch (error) {
          next(error)
        }
      })
      return { app, store }
    }

    for (const [what, [answer, body]] of Object.entries(ANSWERS)) {
      it(`mounted ${place} the session: ${what} arrives whole, compressed if it is long, with its cookie`, async () => {
        const response = await (await browse(served(answer).app)).visit('/')
        expect(response.status).toBe(200)
        expect(response.headers.get('content-encoding')).toBe(body === LONG ? 'gzip' : null)
        expect(response.headers.getSetCookie()).toHaveLength(1)
        expect((await response.text()) === body).toBe(true)
      })

      it(`mounted ${place} the session: if the store fails, the error replaces ${what}`, async () => {
        const { app, store } = served(answer)
        store.next('create', 'throw', Number.POSITIVE_INFINITY)
        app.use((error: { code: string }, _req: Request, res: Response, _next: NextFunction) => {
          res.status(503).json({ code: error.code })
        })
        const response = await (await browse(app)).visit('/')
        expect(response.status).toBe(503)
        expect(response.headers.getSetCookie()).toEqual([])
        expect(await response.json()).toEqual({ code: 'ERR_STORE_UNAVAILABLE' })
      })
    }

    it(`mounted ${place} the session: a flushed event arrives before the handler ends`, async () => {
      let end = () => {}
      const response = await (
        await browse(
          served((res) => {
            res.type('text/event-stream').write('data: first\n\n')
            res.flush()
            end = () => res.end('data: last\n\n')
          }).app,
        )
      ).visit('/')
      const events = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      expect(response.headers.getSetCookie()).toHaveLength(1)
      expect((await events.read()).value).toBe('data: first\n\n')
      end()
      expect((await events.read()).value).toBe('data: last\n\n')
    }, 5_000)

    it(`mounted ${place} the session: HEAD gets a cookie and no body`, async () => {
      const response = await (await browse(served((res) => res.send(LONG)).app)).visit('/', { method: 'HEAD' })
      expect([response.status, response.headers.getSetCookie().length, await response.text()]).toEqual([200, 1, ''])
    })
  }
})

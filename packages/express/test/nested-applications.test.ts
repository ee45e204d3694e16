import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Application, NextFunction, Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { expressSession } from '../src'
import { browse, managerOf } from './served'
import { versions } from './versions'

type Listener = (req: IncomingMessage, res: ServerResponse) => void

// Each application changes the prototypes of request and response, to its own or those of its version of Express.
describe.each(versions)('expressSession in %s, with further applications', (_name, express) => {
  const count = (req: Request, res: Response) => {
    const data = req.session.data as { visits?: number }
    data.visits = (data.visits ?? 0) + 1
    res.json({ visits: data.visits })
  }
  const visits = async (app: Application) => {
    const { visit, jar } = await browse(app)
    const seen = [await (await visit('/in/count')).json(), await (await visit('/in/count')).json()]
    return [...seen, jar.names]
  }
  const twice = [{ visits: 1 }, { visits: 2 }, ['__Host-session']]

  for (const [innerName, innerExpress] of versions) {
    it(`keeps what a handler of a mounted application of ${innerName} changes`, async () => {
      const inner = innerExpress().get('/count', count)
      expect(await visits(express().use(expressSession(managerOf())).use('/in', inner))).toEqual(twice)
    })

    it(`keeps what an application of ${innerName} changes that is called as a function`, async () => {
      const inner = innerExpress().get('/in/count', count) as unknown as Listener
      const outer = express().use(expressSession(managerOf()))
      outer.use((req, res) => inner(req, res))
      expect(await visits(outer)).toEqual(twice)
    })

    it(`keeps what is changed below a session in an application of ${innerName} that passes the request on`, async () => {
      const inner = innerExpress().use(expressSession(managerOf()))
      expect(await visits(express().use('/in', inner).get('/in/count', count))).toEqual(twice)
    })
  }

  it('sends what the methods of an application’s own response make of an answer', async () => {
    for (const method of ['end', 'write', 'writeHead', 'flush'] as const) {
      const app = express()
      let called = 0
      const { [method]: before } = app.response as unknown as Record<string, (...args: unknown[]) => unknown>
      const counted = function (this: Response, ...args: unknown[]) {
        called++
        return before?.apply(this, args)
      }
      Object.assign(app.response, { [method]: counted })
      app.use(expressSession(managerOf())).get('/in/count', (req, res) => {
        res.type('json').write(' ')
        ;(res as unknown as { flush?(): void }).flush?.()
        const data = req.session.data as { visits?: number }
        data.visits = (data.visits ?? 0) + 1
        res.end(JSON.stringify({ visits: data.visits }))
      })
      const { visit } = await browse(app)
      expect(await (await visit('/in/count')).json(), method).toEqual({ visits: 1 })
      expect(called, method).toBe(1)
    }
  })

  it('leaves responses without a session alone', async () => {
    const app = express().use(expressSession(managerOf(), { skip: (req) => req.path !== '/in/count' }))
    app.get('/in/count', count).get('/other', (_req, res) => {
      res.writeHead(201, { 'x-own': '1' })
      res.write('hel')
      res.end('lo')
    })
    expect(await visits(app)).toEqual(twice)
    const response = await (await browse(app)).visit('/other')
    expect([response.status, response.headers.get('x-own'), await response.text()]).toEqual([201, '1', 'hello'])
  })

  it('binds to the client that the outer application sees, also in one that trusts other proxies', async () => {
    const inner = express().set('trust proxy', true)
    inner.get('/login', async (req, res) => {
      await req.session.login('ann')
      res.json(req.ip)
    })
    const app = express().use(expressSession(managerOf({ bind: ['ip'] })))
    app.use('/in', inner).get('/', (req, res) => void res.json(req.session.subject))
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => void res.json(error.message))
    const { visit } = await browse(app)
    const headers = { 'x-forwarded-for': '203.0.113.7' }
    expect(await (await visit('/in/login', { headers })).json()).toBe('203.0.113.7')
    expect(await (await visit('/')).json()).toBe('ann')
  })
})

import { createServer, request } from 'node:http'
import type { SessionManager } from '@sojourn/session-core'
import { serveOnLoopback } from '@sojourn/session-testing'
import express, { type NextFunction, type Request, type Response } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressSession, requireFresh, sameOriginOnly } from '../src'
import { managerOf } from './served'
import { versions } from './versions'

const PROXY = { host: 'internal:3000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' }

/** Posts with these headers, and returns the status. */
async function post(app: express.Application, headers: Record<string, string>): Promise<number> {
  const { url, close } = await serveOnLoopback(createServer(app))
  onTestFinished(close)
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers }, (res) => resolve(res.resume().statusCode!))
      .on('error', reject)
      .end()
  })
}

describe.each(versions)('sameOriginOnly with %s', (_, version) => {
  const application = (trustProxy: unknown) => {
    const app = version().set('env', 'test').set('trust proxy', trustProxy)
    return app.use(sameOriginOnly()).post('/', (_req, res) => void res.end())
  }

  it.each([
    ['trusts', true, 'https://app.example', 200],
    ['trusts', true, 'https://app.example:8443', 403],
    ['trusts', true, 'http://internal:3000', 403],
    ['trusts no', false, 'https://app.example', 403],
    ['trusts no', false, 'http://internal:3000', 200],
  ])('an application that %s proxy (%s) answers Origin %s with %i', async (_title, trust, origin, status) => {
    expect(await post(application(trust), { ...PROXY, origin })).toBe(status)
  })

  it('compares the port of the forwarded host, and takes the first of several', async () => {
    const headers = { ...PROXY, origin: 'https://app.example:8443' }
    expect(await post(application(true), { ...headers, 'x-forwarded-host': 'app.example:8443, internal' })).toBe(200)
  })
})

describe('the guards', () => {
  it('pass what they refuse to next, for servers that catch nothing', () => {
    const errors: unknown[] = []
    const req = { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' }, socket: {} } as unknown as Request
    const next: NextFunction = (error) => errors.push(error)
    sameOriginOnly()(req, {} as Response, next)
    requireFresh(managerOf(), { within: 300 })(req, {} as Response, next)
    expect(errors).toMatchObject([{ code: 'ERR_SESSION_CROSS_ORIGIN' }, { code: 'ERR_SESSION_USAGE' }])
  })

  it('follow the option trustProxy outside an Express application', () => {
    const headers = { ...PROXY, origin: 'https://app.example' }
    const req = { method: 'POST', headers, socket: { remoteAddress: '10.0.0.1' } } as unknown as Request
    const passed = (options: Parameters<typeof sameOriginOnly>[0]) => {
      let given: unknown
      sameOriginOnly(options)(req, {} as Response, (error) => {
        given = error
      })
      return given === undefined
    }
    expect([passed({}), passed({ trustProxy: true }), passed({ trustProxy: () => false })]).toEqual([
      false,
      true,
      false,
    ])
  })

  it('refuse wrong options at start-up', () => {
    const code = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
    expect(() => requireFresh({} as SessionManager, { within: 300 })).toThrow(code)
    expect(() => requireFresh(managerOf(), {})).toThrow(code)
    expect(() => requireFresh(managerOf(), { within: -1 })).toThrow(code)
    expect(() => sameOriginOnly({ trusted: [] } as object)).toThrow(code)
  })

  it('refuse a route that has no session, and let no one pass', async () => {
    const sessions = managerOf()
    const app = express()
      .set('env', 'test')
      .use(expressSession(sessions, { skip: () => true }))
    app.post('/', requireFresh(sessions, { within: 300 }), (_req, res) => void res.end())
    expect(await post(app, {})).toBe(500)
  })
})

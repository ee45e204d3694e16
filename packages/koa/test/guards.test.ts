import { createServer, request } from 'node:http'
import { serveOnLoopback } from '@sojourn/session-testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { requireFresh, sameOriginOnly } from '../src'
import { managerOf, versions } from './served'

const PROXY = { host: 'internal:3000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' }

describe.each(versions)('sameOriginOnly with %s', (_, Application) => {
  it.each([
    ['trusts a', true, 'https://app.example', 200],
    ['trusts a', true, 'http://internal:3000', 403],
    ['trusts no', false, 'https://app.example', 403],
    ['trusts no', false, 'http://internal:3000', 200],
  ])('an application that %s proxy (%s) answers Origin %s with %i', async (_title, proxy, origin, status) => {
    const app = new Application()
    app.proxy = proxy
    app.on('error', () => {})
    app.use(sameOriginOnly()).use((ctx) => {
      ctx.body = 'passed'
    })
    const { url, close } = await serveOnLoopback(createServer(app.callback()))
    onTestFinished(close)
    const answered = new Promise((resolve, reject) => {
      const headers = { ...PROXY, origin }
      request(url, { method: 'POST', headers }, (res) => resolve(res.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(await answered).toBe(status)
  })
})

it('the guards refuse wrong options at start-up', () => {
  const code = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
  expect(() => requireFresh(managerOf(), {})).toThrow(code)
  expect(() => sameOriginOnly({ trustedOrigins: ['*'] })).toThrow(code)
})

import type { FreshnessOptions } from '@sojourn/session-core'
import type { CarrierGroup } from './group'
import { ORIGIN_CASES, OWN_HOST, TRUSTED_ORIGIN } from './origins'
import { COOKIE } from './response'
import type { Routes } from './test-server'

export function guardTests(group: CarrierGroup): void {
  freshnessTests(group)
  originTests(group)
}

const FRESH = { within: 300 }

/** A guard that does not wait for the routes below it would let the framework answer first. */
const later = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A route that needs a fresh login. */
const needing = (fresh: FreshnessOptions): Routes[string] => ({
  guards: { fresh },
  handler: async (c) => {
    await later()
    c.session.data.changed = true
    return c.send(200, 'changed')
  },
})

function freshnessTests({ expect, test }: CarrierGroup): void {
  test('a fresh login passes, an old one and none are refused with 401 before the handler runs', async (server) => {
    const visitor = await server.serve({ 'POST /change': needing(FRESH) })
    const statuses = [(await visitor.post('/change')).status]
    await visitor.post('/login')
    server.clock.advance(300)
    statuses.push((await visitor.post('/change')).status)
    server.clock.advance(1)
    statuses.push((await visitor.post('/change')).status)
    expect(statuses).toEqual([401, 200, 401])
    expect(server.errors.map(reasonOf)).toEqual(['anonymous', 'too-old'])
    expect(server.errorCodes).toEqual(['ERR_SESSION_NOT_FRESH', 'ERR_SESSION_NOT_FRESH'])
  })

  test('a renewal makes no login fresh, and is done beside the 401 as well', async (server) => {
    const sessions = server.manager({ timeouts: { idle: 0, rolling: 360, absolute: 0 } })
    const visitor = await server.serve({ 'POST /change': needing(FRESH) }, sessions)
    await visitor.post('/login')
    const before = visitor.jar.get(COOKIE)
    server.clock.advance(301)
    const refused = await visitor.post('/change')
    expect([refused.status, refused.header('cache-control')]).toEqual([401, 'no-store'])
    expect(visitor.jar.get(COOKIE) === before).toBe(false)
    expect((await visitor.post('/change')).status).toBe(401)
  })

  test('what remember-me began is refused until a login', async (server) => {
    const sessions = server.manager({ remember: true, timeouts: { idle: 60 } })
    const remembered: Routes[string] = async (c) => {
      await c.session.login('ann', { remember: true })
      return c.json({})
    }
    const visitor = await server.serve({ 'POST /change': needing(FRESH), 'POST /remembered': remembered }, sessions)
    await visitor.post('/remembered')
    server.clock.advance(61)
    expect((await visitor.post('/change')).status).toBe(401)
    expect(server.errors.map(reasonOf)).toEqual(['restored'])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    await visitor.post('/login')
    expect((await visitor.post('/change')).status).toBe(200)
  })

  test('a step-up passes, keeps the data and replaces the token', async (server) => {
    const visitor = await server.serve({
      'POST /change': needing({ within: 300, level: 2 }),
      'POST /step-up': async (c) => {
        await c.session.login('ann', { level: 2 })
        return c.json({ level: c.session.level })
      },
    })
    await visitor.post('/login')
    await visitor.post('/put?cart=tea')
    expect((await visitor.post('/change')).status).toBe(401)
    expect(server.errors.map(reasonOf)).toEqual(['level'])
    const before = visitor.jar.get(COOKIE)
    expect((await visitor.post('/step-up')).json()).toEqual({ level: 2 })
    expect(visitor.jar.get(COOKIE) === before).toBe(false)
    expect((await visitor.post('/change')).status).toBe(200)
    const data = { cart: 'tea', changed: true }
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data })
    await visitor.post('/logout')
    await visitor.post('/login')
    expect((await visitor.post('/change')).status).toBe(401)
  })

  test('requireFresh in a handler goes to the error path as well', async (server) => {
    const visitor = await server.serve({
      'POST /change': async (c) => {
        c.session.requireFresh(FRESH)
        return c.send(200, 'changed')
      },
    })
    expect((await visitor.post('/change')).status).toBe(401)
    await visitor.post('/login')
    expect((await visitor.post('/change')).status).toBe(200)
  })
}

function originTests({ expect, test }: CarrierGroup): void {
  const cases = ORIGIN_CASES.filter(({ method = 'POST' }) => method === 'POST' || method === 'GET' || method === 'HEAD')

  test(`sameOriginOnly decides about ${cases.length} requests as core does`, async (server) => {
    const route: Routes[string] = {
      guards: { sameOrigin: { trustedOrigins: [TRUSTED_ORIGIN] } },
      handler: async (c) => {
        await later()
        return c.send(200, 'passed')
      },
    }
    const visitor = await server.serve({ 'POST /guarded': route, 'GET /guarded': route })
    const decided: string[] = []
    for (const { title, method = 'POST', headers } of cases) {
      const { status } = await visitor.visit(method, '/guarded', { headers: { host: OWN_HOST, ...headers } })
      decided.push(`${method} ${title}: ${status}`)
    }
    expect(decided).toEqual(
      cases.map(({ title, method = 'POST', passes }) => `${method} ${title}: ${passes ? 200 : 403}`),
    )
    const refused = cases.filter(({ passes }) => !passes)
    expect(server.errorCodes).toEqual(refused.map(() => 'ERR_SESSION_CROSS_ORIGIN'))
  })

  test('a refused request of another site changes nothing, and its visitor stays logged in', async (server) => {
    const visitor = await server.serve({
      'POST /leave': {
        guards: { sameOrigin: {} },
        handler: async (c) => c.send(200, String(await c.session.logout())),
      },
    })
    await visitor.post('/login')
    const response = await visitor.post('/leave', { headers: { 'sec-fetch-site': 'same-site' } })
    expect([response.status, response.cookies()]).toEqual([403, []])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}

const reasonOf = (error: unknown) => (error as { reason?: unknown }).reason

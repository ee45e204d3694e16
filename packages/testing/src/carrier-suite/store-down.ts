import type { Exchange } from './carrier-app'
import type { CarrierGroup } from './group'
import { COOKIE } from './response'
import { RAW_RESPONSES, RESPONSES } from './ways-to-respond'

const ALWAYS = Number.POSITIVE_INFINITY

export function storeDownTests(group: CarrierGroup): void {
  for (const [verb, response] of Object.entries(RESPONSES)) commitTest(group, verb, response, ['ERR_STORE_UNAVAILABLE'])
  openTests(group)
  replacedTest(group)
  eagerTests(group)
  backgroundTests(group)
}

export function rawStoreDownTests(group: CarrierGroup): void {
  // After `raw()` a framework may have no error path. The client must get the error status all the same.
  for (const [verb, response] of Object.entries(RAW_RESPONSES)) commitTest(group, verb, response)
}

function commitTest(
  { expect, test }: CarrierGroup,
  verb: string,
  respond: (c: Exchange) => unknown,
  errorCodes?: string[],
): void {
  test(`a store failure at commit gives a complete 503 without a cookie: ${verb}`, async (server) => {
    const visitor = await server.serve({
      'GET /change': async (c) => {
        c.session.data.n = 1
        return respond(c)
      },
    })
    for (const operation of ['create', 'update'] as const) {
      server.store.next(operation, 'throw', ALWAYS)
      server.errors.length = 0
      const failed = await visitor.get('/change')
      expect([operation, failed.status, failed.lines('set-cookie')]).toEqual([operation, 503, []])
      expect([operation, failed.body.includes('the body')]).toEqual([operation, false])
      if (errorCodes) expect([operation, server.errorCodes]).toEqual([operation, errorCodes])
      server.store.heal()
      if (operation === 'create') await visitor.post('/login')
    }
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}

function replacedTest({ expect, test }: CarrierGroup): void {
  // Otherwise a cache would store the error under the caching headers of the original response.
  test('if the commit fails, the error response has no header of the response it replaces', async (server) => {
    const visitor = await server.serve({
      'GET /cached': async (c) => {
        c.session.data.n = 1
        c.setHeader('Cache-Control', 'public, max-age=60')
        c.setHeader('ETag', '"v1"')
        return c.redirect('/plain')
      },
    })
    server.store.next('create', 'throw', ALWAYS)
    const failed = await visitor.get('/cached')
    const left = ['cache-control', 'etag', 'location'].map((name) => failed.lines(name))
    expect([failed.status, left]).toEqual([503, [[], [], []]])
  })
}

function openTests({ expect, test }: CarrierGroup): void {
  for (const fault of ['throw', 'hang'] as const) {
    test(`a store failure at open gives a 503 and keeps the cookie: ${fault}`, async (server) => {
      const visitor = await server.serve()
      await visitor.post('/login')
      server.store.next('read', fault, ALWAYS)
      // Only this manager has a short time limit. The calls that must succeed use the default limit.
      await server.serve({}, server.manager({ storeTimeout: 0.05 }))
      const unlucky = server.visitor(visitor.jar)
      for (const path of ['/show', '/plain']) {
        const failed = await unlucky.get(path)
        expect([path, failed.status, failed.lines('set-cookie')]).toEqual([path, 503, []])
      }
      expect(server.errorCodes).toEqual(['ERR_STORE_UNAVAILABLE', 'ERR_STORE_UNAVAILABLE'])
      server.store.heal()
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    })
  }

  test('with onUnavailable `empty` a request continues without a session, and any change of it gives a 503', async (server) => {
    const visitor = await server.serve({}, server.manager({ onUnavailable: 'empty' }))
    await visitor.post('/login')
    server.store.next('read', 'throw', ALWAYS)
    const response = await visitor.get('/show')
    expect([response.json(), response.lines('set-cookie')]).toEqual([
      { outcome: 'unavailable', subject: null, data: {} },
      [],
    ])
    for (const path of ['/put?n=1', '/login']) {
      const failed = await visitor.post(path)
      expect([path, failed.status, failed.lines('set-cookie')]).toEqual([path, 503, []])
    }
    server.store.heal()
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}

function eagerTests({ expect, test }: CarrierGroup): void {
  test('a login whose write fails gives a 503 without a cookie', async (server) => {
    const visitor = await server.serve()
    server.store.next('create', 'throw', ALWAYS)
    const failed = await visitor.post('/login')
    expect([failed.status, failed.lines('set-cookie'), server.errorCodes]).toEqual([503, [], ['ERR_STORE_UNAVAILABLE']])
  })

  test('a handler can catch a login whose write fails and respond by itself', async (server) => {
    const visitor = await server.serve({
      'POST /careful': async (c) => {
        const code = await c.session.login('ann').then(
          () => 'logged in',
          (error) => error.code,
        )
        return c.json({ code })
      },
    })
    server.store.next('create', 'throw', ALWAYS)
    const response = await visitor.post('/careful')
    expect([response.status, response.json(), response.lines('set-cookie')]).toEqual([
      200,
      { code: 'ERR_STORE_UNAVAILABLE' },
      [],
    ])
  })

  test('a destroy whose write fails gives a 503 that names the session and clears the cookie', async (server) => {
    const sessions = server.manager()
    let id: string | undefined
    const visitor = await server.serve(
      {
        'POST /end': async (c) => {
          id = c.session.id
          await c.session.destroy()
          return c.json({})
        },
      },
      sessions,
    )
    await visitor.post('/login')
    server.store.next('delete', 'throw', ALWAYS)
    const failed = await visitor.post('/end')
    expect([failed.status, failed.cookies().length, visitor.jar.get(COOKIE)]).toEqual([503, 1, undefined])
    expect((server.errors[0] as { sessionId?: string }).sessionId).toBe(id)
  })

  test('a lost reply is not a failure: the write has happened once', async (server) => {
    const visitor = await server.serve()
    server.store.next('create', 'lose reply')
    expect((await visitor.post('/put?n=1')).status).toBe(200)
    server.store.next('update', 'lose reply')
    expect((await visitor.post('/put?n=2')).status).toBe(200)
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: '2' } })
  })
}

function backgroundTests({ expect, test }: CarrierGroup): void {
  test('a touch or a renewal that fails does not fail the request', async (server) => {
    const sessions = server.manager({ timeouts: { idle: 3600, rolling: 3600 } })
    const visitor = await server.serve({}, sessions)
    await visitor.post('/login')
    const before = visitor.jar.get(COOKIE)
    server.store.next('touch', 'throw', ALWAYS)
    server.store.next('update', 'throw', ALWAYS)
    for (const seconds of [120, 2700]) {
      server.clock.advance(seconds)
      const response = await visitor.get('/show')
      expect([seconds, response.status, response.lines('set-cookie')]).toEqual([seconds, 200, []])
    }
    server.store.heal()
    await visitor.get('/show')
    expect([sessions.counters().events.renewed, visitor.jar.get(COOKIE) === before]).toEqual([1, false])
  })

  test('a due renewal is not sent with an error response, but with the next successful one', async (server) => {
    const sessions = server.manager({ timeouts: { idle: 3600, rolling: 3600 } })
    const visitor = await server.serve({ 'GET /fail': async (c) => c.send(500, String(c.session.subject)) }, sessions)
    await visitor.post('/login')
    server.clock.advance(3000)
    expect((await visitor.get('/fail')).lines('set-cookie')).toEqual([])
    expect((await visitor.get('/plain')).cookies().length).toBe(1)
    expect(sessions.counters().events.renewed).toBe(1)
  })
}

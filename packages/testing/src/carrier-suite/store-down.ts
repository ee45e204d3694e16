import { ANSWERS, RAW_ANSWERS } from './answers'
import type { CarrierGroup } from './group'
import type { Exchange } from './harness'
import { COOKIE } from './visitor'

const ALWAYS = Number.POSITIVE_INFINITY

export function storeDownTests(group: CarrierGroup): void {
  for (const [verb, answer] of Object.entries(ANSWERS)) commitTest(group, verb, answer, ['ERR_STORE_UNAVAILABLE'])
  openTests(group)
  replacedTest(group)
  eagerTests(group)
  backgroundTests(group)
}

export function rawStoreDownTests(group: CarrierGroup): void {
  // A framework whose hands are off the response may have no error path for it; the client is told all the same.
  for (const [verb, answer] of Object.entries(RAW_ANSWERS)) commitTest(group, verb, answer)
}

function commitTest(
  { expect, test }: CarrierGroup,
  verb: string,
  answer: (c: Exchange) => unknown,
  errorCodes?: string[],
): void {
  test(`a store that fails at commit makes it a whole 503 without a cookie: ${verb}`, async (bench) => {
    const visitor = await bench.serve({
      'GET /change': async (c) => {
        c.session.data.n = 1
        return answer(c)
      },
    })
    for (const operation of ['create', 'update'] as const) {
      bench.store.next(operation, 'throw', ALWAYS)
      bench.errors.length = 0
      const failed = await visitor.get('/change')
      expect([operation, failed.status, failed.lines('set-cookie')]).toEqual([operation, 503, []])
      expect([operation, failed.body.includes('the body')]).toEqual([operation, false])
      if (errorCodes) expect([operation, bench.errorCodes]).toEqual([operation, errorCodes])
      bench.store.heal()
      if (operation === 'create') await visitor.post('/login')
    }
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}

function replacedTest({ expect, test }: CarrierGroup): void {
  // A cache that was told to keep the answer would keep the error.
  test('where a commit fails, the error’s response has none of the headers of the answer it replaces', async (bench) => {
    const visitor = await bench.serve({
      'GET /cached': async (c) => {
        c.session.data.n = 1
        c.setHeader('Cache-Control', 'public, max-age=60')
        c.setHeader('ETag', '"v1"')
        return c.redirect('/plain')
      },
    })
    bench.store.next('create', 'throw', ALWAYS)
    const failed = await visitor.get('/cached')
    const left = ['cache-control', 'etag', 'location'].map((name) => failed.lines(name))
    expect([failed.status, left]).toEqual([503, [[], [], []]])
  })
}

function openTests({ expect, test }: CarrierGroup): void {
  for (const fault of ['throw', 'hang'] as const) {
    test(`a store that fails at opening is a 503 that logs nobody out: ${fault}`, async (bench) => {
      const visitor = await bench.serve()
      await visitor.post('/login')
      bench.store.next('read', fault, ALWAYS)
      // Alone in being short of time: what is expected to work has as much of it as it needs.
      await bench.serve({}, bench.manager({ storeTimeout: 0.05 }))
      const unlucky = bench.visitor(visitor.jar)
      for (const path of ['/show', '/plain']) {
        const failed = await unlucky.get(path)
        expect([path, failed.status, failed.lines('set-cookie')]).toEqual([path, 503, []])
      }
      expect(bench.errorCodes).toEqual(['ERR_STORE_UNAVAILABLE', 'ERR_STORE_UNAVAILABLE'])
      bench.store.heal()
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    })
  }

  test('with onUnavailable `empty` a request goes on without a session, and any change of it is a 503', async (bench) => {
    const visitor = await bench.serve({}, bench.manager({ onUnavailable: 'empty' }))
    await visitor.post('/login')
    bench.store.next('read', 'throw', ALWAYS)
    const answer = await visitor.get('/show')
    expect([answer.json(), answer.lines('set-cookie')]).toEqual([
      { outcome: 'unavailable', subject: null, data: {} },
      [],
    ])
    for (const path of ['/put?n=1', '/login']) {
      const failed = await visitor.post(path)
      expect([path, failed.status, failed.lines('set-cookie')]).toEqual([path, 503, []])
    }
    bench.store.heal()
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })
}

function eagerTests({ expect, test }: CarrierGroup): void {
  test('a login that the store refuses is a 503 without a cookie', async (bench) => {
    const visitor = await bench.serve()
    bench.store.next('create', 'throw', ALWAYS)
    const failed = await visitor.post('/login')
    expect([failed.status, failed.lines('set-cookie'), bench.errorCodes]).toEqual([503, [], ['ERR_STORE_UNAVAILABLE']])
  })

  test('a handler may answer by itself for a login that the store refuses', async (bench) => {
    const visitor = await bench.serve({
      'POST /careful': async (c) => {
        const code = await c.session.login('ann').then(
          () => 'logged in',
          (error) => error.code,
        )
        return c.json({ code })
      },
    })
    bench.store.next('create', 'throw', ALWAYS)
    const answer = await visitor.post('/careful')
    expect([answer.status, answer.json(), answer.lines('set-cookie')]).toEqual([
      200,
      { code: 'ERR_STORE_UNAVAILABLE' },
      [],
    ])
  })

  test('a destroy that the store refuses is a 503 that names the session and clears the cookie', async (bench) => {
    const sessions = bench.manager()
    let id: string | undefined
    const visitor = await bench.serve(
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
    bench.store.next('delete', 'throw', ALWAYS)
    const failed = await visitor.post('/end')
    expect([failed.status, failed.cookies().length, visitor.jar.get(COOKIE)]).toEqual([503, 1, undefined])
    expect((bench.errors[0] as { sessionId?: string }).sessionId).toBe(id)
  })

  test('a reply that was lost is not a failure: the write has happened once', async (bench) => {
    const visitor = await bench.serve()
    bench.store.next('create', 'lose reply')
    expect((await visitor.post('/put?n=1')).status).toBe(200)
    bench.store.next('update', 'lose reply')
    expect((await visitor.post('/put?n=2')).status).toBe(200)
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { n: '2' } })
  })
}

function backgroundTests({ expect, test }: CarrierGroup): void {
  test('a touch or a renewal that the store refuses fails no request', async (bench) => {
    const sessions = bench.manager({ timeouts: { idle: 3600, rolling: 3600 } })
    const visitor = await bench.serve({}, sessions)
    await visitor.post('/login')
    const before = visitor.jar.get(COOKIE)
    bench.store.next('touch', 'throw', ALWAYS)
    bench.store.next('update', 'throw', ALWAYS)
    for (const seconds of [120, 2700]) {
      bench.clock.advance(seconds)
      const answer = await visitor.get('/show')
      expect([seconds, answer.status, answer.lines('set-cookie')]).toEqual([seconds, 200, []])
    }
    bench.store.heal()
    await visitor.get('/show')
    expect([sessions.counters().renewed, visitor.jar.get(COOKIE) === before]).toEqual([1, false])
  })

  test('a renewal that is due waits for a response that is not an error', async (bench) => {
    const sessions = bench.manager({ timeouts: { idle: 3600, rolling: 3600 } })
    const visitor = await bench.serve({ 'GET /fail': async (c) => c.send(500, String(c.session.subject)) }, sessions)
    await visitor.post('/login')
    bench.clock.advance(3000)
    expect((await visitor.get('/fail')).lines('set-cookie')).toEqual([])
    expect((await visitor.get('/plain')).cookies().length).toBe(1)
    expect(sessions.counters().renewed).toBe(1)
  })
}

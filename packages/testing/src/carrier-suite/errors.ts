import type { Exchange } from './carrier-app'
import type { CarrierGroup } from './group'
import { COOKIE } from './response'

export function errorTests(group: CarrierGroup): void {
  statusTests(group)
  eagerTests(group)
  unstorableTests(group)
  tooLargeTest(group)
}

/** An error whose status the framework sends. */
const failure = (status?: number): Error =>
  Object.assign(new Error('thrown by a handler'), status && { status, statusCode: status })

/** Ways to fail a request, the resulting status, and whether the handler's changes are kept. */
const ENDINGS: [what: string, status: number, kept: boolean, end: (c: Exchange) => unknown][] = [
  ['a response of 400', 400, true, (c) => c.send(400, 'no')],
  ['a response of 404', 404, true, (c) => c.send(404, 'no')],
  ['a response of 499', 499, true, (c) => c.send(499, 'no')],
  ['a response of 500', 500, false, (c) => c.send(500, 'no')],
  ['a response of 503', 503, false, (c) => c.send(503, 'no')],
  ['a thrown 401', 401, true, () => Promise.reject(failure(401))],
  ['a thrown 500', 500, false, () => Promise.reject(failure(500))],
  ['a thrown 503', 503, false, () => Promise.reject(failure(503))],
  ['an error without a status', 500, false, () => Promise.reject(failure())],
]

function statusTests({ expect, test }: CarrierGroup): void {
  for (const [what, status, kept, end] of ENDINGS) {
    test(`${what} ${kept ? 'keeps' : 'drops'} the handler’s changes`, async (server) => {
      const visitor = await server.serve({
        'POST /change': async (c) => {
          c.session.data.n = 1
          return end(c)
        },
      })
      const begun = await visitor.post('/change')
      expect([begun.status, begun.cookies().length]).toEqual([status, kept ? 1 : 0])
      await visitor.post('/login')
      await visitor.post('/put?n=0')
      const changed = await visitor.post('/change')
      expect([changed.status, changed.cookies().length]).toEqual([status, kept && !server.hasStore ? 1 : 0])
      const { data } = (await visitor.get('/show')).json() as { data: unknown }
      expect(data).toEqual({ n: kept ? 1 : '0' })
    })
  }

  test('an error response has no Vary: Cookie if the session was not used', async (server) => {
    const visitor = await server.serve({ 'GET /fail': () => Promise.reject(failure(500)) })
    const response = await visitor.get('/fail')
    expect([response.status, response.lines('vary'), response.lines('set-cookie')]).toEqual([500, [], []])
  })
}

function eagerTests({ expect, test }: CarrierGroup): void {
  for (const [what, status, , end] of ENDINGS) {
    test(`after a login, ${what} still carries the session cookie`, async (server) => {
      const visitor = await server.serve({
        'POST /login-and-fail': async (c) => {
          await c.session.login('ann')
          return end(c)
        },
      })
      const response = await visitor.post('/login-and-fail')
      expect([response.status, response.cookies().length]).toEqual([status, 1])
      expect([response.header('cache-control'), response.header('vary')]).toEqual(['no-store', 'Cookie'])
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    })
  }

  test('after a destroy, a thrown 500 still clears the cookie', async (server) => {
    const visitor = await server.serve({
      'POST /destroy-and-fail': async (c) => {
        await c.session.destroy()
        throw failure(500)
      },
    })
    await visitor.post('/login')
    const response = await visitor.post('/destroy-and-fail')
    expect([response.status, response.cookies().length, visitor.jar.get(COOKIE)]).toEqual([500, 1, undefined])
  })

  test('a thrown 500 keeps saved changes and drops later ones', async (server) => {
    const visitor = await server.serve({
      'POST /save-and-fail': async (c) => {
        c.session.data.first = 1
        await c.session.save()
        c.session.data.second = 2
        throw failure(500)
      },
    })
    const response = await visitor.post('/save-and-fail')
    expect([response.status, response.cookies().length]).toEqual([500, 1])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { first: 1 } })
  })
}

function unstorableTests({ expect, test }: CarrierGroup): void {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const values: [what: string, value: unknown, path: string][] = [
    ['a bigint', { big: 1n }, 'session.data.bad.big'],
    ['a function', [() => {}], 'session.data.bad[0]'],
    ['a Date', { at: { when: new Date(0) } }, 'session.data.bad.at.when'],
    ['a Map', new Map(), 'session.data.bad'],
    ['not a number', Number.NaN, 'session.data.bad'],
    ['a circle', circular, 'session.data.bad.self'],
  ]
  for (const verb of ['send', 'stream'] as const) {
    test(`a value that is not JSON gives an error that names it, and leaves the session unchanged: ${verb}`, async (server) => {
      let bad: unknown
      const visitor = await server.serve({
        'POST /bad': async (c) => {
          c.session.data.good = 'changed'
          c.session.data.bad = bad
          return verb === 'send' ? c.send(200, 'the body') : c.stream((async function* () {})())
        },
      })
      await visitor.post('/put?good=before')
      for (const [what, value, path] of values) {
        bad = value
        server.errors.length = 0
        const response = await visitor.post('/bad')
        expect([what, response.status, response.lines('set-cookie')]).toEqual([what, 500, []])
        expect([what, server.errorCodes, response.body.includes('the body')]).toEqual([
          what,
          ['ERR_SESSION_NOT_SERIALIZABLE'],
          false,
        ])
        expect([what, String(server.errors[0]).includes(`${path} is `)]).toEqual([what, true])
      }
      expect((await visitor.get('/show')).json()).toEqual({
        outcome: 'resumed',
        subject: null,
        data: { good: 'before' },
      })
    })
  }
}

/** The size limit applies to cookies only; a store accepts this session. */
function tooLargeTest({ expect, test }: CarrierGroup): void {
  test('a session too large for its cookie gives an error, and the stored session is unchanged', async (server) => {
    const visitor = await server.serve({
      'POST /big': async (c) => {
        c.session.data.big = 'x'.repeat(20_000)
        return c.send(200, 'the body')
      },
    })
    await visitor.post('/put?good=before')
    const response = await visitor.post('/big')
    if (server.hasStore) return void expect(response.status).toBe(200)
    expect([response.status, server.errorCodes, response.lines('set-cookie')]).toEqual([
      500,
      ['ERR_SESSION_TOO_LARGE'],
      [],
    ])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { good: 'before' } })
  })
}

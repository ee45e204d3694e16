import type { CarrierGroup } from './group'
import type { Exchange } from './harness'
import { COOKIE } from './visitor'

export function errorTests(group: CarrierGroup): void {
  statusTests(group)
  eagerTests(group)
  unstorableTests(group)
  tooLargeTest(group)
}

/** An error that frameworks answer with its status. */
const failure = (status?: number): Error =>
  Object.assign(new Error('thrown by a handler'), status && { status, statusCode: status })

/** Ways to end a request badly, the status that comes of it, and whether what the handler changed is kept. */
const ENDINGS: [what: string, status: number, kept: boolean, end: (c: Exchange) => unknown][] = [
  ['an answer of 400', 400, true, (c) => c.send(400, 'no')],
  ['an answer of 404', 404, true, (c) => c.send(404, 'no')],
  ['an answer of 499', 499, true, (c) => c.send(499, 'no')],
  ['an answer of 500', 500, false, (c) => c.send(500, 'no')],
  ['an answer of 503', 503, false, (c) => c.send(503, 'no')],
  ['a thrown 401', 401, true, () => Promise.reject(failure(401))],
  ['a thrown 500', 500, false, () => Promise.reject(failure(500))],
  ['a thrown 503', 503, false, () => Promise.reject(failure(503))],
  ['an error without a status', 500, false, () => Promise.reject(failure())],
]

function statusTests({ expect, test }: CarrierGroup): void {
  for (const [what, status, kept, end] of ENDINGS) {
    test(`${what} ${kept ? 'keeps' : 'drops'} what the handler changed`, async (bench) => {
      const visitor = await bench.serve({
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
      expect([changed.status, changed.cookies().length]).toEqual([status, kept && !bench.hasStore ? 1 : 0])
      const { data } = (await visitor.get('/show')).json() as { data: unknown }
      expect(data).toEqual({ n: kept ? 1 : '0' })
    })
  }

  test('an error response does not depend on a session that nobody asked for', async (bench) => {
    const visitor = await bench.serve({ 'GET /fail': () => Promise.reject(failure(500)) })
    const answer = await visitor.get('/fail')
    expect([answer.status, answer.lines('vary'), answer.lines('set-cookie')]).toEqual([500, [], []])
  })
}

function eagerTests({ expect, test }: CarrierGroup): void {
  for (const [what, status, , end] of ENDINGS) {
    test(`after a login, ${what} still carries the cookie`, async (bench) => {
      const visitor = await bench.serve({
        'POST /login-and-fail': async (c) => {
          await c.session.login('ann')
          return end(c)
        },
      })
      const answer = await visitor.post('/login-and-fail')
      expect([answer.status, answer.cookies().length]).toEqual([status, 1])
      expect([answer.header('cache-control'), answer.header('vary')]).toEqual(['no-store', 'Cookie'])
      expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
    })
  }

  test('after destroy, a thrown 500 still clears the cookie', async (bench) => {
    const visitor = await bench.serve({
      'POST /destroy-and-fail': async (c) => {
        await c.session.destroy()
        throw failure(500)
      },
    })
    await visitor.post('/login')
    const answer = await visitor.post('/destroy-and-fail')
    expect([answer.status, answer.cookies().length, visitor.jar.get(COOKIE)]).toEqual([500, 1, undefined])
  })

  test('what was saved stays, what was changed after it goes with a thrown 500', async (bench) => {
    const visitor = await bench.serve({
      'POST /save-and-fail': async (c) => {
        c.session.data.first = 1
        await c.session.save()
        c.session.data.second = 2
        throw failure(500)
      },
    })
    const answer = await visitor.post('/save-and-fail')
    expect([answer.status, answer.cookies().length]).toEqual([500, 1])
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
    test(`what JSON cannot hold is an error that names it, and leaves the session as it was: ${verb}`, async (bench) => {
      let bad: unknown
      const visitor = await bench.serve({
        'POST /bad': async (c) => {
          c.session.data.good = 'changed'
          c.session.data.bad = bad
          return verb === 'send' ? c.send(200, 'the body') : c.stream((async function* () {})())
        },
      })
      await visitor.post('/put?good=before')
      for (const [what, value, path] of values) {
        bad = value
        bench.errors.length = 0
        const answer = await visitor.post('/bad')
        expect([what, answer.status, answer.lines('set-cookie')]).toEqual([what, 500, []])
        expect([what, bench.errorCodes, answer.body.includes('the body')]).toEqual([
          what,
          ['ERR_SESSION_NOT_SERIALIZABLE'],
          false,
        ])
        expect([what, String(bench.errors[0]).includes(`${path} is `)]).toEqual([what, true])
      }
      expect((await visitor.get('/show')).json()).toEqual({
        outcome: 'resumed',
        subject: null,
        data: { good: 'before' },
      })
    })
  }
}

/** What is limited is what a cookie holds; in a store it would be welcome. */
function tooLargeTest({ expect, test }: CarrierGroup): void {
  test('what is too much for the store is an error, and leaves the session as it was', async (bench) => {
    const visitor = await bench.serve({
      'POST /big': async (c) => {
        c.session.data.big = 'x'.repeat(20_000)
        return c.send(200, 'the body')
      },
    })
    await visitor.post('/put?good=before')
    const answer = await visitor.post('/big')
    if (bench.hasStore) return void expect(answer.status).toBe(200)
    expect([answer.status, bench.errorCodes, answer.lines('set-cookie')]).toEqual([500, ['ERR_SESSION_TOO_LARGE'], []])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: { good: 'before' } })
  })
}

import { deferred } from '../deferred'
import type { CarrierHandler } from './carrier-app'
import type { CarrierGroup } from './group'
import { COOKIE } from './response'

/** A handler that waits until `count` requests have reached it. */
function together(count: number, handler: CarrierHandler): CarrierHandler {
  const all = deferred()
  let arrived = 0
  return async (c) => {
    if (++arrived === count) all.resolve()
    await all.promise
    return handler(c)
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

export function parallelTests(group: CarrierGroup): void {
  writeTests(group)
  renewalTest(group)
  slowRequestTests(group)
}

function writeTests({ expect, test }: CarrierGroup): void {
  test('parallel requests that change different keys keep each other’s changes', async (server) => {
    const visitor = await server.serve({
      'POST /part': together(12, async (c) => {
        c.session.data[c.url.split('?')[1]!] = true
        return c.json({})
      }),
    })
    await visitor.post('/login')
    const answers = await Promise.all(numbers(12).map((n) => server.another(visitor).post(`/part?key${n}`)))
    expect(answers.map(({ status }) => status)).toEqual(numbers(12).map(() => 200))
    // The order of the keys is not defined.
    const { data } = (await server.another(visitor).get('/show')).json() as { data: object }
    expect(Object.keys(data).sort()).toEqual(
      numbers(12)
        .map((n) => `key${n}`)
        .sort(),
    )
  })

  test('parallel updates of one key lose no increment', async (server) => {
    const visitor = await server.serve({
      'POST /count': together(12, async (c) => c.json(await c.session.update('n', (n) => Number(n ?? 0) + 1))),
    })
    await visitor.post('/login')
    const answers = await Promise.all(numbers(12).map(() => server.another(visitor).post('/count')))
    const counts = answers.map((response) => Number(response.json()))
    expect(counts.sort((a, b) => a - b)).toEqual(numbers(12).map((n) => n + 1))
  })
}

function renewalTest({ expect, test }: CarrierGroup): void {
  test('50 parallel requests at the time of renewal get the same new token', async (server) => {
    const sessions = server.manager({ timeouts: { idle: 3600, rolling: 3600 } })
    const visitor = await server.serve(
      { 'GET /together': together(50, async (c) => c.json(c.session.subject)) },
      sessions,
    )
    await visitor.post('/login')
    const before = visitor.jar.get(COOKIE)
    server.clock.advance(3000)
    const crowd = numbers(50).map(() => server.another(visitor))
    const answers = await Promise.all(crowd.map((one) => one.get('/together')))
    expect(answers.map((response) => [response.status, response.json(), response.cookies().length])).toEqual(
      numbers(50).map(() => [200, 'ann', 1]),
    )
    const tokens = new Set(crowd.map(({ jar }) => jar.get(COOKIE)))
    expect([tokens.size, tokens.has(before), sessions.counters().events.renewed]).toEqual([1, false, 1])
    // Within the grace period, a request with the earlier token gets the new one as well.
    await visitor.get('/plain')
    expect(tokens.has(visitor.jar.get(COOKIE))).toBe(true)
  })
}

function slowRequestTests({ expect, test }: CarrierGroup): void {
  for (const change of ['login', 'logout', 'destroy']) {
    test(`a slow request cannot write after a ${change} in another request, and gets an error`, async (server) => {
      const [arrived, go] = [deferred(), deferred()]
      const visitor = await server.serve({
        'POST /slow': async (c) => {
          arrived.resolve()
          await go.promise
          c.session.data.slow = true
          return c.send(200, 'the body')
        },
      })
      await visitor.post('/put?cart=tea')
      const slow = server.another(visitor)
      const sent = slow.post('/slow')
      await arrived.promise
      await visitor.post(`/${change}`)
      go.resolve()
      const response = await sent
      expect([response.status, response.cookies().length, response.body.includes('the body')]).toEqual([409, 0, false])
      expect(server.errorCodes).toEqual(['ERR_SESSION_ENDED'])
      const { data } = (await visitor.get('/show')).json() as { data: unknown }
      expect(data).toEqual(change === 'login' ? { cart: 'tea' } : {})
    })
  }
}

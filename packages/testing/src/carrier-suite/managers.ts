import type { SessionEvent } from '@sojourn/session-core'
import type { CarrierGroup } from './group'
import type { CarrierHandler } from './harness'
import { COOKIE } from './visitor'

export function managerTests(group: CarrierGroup): void {
  mountTests(group)
  insecureTests(group)
}

function mountTests({ expect, test }: CarrierGroup): void {
  test('a manager that is mounted twice is refused, before any handler', async (bench) => {
    const sessions = bench.manager()
    let handled = false
    const handler: CarrierHandler = async (c) => {
      handled = true
      return c.send(200, 'the body')
    }
    const visitor = await bench.serve({ 'GET /': handler }, sessions, sessions)
    const answer = await visitor.get('/')
    expect([answer.status, handled, bench.errorCodes]).toEqual([500, false, ['ERR_SESSION_ALREADY_OPEN']])
    expect(answer.lines('set-cookie')).toEqual([])
  })

  test('two managers under different names live side by side', async (bench) => {
    const users = bench.manager()
    const admins = bench.manager({ cookie: { name: '__Host-admin' } })
    const visitor = await bench.serve(
      {
        'POST /both': async (c) => {
          await c.of(users).login('ann')
          await c.of(admins).login('root')
          return c.json({})
        },
        'POST /change': async (c) => {
          c.of(users).data.n = 1
          c.of(admins).data.n = 2
          return c.json({})
        },
        'POST /leave': async (c) => {
          await c.of(admins).destroy()
          return c.json({})
        },
        'GET /who': async (c) => c.json([users, admins].map((one) => [c.of(one).subject ?? null, c.of(one).data])),
      },
      users,
      admins,
    )
    const both = await visitor.post('/both')
    expect([both.cookies().length, both.cookies('__Host-admin').length]).toEqual([1, 1])
    expect(both.header('cache-control')).toBe('no-store')
    await visitor.post('/change')
    const who = await visitor.get('/who')
    expect([who.json(), who.header('vary')]).toEqual([
      [
        ['ann', { n: 1 }],
        ['root', { n: 2 }],
      ],
      'Cookie',
    ])
    await visitor.post('/leave')
    expect(visitor.jar.names).toEqual([COOKIE])
    expect((await visitor.get('/who')).json()).toEqual([
      ['ann', { n: 1 }],
      [null, {}],
    ])
  })
}

function insecureTests({ expect, test }: CarrierGroup): void {
  for (const [host, warnings] of [
    ['127.0.0.1:8080', 0],
    ['localhost', 0],
    ['app.example', 1],
  ] as const) {
    test(`over plain http the cookie is sent all the same, with ${warnings} warnings on ${host}`, async (bench) => {
      const events: SessionEvent[] = []
      const visitor = await bench.serve({}, bench.manager({ onEvent: (event) => events.push(event) }))
      for (const path of ['/login', '/login']) {
        const answer = await visitor.post(path, { headers: { host } })
        expect(answer.cookies().length).toBe(1)
      }
      expect(events.filter(({ type }) => type === 'cookie-not-kept').length).toBe(warnings)
    })
  }
}

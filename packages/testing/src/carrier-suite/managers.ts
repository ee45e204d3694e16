import type { SessionEvent } from '@sojourn/session-core'
import type { CarrierHandler } from './carrier-app'
import type { CarrierGroup } from './group'
import { COOKIE } from './response'

export function managerTests(group: CarrierGroup): void {
  mountTests(group)
  insecureTests(group)
}

function mountTests({ expect, test }: CarrierGroup): void {
  test('a manager mounted twice is an error before any handler runs', async (server) => {
    const sessions = server.manager()
    let handled = false
    const handler: CarrierHandler = async (c) => {
      handled = true
      return c.send(200, 'the body')
    }
    const visitor = await server.serve({ 'GET /': handler }, sessions, sessions)
    const response = await visitor.get('/')
    expect([response.status, handled, server.errorCodes]).toEqual([500, false, ['ERR_SESSION_ALREADY_OPEN']])
    expect(response.lines('set-cookie')).toEqual([])
  })

  test('two managers with different names work side by side', async (server) => {
    const users = server.manager()
    const admins = server.manager({ cookie: { name: '__Host-admin' } })
    const visitor = await server.serve(
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
    test(`the cookie is sent over plain http too, with ${warnings} warnings on ${host}`, async (server) => {
      const events: SessionEvent[] = []
      const visitor = await server.serve({}, server.manager({ onEvent: (event) => events.push(event) }))
      for (const path of ['/login', '/login']) {
        const response = await visitor.post(path, { headers: { host } })
        expect(response.cookies().length).toBe(1)
      }
      expect(events.filter(({ type }) => type === 'cookie-not-kept').length).toBe(warnings)
    })
  }
}

import { parseSetCookie } from '../fakes/cookie-jar'
import type { CarrierGroup } from './group'
import { COOKIE } from './response'

export function lifecycleTests(group: CarrierGroup): void {
  dataTests(group)
  loginTests(group)
  endTests(group)
}

function dataTests({ expect, test }: CarrierGroup): void {
  test('data written by one request is read by the next', async (server) => {
    const data = { text: 'æ 漢 😀 "quoted"; x=y', list: [1, { deep: [null, true] }], empty: {}, zero: 0 }
    const visitor = await server.serve({
      'POST /keep': async (c) => {
        Object.assign(c.session.data, data)
        return c.json({})
      },
      'POST /mutate': async (c) => {
        ;(c.session.data.list as unknown[]).push('tea')
        delete c.session.data.zero
        return c.json({})
      },
    })
    await visitor.post('/keep')
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data })
    await visitor.post('/mutate')
    const { zero, ...rest } = data
    const changed = { ...rest, list: [...data.list, 'tea'] }
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: null, data: changed })
  })

  test('the framework’s property holds the handle of the manager', async (server) => {
    const sessions = server.manager()
    const visitor = await server.serve({ 'GET /': async (c) => c.json(c.of(sessions) === c.session) }, sessions)
    expect((await visitor.get('/')).json()).toBe(true)
  })

  test('a handler receives method, URL, headers and body unchanged', async (server) => {
    const visitor = await server.serve({
      'POST /echo': async (c) => {
        c.session.data.text = await c.body()
        return c.json([c.method, c.url, c.header('x-asked'), c.session.data.text])
      },
    })
    const headers = { 'content-type': 'text/plain', 'x-asked': 'for this' }
    const response = await visitor.post('/echo?a=1&b', { body: 'some text', headers })
    expect(response.json()).toEqual(['POST', '/echo?a=1&b', 'for this', 'some text'])
    expect((await visitor.get('/show')).json()).toEqual({
      outcome: 'resumed',
      subject: null,
      data: { text: 'some text' },
    })
  })
}

function loginTests({ expect, test }: CarrierGroup): void {
  test('a login sets one cookie with exactly the configured attributes', async (server) => {
    const visitor = await server.serve()
    const response = await visitor.post('/login')
    expect(response.cookies().map(withoutValue)).toEqual([`${COOKIE}=…; Path=/; HttpOnly; Secure; SameSite=Strict`])
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: {} })
  })

  test('a login replaces the token and keeps the data', async (server) => {
    const visitor = await server.serve()
    await visitor.post('/put?cart=tea')
    const before = visitor.jar.get(COOKIE)
    await visitor.post('/login')
    expect(visitor.jar.get(COOKIE) === before).toBe(false)
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'ann', data: { cart: 'tea' } })
  })

  test('several logins in one request set one cookie, that of the last login', async (server) => {
    const visitor = await server.serve({
      'POST /logins': async (c) => {
        await c.session.login('ann')
        await c.session.destroy()
        await c.session.login('bob')
        return c.json({})
      },
    })
    const response = await visitor.post('/logins')
    expect(response.cookies().length).toBe(1)
    expect((await visitor.get('/show')).json()).toEqual({ outcome: 'resumed', subject: 'bob', data: {} })
  })

  test('a persistent cookie has a Max-Age and the configured attributes', async (server) => {
    const cookie = { name: 'sid', path: '/app', domain: 'app.example', sameSite: 'lax', persistent: true } as const
    const sessions = server.manager({ cookie, timeouts: { idle: 600, rolling: 2400, absolute: 3600 } })
    const visitor = await server.serve({}, sessions)
    const { name, attributes } = parseSetCookie((await visitor.post('/login')).cookies('sid')[0]!)
    expect([name, Object.fromEntries(attributes)]).toEqual([
      'sid',
      {
        'max-age': attributes.get('max-age'),
        domain: 'app.example',
        path: '/app',
        httponly: '',
        secure: '',
        samesite: 'Lax',
      },
    ])
    expect(Number(attributes.get('max-age')) > 0).toBe(true)
  })
}

function endTests({ expect, test }: CarrierGroup): void {
  for (const end of ['logout', 'destroy']) {
    test(`${end} clears the cookie with the attributes it was set with, with and without a session`, async (server) => {
      const visitor = await server.serve()
      for (const cookie of ['no session', `${COOKIE}=garbage`, 'a session']) {
        if (cookie === 'a session') await visitor.post('/login')
        const response = await visitor.post(`/${end}`, cookie.includes('=') ? { cookie } : {})
        expect([cookie, response.cookies().map(clearing)]).toEqual([
          cookie,
          [{ value: '', path: '/', httponly: '', secure: '', samesite: 'Strict', 'max-age': '0' }],
        ])
        expect(visitor.jar.header).toBe(undefined)
      }
    })
  }

  test('a cookie with configured attributes is cleared with the same attributes', async (server) => {
    const cookie = { name: 'sid', path: '/app', domain: 'app.example', sameSite: 'lax', secure: false } as const
    const visitor = await server.serve({}, server.manager({ cookie }))
    const [set] = (await visitor.post('/login')).cookies('sid')
    const [cleared] = (await visitor.post('/logout')).cookies('sid')
    const { value, ...attributes } = clearing(set!)
    expect(clearing(cleared!)).toEqual({ ...attributes, value: '', 'max-age': '0' })
  })
}

/** Only a store knows that a token was replaced or its session ended. */
export function deadTokenTests({ expect, test }: CarrierGroup): void {
  for (const end of ['login', 'logout', 'destroy']) {
    test(`after ${end} the earlier cookie is rejected`, async (server) => {
      const visitor = await server.serve()
      await visitor.post('/put?cart=tea')
      const thief = server.visitor(visitor.jar.copy())
      await visitor.post(`/${end}`)
      const { subject, data } = (await thief.get('/show')).json() as { subject: unknown; data: unknown }
      expect([subject, data]).toEqual([null, {}])
    })
  }
}

const withoutValue = (line: string): string => line.replace(/=[^;]*/, '=…')

/** Value and attributes of a Set-Cookie line, without Expires, which repeats Max-Age. */
function clearing(line: string): Record<string, string> {
  const { value, attributes } = parseSetCookie(line)
  const { expires, ...rest } = Object.fromEntries(attributes)
  return { value, ...rest }
}

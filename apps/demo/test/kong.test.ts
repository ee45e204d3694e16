import { CookieJar, fakeClock } from '@sojourn/session-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDemo, type Demo } from '../src/demo'
import { readSettings, SettingError } from '../src/settings'
import { startedDemo } from './started'
import { Visitor } from './visitor'

const basic = (name: string, password: string) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` })

/** The two configurations of Kong's documentation, unchanged. */
const examples = [
  ['$4m04$', '{"cookie_name":"$4m04$","secret":"change-this-secret","storage":"kong"}', true],
  ['04tm34l', '{"cookie_name":"04tm34l","secret":"change-this-secret","storage":"kong","cookie_secure":false}', false],
] as const

const unreachable = { PORT: '0', REDIS_URL: 'redis://127.0.0.1:1', POSTGRES_URL: 'postgres://127.0.0.1:1/none' }
const readsBody = { read_body_for_logout: true, storage: 'cookie' }

describe.each(examples)('demo with ADMIN_GUI_SESSION_CONF, cookie %s', (cookieName, conf, secure) => {
  let demo: Demo
  let urls: string[]

  beforeAll(async () => {
    // Without POSTGRES_URL the database is PGlite.
    ;({ demo } = await startedDemo({ POSTGRES_URL: '', ADMIN_GUI_SESSION_CONF: conf }, { clock: Date.now }))
    await demo.storagesReady
    urls = demo.endpoints.map(({ port }) => `http://localhost:${port}/auth`)
  })
  afterAll(() => demo.close())

  async function call(jar: CookieJar, url: string, init: RequestInit = {}) {
    const headers = new Headers(init.headers)
    if (jar.header) headers.set('cookie', jar.header)
    const response = await fetch(url, { ...init, headers })
    const setCookies = response.headers.getSetCookie()
    jar.take(setCookies)
    return { status: response.status, headers: response.headers, setCookies, json: await response.json() }
  }

  it('/auth › logs in by GET with credentials, returns the subject to the cookie, and logs out by DELETE', async () => {
    const jar = new CookieJar()
    const login = await call(jar, urls[0]!, { headers: { ...basic('admin', 'sojourn'), 'kong-admin-user': 'admin' } })
    expect([login.status, login.json]).toEqual([200, { subject: 'admin' }])
    expect(login.setCookies).toHaveLength(1)
    expect(login.setCookies[0]).toMatch(secure ? /; Secure; SameSite=Strict$/ : /; HttpOnly; SameSite=Strict$/)
    expect(jar.names).toEqual([cookieName])
    for (const url of urls) expect((await call(jar, url)).json).toEqual({ subject: 'admin' })

    const copy = jar.copy()
    const logout = await call(jar, `${urls[1]}?session_logout=true`, { method: 'DELETE' })
    expect([logout.status, logout.setCookies.length, jar.names.length]).toEqual([200, 1, 0])
    expect((await call(copy, urls[2]!)).json).toMatchObject({ error: 'ERR_NO_SESSION', outcome: 'unknown' })
  })

  it('/auth › logs in by POST as by GET', async () => {
    const jar = new CookieJar()
    const { status, json } = await call(jar, urls[1]!, { method: 'POST', headers: basic('admin', 'sojourn') })
    expect([status, json, jar.names]).toEqual([200, { subject: 'admin' }, [cookieName]])
  })

  it('/auth › logs out by POST with the argument in a form if read_body_for_logout is true, as Kong 3.2 does', async () => {
    const form = () => new URLSearchParams({ session_logout: 'true' })
    const jar = new CookieJar()
    await call(jar, urls[0]!, { headers: basic('admin', 'sojourn') })
    // Without the key the body is not read, so this is a login without credentials.
    expect((await call(jar, urls[1]!, { method: 'POST', body: form() })).json).toEqual({ subject: 'admin' })

    const env = { ...unreachable, KONG_ADMIN_GUI_SESSION_CONF: JSON.stringify({ ...JSON.parse(conf), ...readsBody }) }
    const reading = await createDemo({ settings: readSettings(env) })
    const own = reading.endpoints.map(({ port }) => `http://localhost:${port}/auth`)
    const multipart = new FormData()
    multipart.set('session_logout', '')
    for (const [i, body] of [form(), multipart, JSON.stringify({ session_logout: true })].entries()) {
      const user = new CookieJar()
      await call(user, own[i]!, { headers: basic('admin', 'sojourn') })
      const headers: HeadersInit = typeof body === 'string' ? { 'content-type': 'application/json' } : {}
      const logout = await call(user, own[i]!, { method: 'POST', body, headers })
      expect([logout.status, logout.json, user.names]).toEqual([200, { message: 'Logged out.' }, []])
    }
    for (const [type, body] of [
      ['application/json', '{'],
      ['multipart/form-data', 'nonsense'],
      ['text/plain', 'session_logout'],
      ['application/x-www-form-urlencoded', 'x'.repeat(2_000_000)],
    ] as const) {
      const { status } = await call(new CookieJar(), own[0]!, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      })
      expect([401, 413]).toContain(status)
    }
    await reading.close()
  })

  it('/auth › answers a logout without a session with 200 and clears the cookie', async () => {
    const { status, setCookies } = await call(new CookieJar(), `${urls[0]}?session_logout=true`, { method: 'DELETE' })
    expect([status, setCookies.length]).toEqual([200, 1])
  })

  it('/auth › refuses wrong credentials, another Kong-Admin-User, a missing session, and a DELETE without session_logout', async () => {
    const right = basic('admin', 'sojourn')
    for (const headers of [
      basic('admin', 'x'),
      { authorization: 'Bearer x' },
      { ...right, 'kong-admin-user': 'eve' },
      {},
    ]) {
      const { status, setCookies, headers: sent } = await call(new CookieJar(), urls[0]!, { headers })
      expect([status, setCookies, sent.get('www-authenticate')]).toEqual([401, [], null])
    }
    expect((await call(new CookieJar(), urls[0]!, { method: 'DELETE' })).status).toBe(404)
  })

  it('/memory/auth › works as without it', async () => {
    const jar = new CookieJar()
    const { status } = await call(jar, urls[0]!.replace('/auth', '/memory/auth'), {
      headers: basic('admin', 'sojourn'),
    })
    expect([status, jar.names]).toEqual([200, ['__Host-sojourn-memory', '__Host-sojourn-memory-at']])
  })
})

describe('ADMIN_GUI_SESSION_CONF', () => {
  it('is refused at start-up if it has an error, and the message names the key', () => {
    for (const [conf, named] of [
      ['{"secret":"x","storge":"kong"}', 'storge'],
      ['{"secret":"x","cookie_same_site":"off"}', 'cookie_same_site'],
      ['{"storage":"kong"}', 'secret'],
      ['not json', 'JSON'],
    ]) {
      expect(() => readSettings({ ADMIN_GUI_SESSION_CONF: conf })).toThrow(SettingError)
      expect(() => readSettings({ ADMIN_GUI_SESSION_CONF: conf })).toThrow(named)
    }
  })

  it('can be spelled KONG_ADMIN_GUI_SESSION_CONF, as Kong reads it, but not in both ways at once', () => {
    const conf = '{"secret":"change-this-secret"}'
    for (const name of ['ADMIN_GUI_SESSION_CONF', 'KONG_ADMIN_GUI_SESSION_CONF'])
      expect(readSettings({ [name]: conf }).kongConf).toBe(conf)
    expect(readSettings({ ADMIN_GUI_SESSION_CONF: conf, KONG_ADMIN_GUI_SESSION_CONF: conf }).kongConf).toBe(conf)
    const both = { ADMIN_GUI_SESSION_CONF: conf, KONG_ADMIN_GUI_SESSION_CONF: '{"secret":"another"}' }
    expect(() => readSettings(both)).toThrow(/^KONG_ADMIN_GUI_SESSION_CONF .*ADMIN_GUI_SESSION_CONF/)
    expect(() => readSettings({ KONG_ADMIN_GUI_SESSION_CONF: '{' })).toThrow(/^KONG_ADMIN_GUI_SESSION_CONF: /)
  })

  it('makes /auth tell the time left after the response: 900 at 840 s of 900, and all of rolling at 2701 s', async () => {
    const clock = fakeClock()
    const conf = JSON.stringify({
      secret: 'change-this-secret',
      response_headers: ['idling-timeout', 'rolling-timeout'],
    })
    const env = { ...unreachable, ADMIN_GUI_SESSION_CONF: conf, COOKIE_SECURE: 'false' }
    const demo = await createDemo({ settings: readSettings(env), clock })
    const visitor = new Visitor(`http://localhost:${demo.endpoints[0]!.port}`)
    const left = async () => {
      const { headers } = await visitor.send('GET', '/auth')
      return ['session-idling-timeout', 'session-rolling-timeout'].map((name) => headers.get(name))
    }
    await visitor.send('GET', '/auth', undefined, basic('admin', 'sojourn'))
    clock.advance(840)
    expect(await left()).toEqual(['900', '2760'])
    clock.advance(840)
    expect(await left()).toEqual(['900', '1920'])
    clock.advance(840)
    expect(await left()).toEqual(['900', '1080'])
    clock.advance(181)
    expect(await left()).toEqual(['900', '3600'])
    await demo.close()
  })

  it('answers a cross-origin request with credentials from ADMIN_GUI_URL only', async () => {
    const conf = JSON.stringify({ secret: 'change-this-secret', cookie_same_site: 'None' })
    const gui = 'https://manager.example.org'
    const env = { ...unreachable, ADMIN_GUI_SESSION_CONF: conf, ADMIN_GUI_URL: gui }
    const demo = await createDemo({ settings: readSettings(env) })
    const url = `http://localhost:${demo.endpoints[2]!.port}/auth`
    const ask = (origin: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), origin } })
    const preflight = await ask(gui, { method: 'OPTIONS', headers: { 'access-control-request-method': 'DELETE' } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE')
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization, content-type, kong-admin-user')
    for (const [origin, allowed] of [
      [gui, gui],
      ['https://evil.example', null],
    ] as const) {
      const { headers } = await ask(origin, { headers: basic('admin', 'sojourn') })
      expect(headers.get('access-control-allow-origin')).toBe(allowed)
      expect(headers.get('access-control-allow-credentials')).toBe(allowed && 'true')
      expect(headers.get('vary')).toMatch(/Origin/)
      expect(headers.getSetCookie()[0]).toMatch(/; Secure; SameSite=None$/)
    }
    await demo.close()
    for (const wrong of ['*', 'manager.example.org', 'https://a.example/path'])
      expect(() => readSettings({ ...env, ADMIN_GUI_URL: wrong })).toThrow(/^ADMIN_GUI_URL must be/)
  })

  it('makes /auth send the Session-* headers of response_headers', async () => {
    const conf = JSON.stringify({ secret: 'change-this-secret', response_headers: ['subject', 'timeout'] })
    const env = { PORT: '0', REDIS_URL: 'redis://127.0.0.1:1', POSTGRES_URL: 'postgres://127.0.0.1:1/none' }
    const demo = await createDemo({ settings: readSettings({ ...env, ADMIN_GUI_SESSION_CONF: conf }) })
    const response = await fetch(`http://localhost:${demo.endpoints[0]!.port}/auth`, {
      headers: basic('admin', 'sojourn'),
    })
    expect(response.headers.get('session-subject')).toBe('admin')
    expect(Number(response.headers.get('session-timeout'))).toBeGreaterThan(800)
    await demo.close()
  })
})

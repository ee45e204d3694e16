import { CookieJar } from '@sojourn/session-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDemo, type Demo } from '../src/demo'
import { readSettings, SettingError } from '../src/settings'

const basic = (name: string, password: string) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` })

/** The two configurations of Kong's documentation, unchanged. */
const examples = [
  ['$4m04$', '{"cookie_name":"$4m04$","secret":"change-this-secret","storage":"kong"}', true],
  ['04tm34l', '{"cookie_name":"04tm34l","secret":"change-this-secret","storage":"kong","cookie_secure":false}', false],
] as const

describe.each(examples)('demo with ADMIN_GUI_SESSION_CONF, cookie %s', (cookieName, conf, secure) => {
  let demo: Demo
  let urls: string[]

  beforeAll(async () => {
    // Without POSTGRES_URL the database is PGlite. Redis is not needed here.
    const env = { PORT: '0', REDIS_URL: 'redis://127.0.0.1:1', ADMIN_GUI_SESSION_CONF: conf }
    demo = await createDemo({ settings: readSettings(env) })
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
    expect([status, jar.names]).toEqual([200, ['__Host-sojourn-memory']])
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

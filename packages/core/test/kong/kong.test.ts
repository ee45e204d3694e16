import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { logoutTriggers } from '@sojourn/session-core/gateway'
import { type KongSessionConf, kongSession } from '@sojourn/session-core/kong'
import { fakeClock, parseSetCookie } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser } from '../helpers/browser'

const SECRET = 'a secret for tests, long enough for anyone'
const store = memoryStore()

const optionsOf = (conf: KongSessionConf, overrides?: Partial<SessionOptions>) =>
  kongSession({ secret: SECRET, ...conf }, overrides).options

/** The Set-Cookie lines of a login under a configuration, by name. */
async function loginCookies(options: SessionManagerOptions) {
  const { carrier } = await new Browser(createSessionManager<AnyData>(options)).visit((session) => session.login('ada'))
  return carrier.setCookies.map(parseSetCookie)
}

describe('kongSession', () => {
  it('has the defaults of the Session plugin', () => {
    expect(kongSession({ secret: SECRET })).toEqual({
      options: {
        secret: SECRET,
        audience: 'default',
        cookie: {
          name: 'session',
          path: '/',
          sameSite: 'strict',
          httpOnly: true,
          secure: true,
          marker: false,
          chunks: 9,
        },
        timeouts: { idle: 900, rolling: 3600, absolute: 86_400, staleTtl: 10, graceFrom: 'renewal' },
        remember: false,
      },
      logout: { methods: ['POST', 'DELETE'], queryArg: 'session_logout', postArg: 'session_logout', readBody: false },
      headers: { request: [], response: [] },
      warnings: [],
    })
    expect(optionsOf({ remember: true }).remember).toEqual({
      everyLogin: true,
      name: 'remember',
      rolling: 604_800,
      absolute: 2_592_000,
    })
  })

  it('passes the value of every key on', () => {
    const conf: KongSessionConf = {
      ...{ audience: 'admin', idling_timeout: 1, rolling_timeout: 20, absolute_timeout: 300, stale_ttl: 4 },
      ...{ cookie_name: 's', cookie_path: '/p', cookie_domain: 'example.org', cookie_same_site: 'Lax' },
      ...{ cookie_http_only: false, cookie_secure: false, storage: 'kong', remember: true },
      ...{ remember_cookie_name: 'r', remember_rolling_timeout: 5, remember_absolute_timeout: 6 },
      ...{ request_headers: ['id', 'timeout'], response_headers: ['subject'], logout_methods: ['GET'] },
      ...{ logout_query_arg: 'q', logout_post_arg: 'p', read_body_for_logout: true, store_metadata: true },
      ...{ hash_subject: true, secret: SECRET },
    }
    for (const written of [conf, JSON.stringify(conf)]) {
      expect(kongSession(written, { store })).toEqual({
        options: {
          secret: SECRET,
          store,
          audience: 'admin',
          cookie: {
            ...{ name: 's', path: '/p', domain: 'example.org', sameSite: 'lax' },
            ...{ httpOnly: false, secure: false, marker: false },
          },
          timeouts: { idle: 1, rolling: 20, absolute: 300, staleTtl: 4, graceFrom: 'renewal' },
          remember: { everyLogin: true, name: 'r', rolling: 5, absolute: 6 },
        },
        logout: { methods: ['GET'], queryArg: 'q', postArg: 'p', readBody: true },
        headers: { request: ['id', 'timeout'], response: ['subject'] },
        warnings: [expect.anything(), expect.anything(), expect.anything()], // the logout keys
      })
    }
  })

  it('accepts the examples of Kong’s documentation, with a warning for their short secret', async () => {
    const examples = [
      '{"cookie_name":"$4m04$","secret":"change-this-secret","storage":"kong"}',
      '{"cookie_name":"04tm34l","secret":"change-this-secret","storage":"kong","cookie_secure":false}',
    ]
    for (const [i, text] of examples.entries()) {
      const { options, warnings } = kongSession(text, { store: memoryStore() })
      expect(warnings).toEqual([expect.stringMatching(/^admin_gui_session_conf\.secret has 18 bytes/)])
      const [cookie] = await loginCookies(options)
      expect(cookie!.name).toBe(i === 0 ? '$4m04$' : '04tm34l')
      expect([...cookie!.attributes]).toEqual([
        ['path', '/'],
        ['httponly', ''],
        ...(i === 0 ? [['secure', '']] : []),
        ['samesite', 'Strict'],
      ])
    }
  })

  it('derives the same key from a short secret in every process, and leaves a long one as it is', async () => {
    const [one, again, other] = ['short', 'short', 'shorT'].map((secret) => optionsOf({ secret }))
    const user = new Browser(createSessionManager<AnyData>(one!))
    await user.visit((session) => session.login('ada'))
    expect(await new Browser(createSessionManager(again!), user.jar).outcome()).toBe('resumed')
    expect(await new Browser(createSessionManager(other!), user.jar).outcome()).toBe('rejected')
    expect(optionsOf({ secret: SECRET }).secret).toBe(SECRET)
    // Bytes count, and not characters.
    for (const [secret, short] of [
      ['a secret that has 31 characters', true],
      ['a secret of thirty-two letters!!', false],
      ['ключ от старого ', true],
      ['ключ от старого замка', false],
    ] as const) {
      const { options, warnings } = kongSession({ secret })
      expect([options.secret === secret, warnings.length]).toEqual([!short, short ? 1 : 0])
    }
    expect(() => createSessionManager({ secret: 'short' })).toThrow('at least 32')
  })

  it('rotates to a new secret with the former one beside it, however short that is', async () => {
    const former = optionsOf({ secret: 'change-this-secret' })
    const { options } = kongSession({ secret: SECRET }, { secret: [SECRET, former.secret].flat() })
    const user = new Browser(createSessionManager<AnyData>(former))
    await user.visit((session) => session.login('ada'))
    const during = new Browser(createSessionManager<AnyData>(options), user.jar)
    expect((await during.visit((session) => session.touch())).session.outcome).toBe('resumed')
    expect(await new Browser(createSessionManager(optionsOf({ secret: SECRET })), user.jar).outcome()).toBe('resumed')
  })

  it('refuses a configuration without a secret', () => {
    for (const conf of ['{}', '{"secret":null}', '{"secret":""}'])
      expect(() => kongSession(conf)).toThrow(expect.objectContaining({ option: 'admin_gui_session_conf.secret' }))
    expect(kongSession('{}', { secret: SECRET }).options.secret).toBe(SECRET)
  })

  it('uses the store or the revocations, as the configuration says', () => {
    const atHand = { store, revocations: memoryRevocations() }
    expect(optionsOf({ storage: 'kong' }, atHand)).toMatchObject({ store })
    expect(optionsOf({ storage: 'kong' }, atHand)).not.toHaveProperty('revocations')
    for (const conf of [{ storage: 'cookie' }, { storage: null }, {}] as const) {
      expect(optionsOf(conf, atHand)).toMatchObject({ revocations: atHand.revocations })
      expect(optionsOf(conf, atHand)).not.toHaveProperty('store')
    }
    expect(() => optionsOf({ storage: 'kong' })).toThrow('admin_gui_session_conf.storage: is "kong", so pass a store')
  })

  it('lets our options override it, cookie and timeouts one by one', () => {
    const options = optionsOf(
      { cookie_path: '/admin', idling_timeout: 60, audience: 'admin' },
      { cookie: { chunks: 2 }, timeouts: { renewAfter: 0.5 }, audience: 'mine', remember: undefined, bind: ['ip'] },
    )
    expect(options.cookie).toMatchObject({ path: '/admin', chunks: 2, name: 'session' })
    expect(options.timeouts).toMatchObject({ idle: 60, renewAfter: 0.5, rolling: 3600 })
    expect(options).toMatchObject({ audience: 'mine', remember: false, bind: ['ip'] })
    const unset = optionsOf(
      { cookie_path: '/p' },
      { secret: undefined, cookie: { path: undefined }, timeouts: { idle: undefined } },
    )
    expect(unset).toMatchObject({ secret: SECRET, cookie: { path: '/p' }, timeouts: { idle: 900 } })
  })

  it('recognises the logout requests of Kong Manager', () => {
    const isLogout = logoutTriggers(kongSession({ secret: SECRET }).logout)
    expect(isLogout({ method: 'DELETE', url: '/auth?session_logout=true' })).toBe(true)
    expect(isLogout({ method: 'GET', url: '/auth?session_logout=true' })).toBe(false)
    expect(isLogout({ method: 'DELETE', url: '/auth?a=session_logout&session_logouts=1' })).toBe(false)
    for (const url of ['/auth?a=1&session%5Flogout', 'https://kong.example/auth?session_logout#there'])
      expect(isLogout({ method: 'POST', url })).toBe(true)
    expect(isLogout({ method: 'POST', url: '/' }, { session_logout: '' })).toBe(false)
    const reading = logoutTriggers(kongSession({ secret: SECRET, read_body_for_logout: true }).logout)
    const form = new FormData()
    form.set('session_logout', '')
    for (const body of [{ session_logout: '' }, form, new URLSearchParams('session_logout')])
      expect(reading({ method: 'POST', url: '/' }, body)).toBe(true)
    for (const body of [{}, new FormData(), new URLSearchParams('a=session_logout'), 'session_logout', null, undefined])
      expect(reading({ method: 'POST', url: '/' }, body)).toBe(false)
  })

  it('has the defaults of logoutTriggers if it has no logout key', () => {
    const [theirs, ours] = [logoutTriggers(kongSession({ secret: SECRET }).logout), logoutTriggers()]
    for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'post']) {
      for (const url of ['/?session_logout', '/']) {
        const request = { method, url }
        expect(ours(request, { session_logout: 1 })).toBe(theirs(request, { session_logout: 1 }))
      }
    }
    for (const wrong of [
      { method: ['GET'] },
      { methods: 'GET' },
      { methods: ['PUT'] },
      { queryArg: 1 },
      { readBody: 1 },
    ])
      expect(() => logoutTriggers(wrong as object)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('splits a session over up to nine cookies, as lua-resty-session does', async () => {
    const user = new Browser(createSessionManager<AnyData>({ ...optionsOf({}), clock: fakeClock() }))
    await user.visit((session) => {
      session.data.big = 'x'.repeat(27_000)
    })
    expect(user.jar.names).toHaveLength(9)
    expect((await user.visit()).session.data.big).toHaveLength(27_000)
  })
})

describe('cookie attributes of a Kong configuration', () => {
  it('read cookie_same_site in any case, and send no attribute for Default', async () => {
    for (const written of ['Strict', 'strict', 'Lax', 'LAX', 'None', 'default'])
      expect(optionsOf({ cookie_same_site: written as 'Lax' }).cookie?.sameSite).toBe(written.toLowerCase())
    const [cookie] = await loginCookies(optionsOf({ cookie_same_site: 'Default' }))
    expect(cookie!.attributes.has('samesite')).toBe(false)
  })

  it('make a SameSite=None cookie Secure, with a warning if cookie_secure is false', async () => {
    const { options, warnings } = kongSession({ secret: SECRET, cookie_same_site: 'None', cookie_secure: false })
    expect(warnings).toEqual([expect.stringContaining('cookie_secure is false, but the cookie is Secure')])
    const [cookie] = await loginCookies(options)
    expect([cookie!.attributes.get('samesite'), cookie!.attributes.has('secure')]).toEqual(['None', true])
  })

  it('have no domain where Kong sends none', () => {
    for (const cookie_domain of ['localhost', null, undefined])
      expect(optionsOf({ cookie_domain }).cookie).not.toHaveProperty('domain')
  })
})

describe('a warning of kongSession', () => {
  const warningsOf = (conf: KongSessionConf, overrides?: Partial<SessionOptions>) =>
    kongSession({ secret: SECRET, ...conf }, overrides).warnings

  it('is given for each former name, which is read as the current one', () => {
    const former: KongSessionConf = {
      ...{ cookie_lifetime: 60, cookie_idletime: 7, cookie_discard: 3, cookie_httponly: false },
      ...{ cookie_samesite: 'off', cookie_persistent: false, cookie_renew: 600 },
    }
    const { options, warnings } = kongSession({ secret: SECRET, ...former })
    expect(options).toMatchObject({
      timeouts: { rolling: 60, idle: 7, staleTtl: 3 },
      cookie: { httpOnly: false, sameSite: 'lax' },
      remember: false,
    })
    expect(warnings).toHaveLength(7)
    for (const [i, name] of Object.keys(former).entries()) expect(warnings[i]).toContain(`_conf.${name} `)
    expect(warnings[4]).toBe(
      'admin_gui_session_conf.cookie_samesite is the former name of cookie_same_site and was read as that, with off as Lax.',
    )
    expect(warnings[6]).toContain('three quarters of rolling_timeout')
  })

  it('is not given for null, which means the default, except that cookie_idletime null means 0', () => {
    expect(optionsOf({ cookie_idletime: null }).timeouts?.idle).toBe(0)
    expect(optionsOf({ idling_timeout: null }).timeouts?.idle).toBe(900)
    expect(optionsOf({ cookie_lifetime: null, rolling_timeout: 60 }).timeouts?.rolling).toBe(60)
    const nulls = { cookie_lifetime: null, cookie_samesite: null, cookie_renew: null, remember: null }
    expect(kongSession({ secret: SECRET, ...nulls })).toEqual(kongSession({ secret: SECRET }))
  })

  it('is given for a logout key that Kong Manager does not use', () => {
    const [post, remove] = [['POST'], ['DELETE', 'POST']] as ('POST' | 'DELETE')[][]
    const bye = { read_body_for_logout: true, logout_query_arg: 'bye', logout_post_arg: 'bye' }
    expect(warningsOf({ ...bye, logout_methods: post! })).toEqual(
      ['logout_methods', 'logout_query_arg', 'logout_post_arg'].map((key) =>
        expect.stringMatching(new RegExp(`_conf\\.${key} .*DELETE /auth\\?session_logout=true`)),
      ),
    )
    expect(warningsOf({ logout_methods: remove!, logout_query_arg: 'session_logout' })).toEqual([])
    expect(warningsOf({ logout_post_arg: 'session_logout' })).toEqual([expect.stringContaining('read_body_for_logout')])
  })

  it('is given for a value that has no effect here', () => {
    expect(warningsOf({ store_metadata: true })).toEqual([
      expect.stringContaining('cannot list the sessions of a subject'),
    ])
    expect(warningsOf({ store_metadata: false, hash_subject: false })).toEqual([])
    const kong = { storage: 'kong' } as const
    expect(warningsOf({ ...kong, store_metadata: true, hash_subject: true }, { store })).toEqual([])
    expect(warningsOf({ ...kong, store_metadata: false }, { store })).toEqual([
      expect.stringContaining('always indexes sessions'),
    ])
    expect(warningsOf({ ...kong, hash_subject: false }, { store })).toEqual([expect.stringContaining('hashed')])
  })
})

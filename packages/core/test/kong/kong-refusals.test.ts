import { memoryStore, type SessionOptions } from '@sojourn/session-core'
import { type KongSessionConf, kongSession } from '@sojourn/session-core/kong'
import { describe, expect, it } from 'vitest'

const SECRET = 'a secret for tests, long enough for anyone'
const storage = memoryStore()

describe('kongSession refuses', () => {
  const refusal = (conf: unknown, overrides?: Partial<SessionOptions>): { option: string; message: string } => {
    try {
      kongSession(conf as KongSessionConf, overrides)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_SESSION_CONFIG' })
      return error as { option: string; message: string }
    }
    throw new Error(`accepted: ${JSON.stringify(conf)}`)
  }

  it('an unknown key by name, and suggests the nearest spelling', () => {
    for (const [key, meant] of [
      ['cookie_samesite_', 'cookie_samesite'],
      ['rolling_timeuot', 'rolling_timeout'],
      ['cookie_Name', 'cookie_name'],
      ['idle_timeout', 'idling_timeout'],
    ]) {
      const { option, message } = refusal({ secret: SECRET, [key!]: 1 })
      expect(option).toBe(`admin_gui_session_conf.${key}`)
      expect(message).toContain(`did you mean admin_gui_session_conf.${meant}?`)
    }
    expect(refusal('{"secret":"s","__proto__":{}}').option).toBe('admin_gui_session_conf')
  })

  it('a value of a wrong type, by the name that was written', () => {
    const wrong: [string, unknown][] = [
      ['secret', 7],
      ['storage', 'redis'],
      ['storage', 'Kong'],
      ['audience', 1],
      ['idling_timeout', '900'],
      ['rolling_timeout', -1],
      ['absolute_timeout', Number.NaN],
      ['cookie_secure', 'false'],
      ['cookie_same_site', 'off'],
      ['cookie_same_site', 'Strct'],
      ['cookie_name', 'two words'],
      ['cookie_path', 'no-slash'],
      ['cookie_domain', 'a b'],
      ['remember', 1],
      ['request_headers', 'id'],
      ['response_headers', ['id', 'ids']],
      ['logout_methods', ['PATCH']],
      ['read_body_for_logout', 0],
      ['cookie_lifetime', 'long'],
      ['cookie_samesite', 'none of these'],
    ]
    for (const [key, value] of wrong) {
      expect(refusal({ secret: SECRET, [key]: value }).option, key).toBe(`admin_gui_session_conf.${key}`)
    }
    expect(refusal({ secret: SECRET, cookie_same_site: 'Strct' }).message).toContain('Strict, Lax, None, Default')
    expect(kongSession({ secret: SECRET, request_headers: ['idling_timeout' as 'id'] }).headers.request).toEqual([
      'idling-timeout',
    ])
  })

  it('a cookie that browsers reject, by Kong’s key unless an override is the cause', () => {
    const conf = { secret: SECRET, cookie_name: '__Host-s' }
    expect(refusal({ ...conf, cookie_domain: 'example.org' }).option).toBe('admin_gui_session_conf.cookie_domain')
    expect(refusal({ ...conf, cookie_secure: false }).option).toBe('admin_gui_session_conf.cookie_secure')
    expect(refusal({ ...conf, cookie_name: '__Http-s', cookie_http_only: false }).option).toBe(
      'admin_gui_session_conf.cookie_http_only',
    )
    expect(refusal({ ...conf, cookie_path: '/p' }).message).toMatch(
      /^admin_gui_session_conf\.cookie_path: must be "\/"/,
    )
    expect(refusal({ ...conf, cookie_path: '/' }, { cookie: { path: '/p' } }).option).toBe('cookie.path')
    expect(refusal(conf, { cookie: { path: '/p' } }).option).toBe('cookie.path')
    const same = { secret: SECRET, remember: true, remember_cookie_name: 'session' }
    expect(refusal(same).option).toBe('admin_gui_session_conf.remember_cookie_name')
    const plain = { secret: SECRET, cookie_secure: false }
    expect(refusal(plain, { remember: true }).option).toBe('remember.name')
    expect(refusal({ ...plain, remember: true, remember_cookie_name: '__Host-r' }).option).toBe(
      'admin_gui_session_conf.remember_cookie_name',
    )
    expect(refusal(conf, { storge: storage } as object).option).toBe('storge')
    for (const overrides of [null, 5, 'cookie', []]) expect(refusal(conf, overrides as object).option).toBe('overrides')
    for (const name of ['storage', 'revocations', 'cookie', 'timeouts']) {
      for (const value of [null, 5, 'x', []]) expect(refusal(conf, { [name]: value } as object).option).toBe(name)
    }
  })

  it('a secret that is a placeholder, and says what to do', () => {
    for (const secret of [
      '{vault://aws/kong-manager/session-secret}',
      '{vault://env/session-secret}',
      '<SET_SECRET>',
    ]) {
      const { option, message } = refusal({ secret, storage: 'cookie' })
      expect(option).toBe('admin_gui_session_conf.secret')
      expect(message).toContain(secret.startsWith('{') ? 'resolve the vault reference' : 'openssl rand')
    }
    expect(kongSession({ secret: 'a {vault://x} in the middle of a secret' }).warnings).toEqual([])
  })

  it('an empty text, as Kong does', () => {
    const keys = ['secret', 'audience', 'cookie_name', 'cookie_path', 'cookie_domain', 'remember_cookie_name'] as const
    for (const key of [...keys, 'logout_query_arg', 'logout_post_arg'] as const) {
      const { option, message } = refusal({ secret: SECRET, [key]: '' })
      expect([option, message]).toEqual([`admin_gui_session_conf.${key}`, expect.stringContaining('empty')])
    }
  })

  it('cookie_same_site off, with a hint to what works on different domains', () => {
    const { option, message } = refusal({ secret: SECRET, cookie_same_site: 'off' })
    expect(option).toBe('admin_gui_session_conf.cookie_same_site')
    expect(message).toContain('None (with https)')
    expect(message).toContain('cookie_domain')
    expect(message).not.toContain('Kong 3.2 made Lax')
  })

  it('a key and its former name together', () => {
    const { option, message } = refusal({ secret: SECRET, cookie_lifetime: 1, rolling_timeout: 1 })
    expect(option).toBe('admin_gui_session_conf.cookie_lifetime')
    expect(message).toContain('rolling_timeout')
    // Of all former names, this one means something by null.
    expect(refusal({ secret: SECRET, cookie_idletime: null, idling_timeout: 1 }).option).toBe(
      'admin_gui_session_conf.cookie_idletime',
    )
  })

  it('anything but a JSON object, and never quotes a secret', () => {
    const texts = [
      '',
      'null',
      '[]',
      '7',
      '"text"',
      '{"secret":"hunter2",}',
      '{"secret":"hunter2"',
      "{'secret':'hunter2'}",
      'hunter2',
    ]
    for (const conf of [...texts, null, [], undefined, 7]) {
      const { option, message } = refusal(conf)
      expect(option).toBe('admin_gui_session_conf')
      expect(message).not.toContain('hunter2')
    }
    expect(refusal({ secret: 'hunter2', storage: 'kong' }).message).not.toContain('hunter2')
    expect(kongSession({ secret: 'hunter2' }).warnings.join()).not.toContain('hunter2')
  })
})

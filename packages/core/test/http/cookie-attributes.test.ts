import {
  type CookieOptions,
  createSessionManager,
  memoryStore,
  type SessionManagerOptions,
  type SessionOptions,
} from '@sojourn/session-core'
import { fakeCarrier, fakeClock, parseSetCookie } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { SECRET } from '../helpers/browser'
import { visit, withDefaults } from '../helpers/raw-request'
import { refusal } from '../helpers/refusal'

describe('a cookie that browsers reject', () => {
  const plain = { name: 'session' }
  const refused: [CookieOptions, string][] = [
    ...['', 'a b', 'a=b', 'a;b', 'a,b', 'a\r\nb', 'a\tb', '"a"', 'müsli', 'a\0', 'a(b)', 'a/b', 'a@b', '[a]'].map(
      (name): [CookieOptions, string] => [{ name }, 'name'],
    ),
    ...[
      '',
      'x',
      './',
      '/;',
      '/a; Domain=evil.example',
      '/a\r\nSet-Cookie: x=y',
      '/\n',
      '/\0',
      '/\x7f',
      '/ü',
      '/чай',
      '/\u2028',
    ].map((path): [CookieOptions, string] => [{ ...plain, path }, 'path']),
    [{ ...plain, path: `/${'a'.repeat(1024)}` }, 'path'],
    [{ name: 'a'.repeat(257) }, 'name'],
    [{ domain: '' }, 'domain'],
    ...[
      '',
      'a b',
      'a;b',
      'a\r\nb',
      'a\nb',
      'münchen.example',
      '-a.example',
      'a..example',
      'a.example.',
      'http://a.example',
      'a.example/x',
      'a.example:80',
      '*',
      '[',
    ].map((domain): [CookieOptions, string] => [{ ...plain, domain }, 'domain']),
    [{ ...plain, domain: Array.from({ length: 300 }, () => 'abc').join('.') }, 'domain'],
    [{ domain: 'a.example' }, 'domain'],
    [{ name: '__Host-x', domain: 'a.example' }, 'domain'],
    [{ name: '__HOST-x', domain: 'a.example' }, 'domain'],
    [{ name: '__Host-Http-x', domain: 'a.example' }, 'domain'],
    [{ path: '/app' }, 'path'],
    [{ name: '__hOsT-x', path: '/app' }, 'path'],
    [{ name: '__Host-Http-x', path: '/app' }, 'path'],
    [{ secure: false }, 'secure'],
    [{ name: '__Host-x', secure: false }, 'secure'],
    [{ name: '__Secure-x', secure: false }, 'secure'],
    [{ name: '__secure-x', secure: false }, 'secure'],
    [{ name: '__Http-x', secure: false }, 'secure'],
    [{ name: '__Http-x', httpOnly: false }, 'httpOnly'],
    [{ name: '__Host-Http-x', httpOnly: false }, 'httpOnly'],
    [{ name: '__host-http-x', httpOnly: false }, 'httpOnly'],
    [{ ...plain, sameSite: 'none', secure: false }, 'sameSite'],
    [{ ...plain, partitioned: true, secure: false }, 'partitioned'],
    [{ chunks: 0 }, 'chunks'],
    [{ chunks: 10 }, 'chunks'],
    [{ chunks: 1.5 }, 'chunks'],
  ]
  it.each(refused)('is refused at start-up: %j (cookie.%s)', (cookie, option) => {
    const error = refusal({ secret: SECRET, cookie })
    expect(error.option).toBe(`cookie.${option}`)
    expect(error.message).toMatch(new RegExp(`^cookie\\.${option}: `))
    expect(error.message).not.toMatch(/[\r\n\0]/)
  })

  const good: CookieOptions[] = [
    {},
    plain,
    { name: "!#$%&'*+-.^_`|~09azAZ" },
    { name: '__Secure-x', domain: 'a.example', path: '/app' },
    { name: '__Host-Http-x' },
    { name: '__Http-x', path: '/app', domain: 'a.example' },
    { name: '__Hostess', secure: false, path: '/x' },
    { ...plain, secure: false, sameSite: 'default', httpOnly: false },
    { ...plain, domain: '.a.example' },
    { ...plain, domain: 'localhost' },
    { ...plain, path: '/a b/%20,"\\' },
    { ...plain, path: `/${'a'.repeat(1023)}` },
    { sameSite: 'none', partitioned: true },
    { chunks: 9 },
    { priority: 'high', persistent: true },
  ]
  it.each(good)('is not made by %j', (cookie) => {
    expect(() => createSessionManager({ secret: SECRET, cookie })).not.toThrow()
  })
})

describe('the Set-Cookie line', () => {
  async function linesFor(cookie: CookieOptions, options: Partial<SessionOptions> = {}) {
    const sessions = createSessionManager(withDefaults(fakeClock(), { store: memoryStore(), cookie, ...options }))
    const set = await visit(sessions, undefined, (session) => session.login('alice'))
    const cleared = await visit(sessions, set.cookie, (session) => session.destroy())
    expect([set.lines.length, cleared.lines.length]).toEqual([1, 1])
    return { set: set.lines[0]!.replace(/=[^;]+/, '=VALUE'), cleared: cleared.lines[0]! }
  }

  it.each<[CookieOptions, string]>([
    [{}, '__Host-session=VALUE; Path=/; HttpOnly; Secure; SameSite=Strict'],
    [{ sameSite: 'lax' }, '__Host-session=VALUE; Path=/; HttpOnly; Secure; SameSite=Lax'],
    [{ sameSite: 'none' }, '__Host-session=VALUE; Path=/; HttpOnly; Secure; SameSite=None'],
    [{ sameSite: 'default' }, '__Host-session=VALUE; Path=/; HttpOnly; Secure'],
    [{ httpOnly: false }, '__Host-session=VALUE; Path=/; Secure; SameSite=Strict'],
    [{ partitioned: true }, '__Host-session=VALUE; Path=/; HttpOnly; Secure; Partitioned; SameSite=Strict'],
    [{ priority: 'high' }, '__Host-session=VALUE; Path=/; HttpOnly; Secure; Priority=High; SameSite=Strict'],
    [{ name: 'sid', secure: false }, 'sid=VALUE; Path=/; HttpOnly; SameSite=Strict'],
    [
      { name: '__Secure-sid', domain: 'a.example', path: '/app' },
      '__Secure-sid=VALUE; Domain=a.example; Path=/app; HttpOnly; Secure; SameSite=Strict',
    ],
    [{ persistent: true }, '__Host-session=VALUE; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Strict'],
  ])('has the attributes of %j', async (cookie, line) => {
    expect((await linesFor(cookie)).set).toBe(line)
  })

  it.each(['; Domain=evil.example', ' ', '\r\nSet-Cookie: x=y', '\0', 'ü'])(
    'is not written with a value in which a codec has put %j',
    async (text) => {
      const codec = { seal: async (payload: string) => `${payload.length}${text}`, unseal: async () => '' }
      const sessions = createSessionManager(withDefaults(fakeClock(), { codec }))
      const carrier = fakeCarrier()
      const session = await sessions.open(carrier)
      session.data.cart = ['tea']
      await expect(sessions.commit(session)).rejects.toThrow('argument val is invalid')
      expect(carrier.setCookies).toEqual([])
    },
  )

  it('that clears the cookie', async () => {
    expect((await linesFor({})).cleared).toBe(
      '__Host-session=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
    )
  })

  it.each<CookieOptions>([
    {},
    { sameSite: 'none', partitioned: true, priority: 'low' },
    { sameSite: 'default', httpOnly: false },
    { name: 'sid', secure: false },
    { name: '__Secure-sid', domain: 'a.example', path: '/app', persistent: true },
  ])('that clears the cookie has the same attributes as the one that sets it: %j', async (cookie) => {
    const { set, cleared } = await linesFor(cookie)
    const attributes = (line: string) => {
      const all = new Map(parseSetCookie(line).attributes)
      for (const name of ['max-age', 'expires']) all.delete(name)
      return all
    }
    expect(attributes(cleared)).toEqual(attributes(set))
    expect(parseSetCookie(cleared).name).toBe(parseSetCookie(set).name)
    expect(parseSetCookie(cleared).value).toBe('')
  })

  const DAY = 86_400
  it.each<[string, SessionManagerOptions['timeouts'], string]>([
    ['is gone at the end of rolling', {}, '3600'],
    ['is gone at the end of absolute, where that is nearer', { absolute: 1800 }, '1800'],
    ['outlives idle, which every request moves', { idle: 60, rolling: 7200 }, '7200'],
    ['is whole seconds', { rolling: 100.9, absolute: 200, idle: 20 }, '100'],
    ['is at most 400 days', { rolling: 500 * DAY, absolute: 600 * DAY }, `${400 * DAY}`],
    ['is 400 days where every clock is off', { idle: 0, rolling: 0, absolute: 0 }, `${400 * DAY}`],
    ['is that of absolute where rolling is off', { rolling: 0 }, `${DAY}`],
  ])('of a persistent cookie %s', async (_, timeouts, maxAge) => {
    const { set } = await linesFor({ persistent: true }, { timeouts })
    expect(parseSetCookie(set).attributes.get('max-age')).toBe(maxAge)
  })

  it('of a renewed persistent cookie ends with the absolute timeout', async () => {
    const clock = fakeClock()
    const timeouts = { idle: 0, rolling: 3600, absolute: 4000 }
    const sessions = createSessionManager(withDefaults(clock, { cookie: { persistent: true }, timeouts }))
    const first = await visit(sessions, undefined, (session) => session.login('alice'))
    clock.advance(3000)
    const { lines } = await visit(sessions, first.cookie)
    expect(parseSetCookie(lines[0]!).attributes.get('max-age')).toBe('1000')
  })

  it('replaces an earlier one of the same name and keeps all others', async () => {
    const sessions = createSessionManager(withDefaults(fakeClock(), { cookie: { marker: false } }))
    const carrier = fakeCarrier()
    const others = ['a=1; Path=/', '__Host-session2=x', '__Host-session.2=y', 'x__Host-session=z', '__host-session=q']
    carrier.setResponseHeader('Set-Cookie', [others[0]!, '__Host-session=old', ...others.slice(1)])
    const session = await sessions.open(carrier)
    await session.login('alice')
    await sessions.commit(session)
    expect(carrier.setCookies.slice(0, -1)).toEqual(others)
    expect(carrier.setCookies.at(-1)).toMatch(/^__Host-session=Fe26/)
  })
})

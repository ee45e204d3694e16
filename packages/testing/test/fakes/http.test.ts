import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { CookieJar, fakeCarrier, fakeClock, parseSetCookie, seededRandom } from '../../src/index'

describe('fakeClock', () => {
  it('does not move by itself', () => {
    const clock = fakeClock(1_000)
    expect([clock(), clock()]).toEqual([1_000, 1_000])
    clock.advance(1.5)
    expect(clock()).toBe(2_500)
    clock.advance(-1)
    expect(clock()).toBe(1_500)
    clock.set(7)
    expect(clock()).toBe(7)
  })
})

describe('seededRandom', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const [first, again, other] = [seededRandom(1), seededRandom(1), seededRandom(2)]
    const bytes = first(32)
    expect(bytes).toHaveLength(32)
    expect(again(32)).toEqual(bytes)
    expect(other(32)).not.toEqual(bytes)
    expect(first(32)).not.toEqual(bytes)
  })

  it('gives every byte about as often as any other', () => {
    const counts = new Map<number, number>()
    for (const byte of seededRandom(7)(256 * 256)) counts.set(byte, (counts.get(byte) ?? 0) + 1)
    expect(counts.size).toBe(256)
    for (const count of counts.values()) expect(Math.abs(count - 256)).toBeLessThan(128)
  })
})

describe('CookieJar', () => {
  it('applies Set-Cookie lines and gives the Cookie header', () => {
    const jar = new CookieJar()
    expect(jar.header).toBe(undefined)
    jar.take(['a=1; Path=/; HttpOnly', 'b=x=y; Max-Age=60', 'c='])
    expect(jar.header).toBe('a=1; b=x=y; c=')
    jar.take(['a=2'])
    expect(jar.get('a')).toBe('2')
    expect(jar.names).toEqual(['a', 'b', 'c'])
  })

  it('removes a cookie that a response clears', () => {
    const past = 'Thu, 01 Jan 1970 00:00:00 GMT'
    for (const [attributes, there] of [
      ['Max-Age=0', false],
      ['max-age=-1', false],
      [`Expires=${past}`, false],
      [`Max-Age=5; Expires=${past}`, true],
      ['Path=/', true],
    ] as const) {
      const jar = new CookieJar('a=1; b=2')
      jar.take([`a=; ${attributes}`])
      expect([attributes, jar.get('a') !== undefined]).toEqual([attributes, there])
      expect(jar.get('b')).toBe('2')
    }
  })

  it('its copies are independent', () => {
    const jar = new CookieJar('a=1')
    const copy = jar.copy()
    jar.set('a', '2')
    copy.delete('a')
    expect([jar.header, copy.header]).toEqual(['a=2', undefined])
  })
})

describe('parseSetCookie', () => {
  it('parses a line into name, value and attributes', () => {
    const { name, value, attributes } = parseSetCookie('id=a=b; Path=/; Secure; SameSite=Strict')
    expect([name, value, [...attributes]]).toEqual([
      'id',
      'a=b',
      [
        ['path', '/'],
        ['secure', ''],
        ['samesite', 'Strict'],
      ],
    ])
  })
})

describe('fakeCarrier', () => {
  it('carries a session from one request to the next', async () => {
    const sessions = createSessionManager({
      secret: 'a secret for tests, at least 32 bytes long',
      store: memoryStore(),
      clock: fakeClock(),
      random: seededRandom(1),
    })
    const jar = new CookieJar()
    const first = fakeCarrier({ cookie: jar })
    const session = await sessions.open(first)
    session.data.cart = ['tea']
    await sessions.commit(session)
    // The session and its marker.
    expect(first.setCookies).toHaveLength(2)
    expect(first.responseHeader('Vary')).toEqual(['Cookie'])
    jar.take(first.setCookies)

    const second = await sessions.open(fakeCarrier({ cookie: jar }))
    expect([second.outcome, second.data]).toEqual(['resumed', { cart: ['tea'] }])
  })

  it('gives the request’s values, and throws for headers after they are sent', () => {
    const carrier = fakeCarrier({ headers: { 'User-Agent': 'x' }, method: 'POST', ip: undefined, statusCode: 404 })
    expect([carrier.requestHeader('user-agent'), carrier.requestHeader('cookie'), carrier.ip]).toEqual([
      'x',
      undefined,
      undefined,
    ])
    expect([carrier.method, carrier.statusCode, carrier.secure]).toEqual(['POST', 404, true])
    carrier.headersSent = true
    expect(() => carrier.setResponseHeader('vary', ['Cookie'])).toThrow('after the headers were sent')
  })
})

import { randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { encode, flippedBytes, type Made } from './resty-encoder'
import { CREATED, open, outcomeOf, SHOP, TOUCHED, VECTOR } from './resty-fixture'

describe('two cookies of one name in restySession', () => {
  const value = (made: Partial<Made> = {}) => encode({ sid: randomBytes(32), ...made }).value

  it('open as the first one does, as nginx takes it', async () => {
    const [one, two] = [value(), encode().value]
    const { session } = await open(`session=${two}; session=${one}`)
    expect(session?.id).toBe((await open(`session=${two}`)).session?.id)
    expect(await outcomeOf(`session=${one}; session=nonsense`)).toBe('resumed')
    expect(await outcomeOf(`session=nonsense; session=${one}`)).toBe('malformed')
    expect(await outcomeOf(`session=${value({ secret: 'another' })}; session=${one}`)).toBe('rejected')
  })
})

describe('a client-bound session in restySession', () => {
  const client = { ip: '10.0.0.1', scheme: 'https', userAgent: 'curl/8' }
  const [ip, scheme, agent]: Made['bind'] = [
    [0x100, client.ip],
    [0x200, client.scheme],
    [0x400, client.userAgent],
  ]

  it('opens for its own client only, for each trait it can be bound to', async () => {
    for (const bind of [[ip!], [scheme!], [agent!], [ip!, agent!], [ip!, scheme!, agent!]]) {
      const { cookie } = encode({ bind })
      expect(await outcomeOf(cookie, {}, TOUCHED, client)).toBe('resumed')
      expect(await outcomeOf(cookie, {}, TOUCHED, { ip: '10.0.0.2', scheme: 'http', userAgent: 'wget' })).toBe(
        'mismatch',
      )
      expect(await outcomeOf(cookie)).toBe('mismatch')
    }
    expect(await outcomeOf(encode({ bind: [agent!] }).cookie, {}, TOUCHED, { ...client, ip: '::1' })).toBe('resumed')
  })

  it('opens for a User-Agent with bytes above 127, as Node passes it', async () => {
    // nginx hashes the bytes, here those of UTF-8. Node decodes each byte of a header as a character of Latin-1.
    const { cookie } = encode({ bind: [[0x400, 'Käse/1']] })
    const userAgent = Buffer.from('Käse/1').toString('latin1')
    expect(await outcomeOf(cookie, {}, TOUCHED, { userAgent })).toBe('resumed')
    expect(await outcomeOf(cookie, {}, TOUCHED, { userAgent: 'Käse/1' })).toBe('mismatch')
    expect(await outcomeOf(encode({ bind: [[0x400, '€']] }).cookie, {}, TOUCHED, { userAgent: '€' })).toBe('resumed')
  })

  it('skips an empty value, as lua-resty-session does', async () => {
    const { cookie } = encode({ bind: [ip!, [0x400, '']] })
    expect(await outcomeOf(cookie, {}, TOUCHED, { ip: client.ip })).toBe('resumed')
    expect(await outcomeOf(cookie, {}, TOUCHED, { ip: client.ip, userAgent: '' })).toBe('resumed')
    expect(await outcomeOf(cookie, {}, TOUCHED, client)).toBe('mismatch')
  })

  it('is a mismatch only if the payload proves that the cookie is authentic', async () => {
    const { value } = encode({ bind: [ip!] })
    // What the payload is encrypted with as associated data is bits 0 to 47 × 8; behind its tag lie idle mark and MAC.
    for (const flipped of flippedBytes(value, 0, 63 * 8)) {
      expect(['malformed', 'rejected']).toContain(await outcomeOf(`session=${flipped}`, {}, TOUCHED, client))
    }
    for (const flipped of flippedBytes(value, 63 * 8, 82 * 8)) {
      expect(await outcomeOf(`session=${flipped}`, {}, TOUCHED, client)).toBe('mismatch')
    }
    for (const flipped of flippedBytes(value, 82 * 8)) {
      expect(await outcomeOf(`session=${flipped}`)).toBe('rejected')
    }
    const stored = encode({ bind: [ip!], stored: true })
    expect(await outcomeOf(stored.cookie, { storage: () => stored.record })).toBe('mismatch')
    expect(await outcomeOf(stored.cookie, { storage: () => null })).toBe('rejected')
  })
})

describe('a remember cookie in restySession', () => {
  const made = { name: 'remember', rolling: 0, idling: 0 }
  const day = 86_400

  it('opens a session if the session cookie does not, with any remember_safety', async () => {
    for (const [safety, iterations] of [
      ['None', undefined],
      ['Low', 1000],
      ['Medium', 10_000],
      ['High', 100_000],
      ['Very High', 1_000_000],
    ] as const) {
      const { cookie } = encode({ ...made, iterations })
      const opened = await open(cookie, { remember: { safety } })
      expect([opened.outcome, opened.session?.slot]).toEqual(['restored', SHOP])
      const other = safety === 'Low' ? 'None' : 'Low'
      expect(await outcomeOf(cookie, { remember: { safety: other } })).toBe('none')
    }
    const medium = encode({ ...made, iterations: 10_000 }).cookie
    expect(await outcomeOf(medium, { remember: true })).toBe('restored')
    expect(await outcomeOf(medium)).toBe('none')
    expect(await outcomeOf(`session=${VECTOR}; ${medium}`, { remember: true })).toBe('resumed')
    expect(await outcomeOf(`session=${VECTOR}; ${medium}`, { remember: true }, CREATED + day)).toBe('restored')
  })

  it('lasts a week from its last use and thirty days from its first, or as configured', async () => {
    const remember = { safety: 'None' } as const
    const at = (seconds: number, options: object = {}, rolling = 0) =>
      outcomeOf(encode({ ...made, rolling }).cookie, { remember: { ...remember, ...options } }, CREATED + seconds)
    expect([await at(7 * day), await at(7 * day + 1)]).toEqual(['restored', 'none'])
    expect([await at(30 * day, {}, 25 * day), await at(30 * day + 1, {}, 25 * day)]).toEqual(['restored', 'none'])
    expect(await at(400 * day, { rolling: 0, absolute: 0 })).toBe('restored')
  })

  it('is distinguished from a session cookie by its name, key and idle offset', async () => {
    const remember = { safety: 'None' } as const
    expect(await outcomeOf(encode({ ...made, idling: 1 }).cookie, { remember })).toBe('none')
    const asSession = encode({ ...made, iterations: 1000 }).value
    expect(await outcomeOf(`session=${asSession}`, { remember: { safety: 'Low' } }, CREATED)).toBe('rejected')
  })

  it('costs no slow derivation if it is forged', async () => {
    const derived = vi.spyOn(crypto.subtle, 'deriveBits')
    for (const made of [{ secret: 'another' }, { secret: 'another', bind: [[0x100, '::1']] satisfies Made['bind'] }]) {
      const { cookie } = encode({ name: 'remember', rolling: 0, idling: 0, ...made })
      expect(await outcomeOf(cookie, { remember: { safety: 'Very High' } })).toBe('none')
    }
    const algorithms = derived.mock.calls.map(([algorithm]) => (algorithm as { name: string }).name)
    derived.mockRestore()
    expect(new Set(algorithms)).toEqual(new Set(['HKDF']))
  })

  it('reports the outcome of the session cookie if neither opens', async () => {
    const { cookie } = encode({ ...made, secret: 'another' })
    expect(await outcomeOf(`session=${VECTOR}; ${cookie}`, { remember: true }, TOUCHED + 901)).toBe('expired:idle')
  })
})

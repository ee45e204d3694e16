import { type RestyOptions, restySession } from '@sojourn/session-core/resty'
import { describe, expect, it } from 'vitest'
import { bitFlips } from '../helpers/edits'
import { encode, flippedBytes } from './resty-encoder'
import { CREATED, open, outcomeOf, RENEWED, SECRET, SHOP, TOUCHED, VECTOR } from './resty-fixture'

describe('the conformance vector of lua-resty-session', () => {
  it('opens with its secret and with its raw key', async () => {
    const ikm = Buffer.from('4b45aa967a84d03177f4487e9cc10c77d591cd427083fecef64f06c91988427c', 'hex')
    for (const options of [{}, { ikm }]) {
      expect(await open(`a=b; session=${VECTOR}`, options)).toEqual({
        outcome: 'resumed',
        session: {
          id: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
          createdAt: CREATED * 1000,
          renewedAt: RENEWED * 1000,
          touchedAt: TOUCHED * 1000,
          remaining: { idle: 900, rolling: 3480, absolute: 83_579, nearest: 900 },
          slot: SHOP,
          slots: [SHOP],
        },
      })
    }
  })

  it('is what the encoder of these tests writes', () => {
    expect(encode().value).toBe(VECTOR)
    expect(encode().hashedKey).toBe('Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0')
    // A remember cookie's key and IV at the safety Medium.
    expect(encode({ iterations: 10_000 }).keyAndIv).toBe(
      '5e5a91842b7ba01715462a41630bae937962f02c3fa279927812815fc0a01ff886fefe68f0aadb90438e8211',
    )
  })

  it('is refused with any bit of its bytes flipped', async () => {
    const words = new Map<string, number>()
    for (const value of flippedBytes(VECTOR)) {
      const word = await outcomeOf(`session=${value}`)
      words.set(word, (words.get(word) ?? 0) + 1)
    }
    // Type, size and the flag of a storage say by themselves that something is wrong; the rest takes the keys.
    const malformed = 8 + 24 + 1
    expect(Object.fromEntries(words)).toEqual({ malformed, rejected: (82 + 30) * 8 - malformed })
  })

  it('is refused with any bit of its text flipped', async () => {
    for (const text of bitFlips(VECTOR)) expect(await outcomeOf(`session=${text}`)).not.toBe('resumed')
  })

  it('is refused in any other spelling of the same bytes', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const odd = encode({ slots: [[{ cart: 33 }, 'shop', 'user-1']] })
    const spellings: string[] = []
    for (const value of [VECTOR, odd.value]) {
      expect(await outcomeOf(`session=${value}`)).toBe('resumed')
      for (const at of [109, value.length - 1]) {
        const same = [...alphabet].map((last) => value.slice(0, at) + last + value.slice(at + 1))
        const bytes = (text: string) =>
          [text.slice(0, 110), text.slice(110)].map((part) => Buffer.from(part, 'base64url'))
        spellings.push(...same.filter((text) => text !== value && bytes(text).join() === bytes(value).join()))
      }
      for (const [i, character] of [...value].entries()) {
        if (character === '-') spellings.push(`${value.slice(0, i)}+${value.slice(i + 1)}`)
        if (character === '_') spellings.push(`${value.slice(0, i)}/${value.slice(i + 1)}`)
        spellings.push(`${value.slice(0, i)}=${value.slice(i)}`)
        // Before the value a space is the grammar's.
        if (i > 0) spellings.push(`${value.slice(0, i)} ${value.slice(i)}`)
      }
      spellings.push(`${value}=`, `${value}==`, `${value}A`, `"${value}"`, encodeURIComponent(`${value}~`))
    }
    expect(spellings.length).toBeGreaterThan(2 * VECTOR.length)
    for (const text of spellings) expect(await outcomeOf(`session=${text}`)).not.toBe('resumed')
  })

  it('is refused if it is shortened, lengthened, or of another format version', async () => {
    for (const cut of [1, 4, 40]) expect(await outcomeOf(`session=${VECTOR.slice(0, -cut)}`)).toBe('malformed')
    expect(await outcomeOf(`session=${VECTOR}AAAA`)).toBe('malformed')
    expect(await outcomeOf(encode({ size: 44 }).cookie)).toBe('malformed')
    const stored = encode({ size: 44, stored: true })
    expect(await outcomeOf(stored.cookie, { storage: () => stored.record })).toBe('rejected')
    expect(await outcomeOf(encode({ type: 2 }).cookie)).toBe('malformed')
  })

  it('is refused with another secret and under another cookie name', async () => {
    expect(await outcomeOf(`session=${VECTOR}`, { secret: 'another' })).toBe('rejected')
    expect(await outcomeOf(`session=${VECTOR}`, { cookieName: 'other' })).toBe('none')
    expect(await outcomeOf(undefined)).toBe('none')
  })
})

describe('the clocks of restySession', () => {
  it('end a session one second after each limit, by the current configuration', async () => {
    const off = { idle: 0, rolling: 0, absolute: 0 }
    const cases = [
      ['idle', TOUCHED + 900, {}],
      ['idle', TOUCHED + 60, { idle: 60 }],
      ['rolling', RENEWED + 3600, { idle: 0 }],
      ['rolling', RENEWED + 2700, { idle: 0, rolling: 2700 }],
      ['absolute', CREATED + 86_400, { idle: 0, rolling: 0 }],
      ['absolute', CREATED + 3000, { absolute: 3000 }],
    ] as const
    for (const [clock, end, timeouts] of cases) {
      expect(await outcomeOf(`session=${VECTOR}`, { timeouts }, end)).toBe('resumed')
      expect(await outcomeOf(`session=${VECTOR}`, { timeouts }, end + 0.999)).toBe('resumed')
      expect(await outcomeOf(`session=${VECTOR}`, { timeouts }, end + 1)).toBe(`expired:${clock}`)
    }
    expect(await outcomeOf(`session=${VECTOR}`, { timeouts: off }, CREATED + 10 ** 9)).toBe('resumed')
  })

  it('are not reported for a forged cookie', async () => {
    const forged = VECTOR.replace('A8VNl', 'A8VNm')
    expect(await outcomeOf(`session=${VECTOR}`, {}, CREATED + 10 ** 9)).toMatch('expired')
    expect(await outcomeOf(`session=${forged}`, {}, CREATED + 10 ** 9)).toBe('rejected')
    expect(await outcomeOf(`session=${VECTOR}`, { secret: 'another' }, CREATED + 10 ** 9)).toBe('rejected')
  })

  it('tolerate five minutes between two machines, and no more', async () => {
    expect(await outcomeOf(`session=${VECTOR}`, {}, TOUCHED - 300)).toBe('resumed')
    expect(await outcomeOf(`session=${VECTOR}`, {}, TOUCHED - 301)).toBe('rejected')
  })
})

describe('hostile Cookie headers of restySession', () => {
  it('give an outcome and never an exception', async () => {
    const headers = ['', ';', '=', 'session', 'session=', 'session==', `session=${'A'.repeat(110)}`, 'session=AQ']
    headers.push(`session=${'_'.repeat(5000)}`, `session=${'\u0000'.repeat(110)}`, `session=${'é'.repeat(110)}`)
    headers.push(Array.from({ length: 500 }, (_, i) => `session=${i}`).join(';'))
    for (const [i] of [...VECTOR].entries()) headers.push(`session=${VECTOR.slice(0, i)}`)
    for (const header of headers) expect(['none', 'malformed', 'rejected']).toContain(await outcomeOf(header))
  })
})

describe('the options of restySession', () => {
  it('are refused by name', () => {
    const refused: [unknown, string][] = [
      [{}, 'secret'],
      [{ secret: '' }, 'secret'],
      [{ secret: 7 }, 'secret'],
      [{ secret: 'a', ikm: Buffer.alloc(32) }, 'ikm'],
      [{ ikm: Buffer.alloc(31) }, 'ikm'],
      [{ ikm: 'a'.repeat(32) }, 'ikm'],
      [{ secret: 'a', secretFallbacks: [''] }, 'secret'],
      [{ secret: 'a', ikmFallbacks: [Buffer.alloc(33)] }, 'ikm'],
      [{ secret: 'a', cookie_name: 's' }, 'cookie_name'],
      [{ secret: 'a', audience: 7 }, 'audience'],
      [{ secret: 'a', cookieName: 7 }, 'cookieName'],
      [{ secret: 'a', cookieName: '' }, 'cookieName'],
      [{ secret: 'a', cookieName: 'a b' }, 'cookieName'],
      [{ secret: 'a', timeouts: null }, 'timeouts'],
      [{ secret: 'a', remember: { cookieName: 'a=b' } }, 'remember.cookieName'],
      [{ secret: 'a', remember: { cookieName: 'session' } }, 'remember.cookieName'],
      [{ secret: 'a', remember: { cookieName: 'session9' } }, 'remember.cookieName'],
      [{ secret: 'a', cookieName: 'remember2', remember: true }, 'remember.cookieName'],
      [{ secret: 'a', storage: {} }, 'storage'],
      [{ secret: 'a', hashStorageKey: 1 }, 'hashStorageKey'],
      [{ secret: 'a', timeouts: { idle: -1 } }, 'timeouts.idle'],
      [{ secret: 'a', timeouts: { idling: 1 } }, 'timeouts.idling'],
      [{ secret: 'a', remember: 1 }, 'remember'],
      [{ secret: 'a', remember: { safety: 'medium' } }, 'remember.safety'],
      [{ secret: 'a', remember: { rolling: Number.NaN } }, 'remember.rolling'],
      [{ secret: 'a', remember: { name: 'r' } }, 'remember.name'],
    ]
    for (const [options, option] of refused) {
      expect(() => restySession(options as RestyOptions), option).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CONFIG', option }),
      )
    }
  })

  it('are copied, so that the caller may wipe its bytes', async () => {
    const secret = Buffer.from(SECRET)
    const sessions = restySession({ secret, audience: 'shop' })
    secret.fill(0)
    expect((await sessions.open(`session=${VECTOR}`, TOUCHED * 1000)).outcome).toBe('resumed')
  })
})

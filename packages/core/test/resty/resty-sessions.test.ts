import { randomBytes } from 'node:crypto'
import { isSessionError } from '@sojourn/session-core'
import { restySession } from '@sojourn/session-core/resty'
import { describe, expect, it, vi } from 'vitest'
import { bitFlips } from '../helpers/edits'
import { encode } from './resty-encoder'
import { open, outcomeOf, SECRET, SHOP, TOUCHED } from './resty-fixture'

describe('sessions of lua-resty-session', () => {
  const sid = () => randomBytes(32)

  it('open with a fallback secret or a fallback key', async () => {
    const ikm = randomBytes(32)
    const old = encode({ sid: sid(), secret: 'old' })
    const raw = encode({ sid: sid(), secret: { ikm } })
    expect(await outcomeOf(old.cookie)).toBe('rejected')
    expect(await outcomeOf(old.cookie, { secretFallbacks: ['older', 'old'] })).toBe('resumed')
    expect(await outcomeOf(raw.cookie, { ikmFallbacks: [randomBytes(32), ikm] })).toBe('resumed')
    expect(await outcomeOf(encode().cookie, { ikm, secretFallbacks: [SECRET] })).toBe('resumed')
  })

  it('open after a failed key import', async () => {
    const sessions = restySession({ secret: SECRET, audience: 'shop' })
    const digest = vi.spyOn(crypto.subtle, 'digest').mockRejectedValueOnce(new Error('not now'))
    const { cookie } = encode()
    await expect(sessions.open(cookie, TOUCHED * 1000)).rejects.toThrow('not now')
    digest.mockRestore()
    expect((await sessions.open(cookie, TOUCHED * 1000)).outcome).toBe('resumed')
  })

  it('give each audience its own slot', async () => {
    const slots = [
      [{ cart: 3 }, 'shop', 'user-1'],
      [{}, 'blog'],
      [['id', 'credential', ['group']], 'default', null],
    ]
    const { cookie } = encode({ sid: sid(), slots })
    const slotOf = async (audience: string | undefined) => (await open(cookie, { audience })).session?.slot
    expect(await slotOf('shop')).toEqual(SHOP)
    expect(await slotOf('blog')).toEqual({ audience: 'blog', subject: undefined, data: {} })
    expect((await slotOf(undefined))?.data).toEqual(['id', 'credential', ['group']])
    expect((await open(cookie, { audience: 'shop' })).session?.slots.length).toBe(3)
  })

  it('of another audience alone are no session, and no remember cookie is tried', async () => {
    const remembered = encode({ sid: sid(), name: 'remember', iterations: 10_000, idling: 0 }).cookie
    expect(await open(`${encode().cookie}; ${remembered}`, { audience: 'blog', remember: true })).toEqual({
      outcome: 'none',
    })
    expect(await open(remembered, { audience: 'blog', remember: true })).toEqual({ outcome: 'none' })
  })

  it('may be deflated, and inflate to a megabyte at most', async () => {
    const text = 'all work and no play '.repeat(400)
    const small = encode({ sid: sid(), slots: [[{ text }, 'shop']], deflate: true })
    expect(small.value.length).toBeLessThan(1000)
    expect((await open(small.cookie)).session?.slot?.data).toEqual({ text })
    const room = 1_000_000 - JSON.stringify([[{ text: '' }, 'shop']]).length
    for (const length of [room, room + 1, 20 * room]) {
      const bomb = encode({ sid: sid(), slots: [[{ text: 'x'.repeat(length) }, 'shop']], deflate: true })
      expect(await outcomeOf(bomb.cookie)).toBe(length > room ? 'rejected' : 'resumed')
    }
    const broken = encode({ sid: sid(), plaintext: Buffer.from('not deflated'), flags: 0x10 })
    expect(await outcomeOf(broken.cookie)).toBe('rejected')
  })

  it('are refused if they contain anything but slots', async () => {
    const texts = [
      '',
      '{}',
      'null',
      '[null]',
      '[[]]',
      '[["text","shop"]]',
      '[[{},7]]',
      '[[{},"shop",7]]',
      '[[{},"shop"]',
    ]
    texts.push('[[{"__proto__":{}},"shop"]]', '[[{"a":"\xff"},"shop"]]')
    for (const text of texts) {
      const plaintext = Buffer.from(text, 'latin1')
      expect(await outcomeOf(encode({ sid: sid(), plaintext }).cookie), text).toBe('rejected')
    }
  })

  it('are read from a storage, by the id or its hash', async () => {
    const made = encode({ sid: sid(), stored: true })
    const rows = new Map([
      [`session ${made.key}`, made.record],
      [`session ${made.hashedKey}`, made.record],
    ])
    const asked: string[] = []
    const storage = async (key: string, name: string) => {
      asked.push(key)
      return rows.get(`${name} ${key}`)
    }
    expect(made.value).toHaveLength(110)
    expect((await open(made.cookie, { storage })).session?.slot).toEqual(SHOP)
    expect((await open(made.cookie, { storage, hashStorageKey: true })).session?.slot).toEqual(SHOP)
    expect(asked).toEqual([made.key, made.hashedKey])
    const withInfo = JSON.stringify([made.payload, 'eyJzaG9wIjp7fX0'])
    expect(await outcomeOf(made.cookie, { storage: () => withInfo })).toBe('resumed')
    expect(await outcomeOf(made.cookie, { storage: () => null })).toBe('unknown')
    expect(await outcomeOf(made.cookie, { storage, cookieName: 'session' }, TOUCHED + 901)).toBe('expired:idle')
    expect(asked).toHaveLength(2)
  })

  it('are refused with the row of another session', async () => {
    const [mine, other] = [encode({ sid: sid(), stored: true }), encode({ sid: sid(), stored: true })]
    const flipped = [...bitFlips(mine.payload.slice(0, 3))].map((text) => text + mine.payload.slice(3))
    const rows = [other.record, '', 'null', '{}', '[]', '[7]', '[""]', `["${mine.payload}="]`, `["${mine.payload}A"]`]
    rows.push(...flipped.map((payload) => JSON.stringify([payload])))
    for (const row of rows) expect(await outcomeOf(mine.cookie, { storage: () => row }), row).toBe('rejected')
  })

  it('of the other storage mode are refused, as in lua-resty-session', async () => {
    const stored = encode({ sid: sid(), stored: true })
    expect(await outcomeOf(stored.cookie)).toBe('rejected')
    expect(await outcomeOf(encode().cookie, { storage: () => encode().record })).toBe('rejected')
    expect(await outcomeOf(`${stored.cookie}A`, { storage: () => stored.record })).toBe('malformed')
  })

  it('reject with a store error if the storage is down', async () => {
    const { cookie } = encode({ sid: sid(), stored: true })
    const boom = new Error('boom')
    for (const storage of [
      () => Promise.reject(boom),
      () => {
        throw boom
      },
    ]) {
      const error = await open(cookie, { storage }).catch((thrown: unknown) => thrown)
      expect(isSessionError(error, 'ERR_STORE_UNAVAILABLE')).toBe(true)
      expect((error as Error).cause).toBe(boom)
    }
  })
})

describe('the cookies of lua-resty-session after a migration', () => {
  const gateway = restySession({ secret: SECRET, remember: true })

  it('are named with their chunks', () => {
    expect(gateway.cookieNames).toHaveLength(18)
    expect(gateway.cookieNames).toEqual(expect.arrayContaining(['session', 'session2', 'session9', 'remember9']))
    expect(restySession({ secret: SECRET, cookieName: 's' }).cookieNames).toHaveLength(9)
  })

  it('are cleared if the request has them, and no other cookie is', () => {
    const end = 'Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'
    const cookie = 'session=1; session3=3; session.2=mine; session10=mine; remember=4; theme=dark'
    expect(gateway.clearCookies(cookie)).toEqual([`session=; ${end}`, `session3=; ${end}`, `remember=; ${end}`])
    expect(gateway.clearCookies(undefined)).toEqual([])
    expect(gateway.clearCookies('session2=2', { path: '/p', domain: 'example.org' })).toEqual([
      'session2=; Max-Age=0; Domain=example.org; Path=/p; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    ])
    const prefixed = restySession({ secret: SECRET, cookieName: '__Host-s' })
    expect(prefixed.clearCookies('__Host-s2=2')).toEqual([`__Host-s2=; ${end}; Secure`])
    expect(() => gateway.clearCookies('session=1', { path: 'no-slash' })).toThrow(/^cookie\.path: /)
  })
})

describe('the chunks of a lua-resty-session cookie', () => {
  const noise = (length: number) => randomBytes(length).toString('hex').slice(0, length)
  const withPayload = (characters: number, name = 'session') => {
    const bytes = (characters * 3) / 4
    const empty = JSON.stringify([[{ text: '' }, 'shop']]).length
    const slots = [[{ text: noise(Math.floor(bytes) - empty) }, 'shop']]
    return { name, slots, ...encode({ slots, name }) }
  }

  it('are joined for every number of cookies, at each boundary', async () => {
    for (const name of ['session', '__Host-a-rather-long-name']) {
      for (const count of [1, 2, 3, 8]) {
        // Every cookie holds 4096 bytes with its name; the first has the header as well.
        const most = count * 4096 - (name.length + 1) - (count - 1) * (name.length + 2) - 110
        for (const [characters, cookies] of [
          [most, count],
          [most + 1, count + 1],
        ] as const) {
          // Four characters are three bytes, so not every length exists.
          if (characters % 4 === 1) continue
          const { cookie, payload, slots } = withPayload(characters, name)
          expect([payload.length, cookie.split('; ').length]).toEqual([characters, cookies])
          const { session } = await open(cookie, { cookieName: name })
          expect([session?.slot?.data]).toEqual([slots[0]![0]])
        }
      }
    }
  })

  it('are nine at most: 36674 characters open, and one more does not', async () => {
    expect(await outcomeOf(withPayload(36_674).cookie)).toBe('resumed')
    expect(await outcomeOf(withPayload(36_675).cookie)).toBe('malformed')
    expect(await outcomeOf(withPayload(60_000).cookie)).toBe('malformed')
  })

  it('do not open if one is missing, exchanged, doubled, shortened, or split elsewhere', async () => {
    const one = encode({ slots: [[{ text: noise(8000) }, 'shop']] }).cookie
    const other = encode({ slots: [[{ text: noise(8000) }, 'shop']] }).cookie
    const [first, second, third] = one.split('; ') as [string, string, string]
    const foreign = other.split('; ')[1]!
    expect(await outcomeOf(one)).toBe('resumed')
    expect(await outcomeOf([third, second, first].join('; '))).toBe('resumed')
    expect(await outcomeOf(`${one}; session4=left-over`)).toBe('resumed')
    expect(await outcomeOf(`${one}; ${foreign}`)).toBe('resumed')
    expect(await outcomeOf(`${foreign}; ${one}`)).toBe('rejected')
    const broken = [
      [first, second],
      [first, third],
      [first, foreign, third],
      [first, second, third.slice(0, -1)],
      [first, second, `${third}A`],
      [first, second.slice(0, -1), third.replace('=', `=${second.slice(-1)}`)],
      [first.slice(0, -1), second.replace('=', `=${first.slice(-1)}`), third],
    ]
    for (const cookies of broken) expect(await outcomeOf(cookies.join('; '))).not.toBe('resumed')
  })
})

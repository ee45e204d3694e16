import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createSessionManager, memoryRevocations, type SessionCodec } from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { cachedCodec, ironCodec } from '../../src/seal/codec'
import { KeyRing } from '../../src/seal/keys'
import { SECRET } from '../helpers/browser'
import { outcomeOf, visit, withDefaults } from '../helpers/raw-request'

describe('the cache of unsealed texts', () => {
  /** A codec that counts how often it is really asked. */
  function counting(unseal = async (sealed: string) => sealed.toUpperCase()) {
    const counter = { unsealed: 0 }
    const codec: SessionCodec = {
      seal: async (payload) => payload.toLowerCase(),
      unseal: (sealed) => {
        counter.unsealed++
        return unseal(sealed)
      },
    }
    return { codec, counter }
  }

  it('unseals the same text once for each purpose', async () => {
    const { codec, counter } = counting()
    const cache = cachedCodec(codec, 1000)
    for (let i = 0; i < 5; i++) expect(await cache.unseal('text', 'a')).toBe('TEXT')
    expect(counter.unsealed).toBe(1)
    await cache.unseal('text', 'b')
    expect(counter.unsealed).toBe(2)
  })

  it('stays within its size and evicts the least recently used text first', async () => {
    const { codec, counter } = counting()
    const cache = cachedCodec(codec, 10_000)
    const texts = Array.from({ length: 500 }, (_, i) => `${i}`.padStart(100, 'x'))
    for (const text of texts) await cache.unseal(text, 'p')
    counter.unsealed = 0
    for (const text of texts.toReversed()) await cache.unseal(text, 'p')
    const held = 500 - counter.unsealed
    expect(held).toBeGreaterThan(0)
    expect(held * 200).toBeLessThanOrEqual(10_000)
    await cache.unseal(texts[0]!, 'p')
    expect(counter.unsealed).toBe(500 - held)
  })

  it('keeps a text that is used again and again', async () => {
    const { codec, counter } = counting()
    const cache = cachedCodec(codec, 10_000)
    for (let i = 0; i < 500; i++) {
      await cache.unseal('popular', 'p')
      await cache.unseal(`${i}`.padStart(100, 'x'), 'p')
    }
    expect(counter.unsealed).toBe(501)
  })

  it('does not store one huge text in place of all others', async () => {
    const { codec, counter } = counting()
    const cache = cachedCodec(codec, 10_000)
    await cache.unseal('small', 'p')
    await cache.unseal('x'.repeat(9000), 'p')
    await cache.unseal('small', 'p')
    expect(counter.unsealed).toBe(2)
  })

  it('stores a text once if many requests unseal it at the same time', async () => {
    const { codec, counter } = counting()
    const cache = cachedCodec(codec, 10_000)
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 50 }, () => cache.unseal(`${round}`.padStart(100, 'x'), 'p')))
    }
    counter.unsealed = 0
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.padStart(100, 'y'))
    for (const text of [...texts, ...texts]) await cache.unseal(text, 'p')
    expect(counter.unsealed).toBe(20)
  })

  it('does not keep the Cookie header of a cached cookie in memory', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const cache = cachedCodec(counting().codec, 1_000_000)
    const fill = async (headers: number) => {
      for (let i = 0; i < headers; i++) {
        const header = `theme=${'x'.repeat(16_000)}; session=${String(i).padStart(100, 'a')}`
        await cache.unseal(header.slice(header.indexOf('session=') + 8), 'p')
      }
    }
    await fill(10)
    gc()
    const before = process.memoryUsage().heapUsed
    await fill(1000)
    gc()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000)
  })

  it('does not cache a failure', async () => {
    let fail = true
    const { codec } = counting(async (sealed) => {
      if (fail) throw new Error('no')
      return sealed
    })
    const cache = cachedCodec(codec, 1000)
    await expect(cache.unseal('text', 'p')).rejects.toThrow('no')
    fail = false
    expect(await cache.unseal('text', 'p')).toBe('text')
  })

  it('never caches a verdict: clocks and revocations are checked for a cached text', async () => {
    const clock = fakeClock()
    const inner = ironCodec(new KeyRing(SECRET))
    let unsealed = 0
    const codec: SessionCodec = {
      seal: inner.seal,
      unseal: (sealed, purpose) => {
        unsealed++
        return inner.unseal(sealed, purpose)
      },
    }
    const sessions = createSessionManager({
      secret: SECRET,
      clock,
      codec,
      revocations: memoryRevocations(),
    })
    const [first, second] = [
      await visit(sessions, undefined, (session) => session.login('alice')),
      await visit(sessions, undefined, (session) => session.login('bob')),
    ]
    for (const { cookie } of [first, first, second, second]) expect(await outcomeOf(sessions, cookie)).toBe('resumed')
    await sessions.revoke(first.session.id)
    expect(await outcomeOf(sessions, first.cookie)).toBe('revoked')
    clock.advance(901)
    expect(await outcomeOf(sessions, second.cookie)).toBe('expired:idle')
    // It has sealed both cookies itself.
    expect(unsealed).toBe(0)
  })

  it('never shares a value between two requests', async () => {
    const sessions = createSessionManager<{ cart: string[] }>(withDefaults(fakeClock()))
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.data.cart = ['tea']
    })
    const [one, other] = [await visit(sessions, cookie), await visit(sessions, cookie)]
    one.session.data.cart!.push('milk')
    expect(other.session.data.cart).toEqual(['tea'])
    expect((await visit(sessions, cookie)).session.data.cart).toEqual(['tea'])
  })
})

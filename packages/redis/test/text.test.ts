import { createSessionManager } from '@sojourn/session-core'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drivers } from './support/drivers'
import { row } from './support/fixture'
import { withOwnRedis } from './support/own-redis'

const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) })
const base64url = fc.string({ unit: fc.constantFrom(...'ABCXYZabcxyz0189-_'), maxLength: 200 })

/** Texts in the form of core's, whole and with a part replaced. */
const likeSealed = fc
  .tuple(
    base64url,
    fc.nat(700),
    fc.oneof(fc.constant(''), fc.constantFrom('*', '+', '/', '=', '\0', 'é', '\ud800'), base64url),
  )
  .map(([characters, at, other]) => {
    const sealed = `Fe26.2*0123abcd**${'i'.repeat(21)}A*${characters.padEnd(22, 'c')}***${'m'.repeat(42)}8`
    return sealed.slice(0, at % sealed.length) + other + sealed.slice((at % sealed.length) + other.length)
  })
const text = fc.oneof(anyText, fc.string({ unit: 'grapheme' }), base64url, likeSealed)

await withOwnRedis('text', (own) => {
  describe.each(Object.keys(drivers))('%s', (name) => {
    it('of versions, payloads and subject keys comes back as it was', async () => {
      const { client, close } = await drivers[name]!(own.url)
      const { store } = own.fresh(client)
      let ids = 0
      await fc.assert(
        fc.asyncProperty(
          text,
          text,
          fc.array(text, { maxLength: 3 }),
          text,
          async (version, payload, subjectKeys, next) => {
            const first = row(`${++ids}`, { version, payload, subjectKeys })
            await store.create(first)
            expect(await store.read(first.id)).toEqual(first)
            const second = { ...first, version: `${version}.`, payload: next }
            expect(await store.update(second, first)).toBe(true)
            expect(await store.read(first.id)).toEqual(second)
            // One page has them all: the entries of rows that another key has ended stay in the index for a while.
            for (const key of subjectKeys)
              expect((await store.deleteBySubject(key, { limit: 1000 })).deleted).toBeLessThan(2)
            expect(await store.read(first.id)).toEqual(subjectKeys.length > 0 ? null : second)
          },
        ),
        { numRuns: 200, endOnFailure: true },
      )
      await close()
    })
  })

  it('of core takes three quarters of its characters', async () => {
    const { store, prefix } = own.fresh()
    const sessions = createSessionManager({ secret: 'a secret for tests, at least 32 bytes long', store })
    const [jar, carrier] = [new CookieJar(), fakeCarrier()]
    const session = await sessions.open(carrier)
    session.data = { cart: Array.from({ length: 10 }, (_, n) => `thing ${n}`) }
    await session.login('ada')
    await sessions.commit(session)
    jar.take(carrier.setCookies)
    const { version, payload, subjectKeys } = (await store.read(session.id!))!
    const characters = version.length + payload.length + subjectKeys.join('').length
    const bytes = await own.redis.strlen(`${prefix}session:${session.id}`)
    expect(bytes - 3 * 7).toBeLessThan(characters * 0.76)
    await sessions.close()
  })
})

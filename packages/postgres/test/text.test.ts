import { PGlite } from '@electric-sql/pglite'
import { createSessionManager } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { migrate, postgresStore } from '../src'
import { packPayload, unpackPayload } from '../src/packed-payload'

const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) })
const base64url = fc.string({ unit: fc.constantFrom(...'ABCXYZabcxyz0189-_'), maxLength: 200 })
const part = fc.oneof(fc.constant(''), fc.constantFrom('*', '+', '/', '=', '\0', 'é', '\ufeff', '\ud800'), base64url)

/** Texts in the form of core's, whole and with a part replaced. */
const likeSealed = fc.tuple(base64url, fc.nat(700), part).map(([characters, at, other]) => {
  const sealed = `Fe26.2*0123abcd**${'i'.repeat(21)}A*${characters.padEnd(22, 'c')}***${'m'.repeat(42)}8`
  const from = at % sealed.length
  return sealed.slice(0, from) + other + sealed.slice(from + other.length)
})
const text = fc.oneof(anyText, fc.string({ unit: 'grapheme' }), base64url, likeSealed)

describe('a payload', () => {
  const database = new PGlite()
  afterAll(() => database.close())
  afterEach(() => void vi.unstubAllGlobals())

  it('of any text comes back as it was', async () => {
    await migrate(database)
    const store = postgresStore(database)
    const instants = { touchedAt: 1, expiresAt: 2, absoluteExpiresAt: 3 }
    let ids = 0
    await fc.assert(
      fc.asyncProperty(text, text, async (payload, next) => {
        const first = { id: `${++ids}`, version: 'v1', payload, subjectKeys: [`k${ids}`], ...instants }
        await store.create(first)
        expect(await store.read(first.id)).toEqual(first)
        const second = { ...first, version: 'v2', payload: next }
        expect(await store.update(second, first)).toBe(true)
        expect(await store.listBySubject(`k${ids}`, { limit: 9 })).toEqual([second])
        await store.delete(first.id)
      }),
      { numRuns: 30, endOnFailure: true },
    )
  })

  it('is the same without Buffer, and is read there also if it was packed with it', () => {
    const properties = fc.property(text, (payload) => {
      const packed = packPayload(payload)
      vi.stubGlobal('Buffer', undefined)
      expect(unpackPayload(packed)).toBe(payload)
      const written = packPayload(payload)
      vi.unstubAllGlobals()
      expect(unpackPayload(written)).toBe(payload)
    })
    fc.assert(properties, { numRuns: 300, endOnFailure: true })
  })

  it('of core takes three quarters of its characters', async () => {
    await migrate(database, { table: 'small' })
    const store = postgresStore(database, { table: 'small' })
    const sessions = createSessionManager({ secret: 'a secret for tests, at least 32 bytes long', store })
    const session = await sessions.open(fakeCarrier())
    session.data = { cart: Array.from({ length: 10 }, (_, n) => `thing ${n}`) }
    await session.login('ada')
    await sessions.commit(session)
    const { payload } = (await store.read(session.id!))!
    const { rows } = await database.query<{ bytes: number }>('SELECT octet_length(payload) AS bytes FROM small')
    expect(rows[0]!.bytes).toBeLessThan(payload.length * 0.76)
    await sessions.close()
  })
})

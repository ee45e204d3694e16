import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { bitFlips, singleEdits } from '../helpers/edits'
import { coreOn, SIDES } from '../helpers/on-platform'
import { outcomeOf, visit, withDefaults } from '../helpers/raw-request'
import golden from '../seal/vectors/iron.json'

const COOKIE = '__Host-session'

/** Returns those of `values` that open a session when sent as its cookie. Rejects if one of them throws. */
async function letIn(sessions: ReturnType<typeof createSessionManager>, values: Iterable<string>) {
  const accepted: string[] = []
  const tryOut = async (value: string) => {
    const outcome = await outcomeOf(sessions, `${COOKIE}=${value}`)
    if (!['rejected', 'malformed', 'unknown'].includes(outcome)) accepted.push(`${outcome}: ${value}`)
  }
  const all = [...values]
  // Many in parallel, because WebCrypto uses threads.
  for (let i = 0; i < all.length; i += 256) await Promise.all(all.slice(i, i + 256).map(tryOut))
  return { accepted, tried: all.length }
}

/** Removes spaces around the value, because the header parser ignores them. */
function* editsInside(token: string) {
  for (const edited of singleEdits(token)) if (edited.trim() !== token) yield edited
}

const goldenClock = fakeClock(golden.cookie.at)
const goldenManager = (create = createSessionManager) => create({ secret: golden.secret, clock: goldenClock })

describe('edited token', () => {
  it('of a sealed session is rejected after any edit of one character', async () => {
    const sessions = goldenManager()
    const { accepted, tried } = await letIn(sessions, editsInside(golden.cookie.sealed))
    expect(accepted).toEqual([])
    expect(tried).toBeGreaterThan(40_000)
    expect(await outcomeOf(sessions, `${COOKIE}=${golden.cookie.sealed}`)).toBe('resumed')
  })

  it('of a sealed session is rejected with WebCrypto and its lenient decoder too', async () => {
    const { createSessionManager: create } = await coreOn('web')
    const { sealed } = golden.cookie
    const sessions = goldenManager(create)
    // Every character in the MAC, where the decoder is lenient; a few in the rest, because this is slow.
    const mac = [...singleEdits(sealed.slice(-44))].map((edited) => sealed.slice(0, -44) + edited)
    const rest = [...singleEdits(sealed.slice(0, -44), [...'Ak_=* '])].map((edited) => edited + sealed.slice(-44))
    const { accepted, tried } = await letIn(
      sessions,
      [...mac, ...rest].filter((edited) => edited.trim() !== sealed),
    )
    expect(accepted).toEqual([])
    expect(tried).toBeGreaterThan(9000)
    expect(await outcomeOf(sessions, `${COOKIE}=${sealed}`)).toBe('resumed')
  })

  it('of a stored session is rejected after any edit of one character, and the session stays', async () => {
    const sessions = createSessionManager(withDefaults(fakeClock(), { store: memoryStore() }))
    const { cookie } = await visit(sessions, undefined, (session) => session.login('alice'))
    const { accepted, tried } = await letIn(sessions, editsInside(cookie.slice(COOKIE.length + 1)))
    expect(accepted).toEqual([])
    expect(tried).toBeGreaterThan(9000)
    expect(await outcomeOf(sessions, cookie)).toBe('resumed')
  })

  it.each(SIDES)('is rejected after any bit flip (%s)', async (side) => {
    const { createSessionManager: create } = await coreOn(side)
    const flipped = [...bitFlips(golden.cookie.sealed)].filter((value) => !/[;\t ]$|^[\t ]/.test(value))
    const { accepted, tried } = await letIn(goldenManager(create), flipped)
    expect(accepted).toEqual([])
    expect(tried).toBeGreaterThan(golden.cookie.sealed.length * 7)
  })

  it('is rejected if it is cut, doubled, reversed or replaced', async () => {
    const { sealed } = golden.cookie
    const odd = [
      ...Array.from(sealed, (_, i) => sealed.slice(0, i)),
      ...Array.from(sealed, (_, i) => sealed.slice(i + 1)),
      sealed + sealed,
      `${sealed}*${sealed}`,
      [...sealed].reverse().join(''),
      sealed.replaceAll('*', '%2A'),
      `"${sealed}"`,
      `${sealed}\u0000`,
      `${sealed}\u00a0`,
      sealed.toLowerCase(),
      '*'.repeat(4000),
      'Fe26.2'.repeat(500),
      '\uffff'.repeat(100),
      '{}',
      'null',
      '__proto__',
    ]
    expect((await letIn(goldenManager(), odd)).accepted).toEqual([])
  })
})

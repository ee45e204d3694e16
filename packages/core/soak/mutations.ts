import { memoryStore, type SessionManager, type SessionOptions } from '@sojourn/session-core'
import { fakeClock, seededRandom } from '@sojourn/session-testing'
import { expect, it } from 'vitest'
import { coreOn, type SIDES } from '../test/helpers/on-platform'
import { outcomeOf, visit, withDefaults } from '../test/helpers/raw-request'
import { mutate } from './mutate'

const COOKIE = '__Host-session'
const COUNT = Number(process.env.SOAK_MUTATIONS ?? 1_000_000)
const SEED = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000_000)
const BATCH = 512

const random = seededRandom(SEED)
const below = (limit: number) => new DataView(random(4).buffer).getUint32(0) % Math.max(1, limit)

/** Tokens of live sessions: long and short, with and without a subject. */
async function tokensOf(sessions: SessionManager): Promise<string[]> {
  const tokens: string[] = []
  for (const length of [0, 1, 10, 100, 1000]) {
    const { cookie } = await visit(sessions, undefined, async (session) => {
      if (length !== 1) await session.login(`subject ${length}`)
      session.data.text = 'x'.repeat(length)
    })
    tokens.push(cookie.slice(COOKIE.length + 1))
  }
  return tokens
}

/** A store that counts its calls. */
function countingStore() {
  const calls = { count: 0 }
  const store = new Proxy(memoryStore(), {
    get(target, name, receiver) {
      const member = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        calls.count++
        return member.apply(target, args)
      }
    },
  })
  return { store, calls }
}

it.each<[string, (typeof SIDES)[number], boolean]>([
  ['sealed cookies', 'node', false],
  ['tokens of stored sessions', 'node', true],
  ['sealed cookies', 'web', false],
  ['tokens of stored sessions', 'web', true],
])('no mutation of %s opens a session or reaches a store (%s)', async (name, side, isStored) => {
  const { store, calls } = countingStore()
  const options: Partial<SessionOptions> = isStored ? { store } : {}
  const { createSessionManager } = await coreOn(side)
  const sessions: SessionManager = createSessionManager(withDefaults(fakeClock(), options))
  const tokens = await tokensOf(sessions)
  const outcomes: Record<string, number> = {}
  const accepted: string[] = []
  const thrown: unknown[] = []

  const tryOut = async (value: string) => {
    try {
      const outcome = await outcomeOf(sessions, `${COOKIE}=${value}`)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (!['malformed', 'rejected', 'unknown'].includes(outcome)) accepted.push(value)
    } catch (error) {
      thrown.push({ value, error })
    }
  }
  const before = calls.count
  for (let done = 0; done < COUNT; done += BATCH) {
    const size = Math.min(BATCH, COUNT - done)
    await Promise.all(Array.from({ length: size }, () => tryOut(mutate(tokens[below(tokens.length)]!, below, tokens))))
  }

  const storeCalls = calls.count - before
  console.log(
    `${name} (${side}), seed ${SEED}: ${COUNT} mutations, ${accepted.length} accepted, ${thrown.length} thrown, ${storeCalls} store calls`,
    outcomes,
  )
  expect({ accepted, thrown, storeCalls }).toEqual({ accepted: [], thrown: [], storeCalls: 0 })
  // All sessions are still alive.
  for (const token of tokens) expect(await outcomeOf(sessions, `${COOKIE}=${token}`)).toBe('resumed')
})

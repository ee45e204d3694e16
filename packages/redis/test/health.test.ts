import { createSessionManager, type SessionManagerOptions } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { redisRevocations, redisStore } from '../src'
import { answering } from './support/fixture'

const secret = 'a secret for tests, at least 32 bytes long'
const now = 1_700_000_000_000

/** A manager whose Redis answers so. */
function managerOf(answers: Record<string, unknown>, make: typeof redisStore | typeof redisRevocations = redisStore) {
  const client = answering(async (name) => {
    const answer = answers[name]
    if (answer instanceof Error) throw answer
    return answer ?? null
  })
  const place = make === redisStore ? { store: redisStore(client) } : { revocations: redisRevocations(client) }
  return createSessionManager({ secret, clock: () => now, ...place } as SessionManagerOptions)
}

const time = (ms: number) => [String(Math.floor(ms / 1000)), '0']
const memory = (policy: string) => `maxmemory:1000\r\nmaxmemory_policy:${policy}\r\n`

describe('check on Redis', () => {
  it.each([redisStore, redisRevocations])('finds no problem in a server that evicts nothing: %o', async (make) => {
    const found = await managerOf({ time: time(now), info: memory('noeviction') }, make).check()
    expect(found).toMatchObject({ reachable: true, problems: [], facts: ['Redis evicts no keys'] })
    expect(Math.abs(found.clockAhead!)).toBeLessThan(30_000)
  })

  it('says that the server may evict sessions, and what to do', async () => {
    const { problems } = await managerOf({ time: time(now), info: memory('allkeys-lru') }).check()
    expect(problems).toEqual([expect.stringMatching(/allkeys-lru.*Set maxmemory-policy to noeviction/)])
  })

  it('does not claim what a server that refuses INFO has not said', async () => {
    const { facts, problems } = await managerOf({ time: time(now), info: new Error('NOPERM') }).check()
    expect([facts, problems]).toEqual([['Redis does not say whether it evicts keys'], []])
  })

  it('reaches a server that refuses TIME', async () => {
    const found = await managerOf({ time: new Error('NOPERM'), info: memory('noeviction') }).check()
    expect(found).toMatchObject({ reachable: true, clockAhead: undefined, problems: [] })
  })

  it.each([
    [90_000, /90 s ahead of this machine/],
    [-90_000, /90 s behind this machine/],
  ])('names a clock that differs by %i ms', async (difference, message) => {
    const { problems } = await managerOf({ time: time(now + difference), info: memory('noeviction') }).check()
    expect(problems).toEqual([expect.stringMatching(message)])
  })

  it('says that a server does not answer, with the cause, and does not reject', async () => {
    const down = new Error('connect ECONNREFUSED')
    const found = await managerOf({ time: down, get: down, info: down }).check()
    expect(found).toMatchObject({ reachable: false, cause: down, problems: [expect.stringMatching(/does not answer/)] })
  })
})

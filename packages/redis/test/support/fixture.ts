import type { StoredSession } from '@sojourn/session-core'
import type { Redis } from 'ioredis'
import type { Argument } from '../../src/client'
import type { RedisClient } from '../../src/index'

export const minute = 60_000
export const hour = 60 * minute
/** The present, read once: Redis uses its own clock, and the rows must be alive by it. */
export const present = Date.now()

/** A row that is alive for an hour. */
export const row = (id: string, changes: Partial<StoredSession> = {}): StoredSession => ({
  id,
  version: `first version of ${id}`,
  payload: `payload of ${id}`,
  subjectKeys: [],
  touchedAt: present - minute,
  expiresAt: present + hour,
  absoluteExpiresAt: present + 24 * hour,
  ...changes,
})

/** The same row with a new version. */
export const rewrite = (seen: StoredSession, changes: Partial<StoredSession> = {}): StoredSession => ({
  ...seen,
  version: `after ${seen.version}`,
  ...changes,
})

type Call = (name: string, args: Argument[]) => Promise<unknown>

/** A client that answers so, in text and in bytes. */
export const answering = (call: Call, inBytes: Call = call) => ({
  call,
  getBuffer: (key: string) => inBytes('get', [key]),
  evalBuffer: (...args: Argument[]) => inBytes('eval', args),
  evalshaBuffer: (...args: Argument[]) => inBytes('evalsha', args),
})

/** A client that awaits `before` ahead of each command. */
export const intercept = (client: Redis, before: (name: string, args: Argument[]) => unknown): RedisClient => {
  const calling = (method: 'call' | 'callBuffer') => async (name: string, args: Argument[]) => {
    await before(name, args)
    return client[method](name, args)
  }
  return answering(calling('call'), calling('callBuffer'))
}

/** `hold` waits until `release` is called. `arrived` resolves with the first call of `hold`. */
export function gate() {
  let [arrive, release] = [() => {}, () => {}]
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const hold = () => {
    arrive()
    return released
  }
  return { arrived, hold, release: () => release() }
}

/** Makes the entries of an index six minutes older, which is above the safe age. */
export async function age(redis: Redis, index: string): Promise<void> {
  for (const entry of await redis.zrange(index, '0', '-1')) {
    const [id, second] = entry.split(' ')
    await redis.zrem(index, entry)
    await redis.zadd(index, 0, `${id} ${Number(second) - 360}`)
  }
}

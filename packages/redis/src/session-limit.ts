import type { SubjectLimit } from '@sojourn/session-core'
import { type Send, sendTo } from './client'
import { decode, encode } from './encoding'
import type { Keys } from './keys'
import { ACQUIRE } from './scripts'
import { SAFE_AGE_SECONDS } from './subject-index'

/** The limit of a subject: a sorted set of session ids, in which a newer session has a higher score. */
export const sessionLimit = (send: Send, keys: Keys): SubjectLimit => ({
  async acquire(key, id, max, evict) {
    const args = [encode(id), String(max), evict ? '1' : '0', String(SAFE_AGE_SECONDS)]
    const reply = await ACQUIRE(send, [keys.limit(key), keys.index(key)], args)
    const [admitted, ...evicted] = reply as [unknown, ...string[]]
    return { admitted: Number(admitted) === 1, evicted: evicted.map(decode) }
  },

  async holders(key) {
    return ((await sendTo(send, 'zrange', keys.limit(key), '0', '-1')) as string[]).map(decode)
  },

  async release(key, id) {
    await sendTo(send, 'zrem', keys.limit(key), encode(id))
  },
})

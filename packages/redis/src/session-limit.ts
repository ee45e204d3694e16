import type { SubjectLimit } from '@sojourn/session-core'
import { call, type Send } from './client'
import { decode, encode } from './encoding'
import type { Names } from './keys'
import { ENROL } from './scripts'
import { SETTLED_SECONDS } from './subject-index'

/** The order in which a subject's sessions began: a sorted set of ids, the newest with the highest score. */
export const subjectLimit = (send: Send, names: Names): SubjectLimit => ({
  async acquire(key, id, max, evict) {
    const args = [encode(id), String(max), evict ? '1' : '0', String(SETTLED_SECONDS)]
    const reply = await ENROL(send, [names.order(key), names.index(key)], args)
    const [admitted, ...evicted] = reply as [unknown, ...string[]]
    return { admitted: Number(admitted) === 1, evicted: evicted.map(decode) }
  },

  async holders(key) {
    return ((await call(send, 'zrange', names.order(key), '0', '-1')) as string[]).map(decode)
  },

  async release(key, id) {
    await call(send, 'zrem', names.order(key), encode(id))
  },
})

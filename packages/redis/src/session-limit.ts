import type { SubjectLimit } from '@sojourn/session-core'
import { type Send, sendTo } from './client'
import { decode, encode } from './encoding'
import type { Keys } from './keys'
import { ACQUIRE } from './scripts'
import { neededUntil } from './subject-index'

/** The limit of a subject: a sorted set of session ids, in which a newer session has a higher score. */
export const sessionLimit = (send: Send, keys: Keys): SubjectLimit => ({
  async acquire(key, id, expiresAt) {
    const before = await ACQUIRE(send, keys.limit(key), [encode(id), neededUntil(expiresAt)])
    return (before as string[]).map(decode)
  },

  async holders(key) {
    return ((await sendTo(send, 'zrange', keys.limit(key), '0', '-1')) as string[]).map(decode)
  },

  async release(key, id) {
    await sendTo(send, 'zrem', keys.limit(key), encode(id))
  },
})

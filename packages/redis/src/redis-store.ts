import type { SessionStore, StoredSession, SubjectIndex, SubjectLimit } from '@sojourn/session-core'
import { call, type RedisClient } from './client'
import { instant } from './encoding'
import { connected, type RedisOptions } from './options'
import { pack, packInstants, packVersion, unpack, unpackWords } from './row'
import { DROP, TOUCH, UPDATE } from './scripts'
import { subjectLimit } from './session-limit'
import { subjectIndex } from './subject-index'

/**
 * Sessions in Redis 7.0 or Valkey 7.2 and newer: a single server, Sentinel or Cluster. Each session is one key, which
 * Redis forgets at its `expiresAt`; each subject has two more, which it forgets with the subject's last session.
 *
 * One round trip, and one command, for `create` of an anonymous session, `read`, `update`, `touch`, `acquire`, `holders`
 * and `release`. A `create` with subjects, or an `update` that adds one or moves `absoluteExpiresAt` ahead, first enters
 * each in its index (one command, and up to three to look after old entries); `delete` takes one more for each subject.
 * `listBySubject` takes one for each row and one or two for each hundred; `deleteBySubject` one for each row and two or
 * three for each hundred.
 *
 * A row that is not of this package's making reads as absent. Whatever the client throws is passed on as it is.
 *
 * @param client connected by the application and closed by it.
 * @throws a TypeError where the client is none of those known.
 * @example
 * const client = await createClient({ url: process.env.REDIS_URL }).connect()
 * const sessions = createSessionManager({ secret, store: redisStore(client) })
 */
export function redisStore(
  client: RedisClient,
  options: RedisOptions = {},
): SessionStore & SubjectIndex & SubjectLimit {
  const { send, names } = connected(client, options)

  async function read(id: string): Promise<StoredSession | null> {
    const text = await call(send, 'get', names.row(id))
    return typeof text === 'string' ? unpack(id, text) : null
  }

  const { enter, leave, ...index } = subjectIndex(send, names, read)

  return {
    async create(row) {
      await enter(row)
      return (await call(send, 'set', names.row(row.id), pack(row), 'nx', 'pxat', expiryOf(row))) === 'OK'
    },

    read,

    async update(row, seen) {
      // Entries under keys that the row no longer holds stay until they are read: another update may hold them again.
      await enter(row, seen)
      const args = [pack(row), packVersion(seen.version), expiryOf(row)]
      return Number(await UPDATE(send, [names.row(row.id)], args)) === 1
    },

    async touch(id, touchedAt, expiresAt) {
      const args = [packInstants(touchedAt, expiresAt), instant(expiresAt)]
      return Number(await TOUCH(send, [names.row(id)], args)) === 1
    },

    async delete(id) {
      const words = await DROP(send, [names.row(id)], [' '])
      if (typeof words !== 'string') return false
      await leave(id, unpackWords(words).subjectKeys)
      return true
    },

    ...index,
    ...subjectLimit(send, names),
  }
}

/** Redis takes no instant before 1. One that has passed is taken, and the row is gone at once. */
const expiryOf = (row: StoredSession): string => instant(Math.max(1, row.expiresAt))

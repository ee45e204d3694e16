import type { SessionStore, StoredSession, StoreHealth, SubjectIndex, SubjectLimit } from '@sojourn/session-core'
import { type RedisClient, sendTo } from './client'
import { deleteRow } from './delete-row'
import { expiryOf, formatInstant } from './encoding'
import { type RedisOptions, resolveOptions } from './options'
import { rowReplacer } from './replace-row'
import { packInstants, packRow, unpackRow } from './row'
import { TOUCH } from './scripts'
import { sessionLimit } from './session-limit'
import { subjectIndex } from './subject-index'

/**
 * Keeps sessions in Redis 7.0 or Valkey 7.2 and newer: a single server, Sentinel or Cluster. Each session is one key, which
 * Redis removes at its `expiresAt`. Each subject has one more key, and a second one if `maxPerSubject` is set; Redis removes
 * both with the subject's last session.
 *
 * An `update` compares the whole row with `SET … IFEQ` where the server can (Valkey 8.1, Redis 8.4), and takes a second command if
 * a touch came in between.
 *
 * `create` of an anonymous session, `read`, `update`, `touch`, `acquire`, `holders` and `release` take one command each. A
 * `create` with subjects, and an `update` that adds a subject, first take one for each subject, and up to three more that
 * remove old index entries; an `update` that moves `absoluteExpiresAt` ahead takes two for each subject. `delete` takes one more for each subject. `listBySubject`
 * takes one for each row, and one or two for each hundred rows; `deleteBySubject` takes one for each row, and two or three
 * beside them.
 *
 * A deleted session leaves an empty value under its key until it would have expired, for at most an hour: a `create` that the
 * client sends twice then brings nothing back. It is left by `delete` and `deleteBySubject`, except if Redis refuses it.
 *
 * A value that this package did not write reads as absent. Errors of the client are passed on unchanged.
 *
 * @param client The application connects it and closes it. Calls before that reject with an error that says so.
 * @throws SessionConfigError for an unsupported client and for an unknown option.
 * @example
 * const client = await createClient({ url: process.env.REDIS_URL }).on('error', console.error).connect()
 * const sessions = createSessionManager({ secret, store: redisStore(client) })
 */
export function redisStore(
  client: RedisClient,
  options: RedisOptions = {},
): SessionStore & SubjectIndex & SubjectLimit & StoreHealth {
  const { send, sendForBytes, keys, health } = resolveOptions('redisStore', client, options)

  async function read(id: string): Promise<StoredSession | null> {
    const bytes = await sendTo(sendForBytes, 'get', keys.session(id))
    return bytes instanceof Buffer ? unpackRow(id, bytes) : null
  }

  const { add, remove, ...index } = subjectIndex({ send, sendForBytes }, keys, read)

  const replace = rowReplacer(send)

  return {
    kind: 'redis',

    async create(row) {
      await add(row)
      const reply = await sendTo(send, 'set', keys.session(row.id), packRow(row), 'nx', 'pxat', expiryOf(row))
      return reply === 'OK'
    },

    read,

    async update(row, seen) {
      // Entries under keys that the row no longer has are removed when they are read: another update may add the key again.
      await add(row, seen)
      return replace(keys.session(row.id), row, seen)
    },

    async touch(id, touchedAt, expiresAt) {
      const args = [packInstants(touchedAt, expiresAt), formatInstant(expiresAt)]
      return Number(await TOUCH(send, keys.session(id), args)) === 1
    },

    async delete(id, keepOut) {
      const subjectKeys = await deleteRow(sendForBytes, keys.session(id), '', keepOut)
      if (subjectKeys === undefined) return false
      await remove(id, subjectKeys)
      return true
    },

    ...index,
    ...sessionLimit(send, keys),
    health,
  }
}

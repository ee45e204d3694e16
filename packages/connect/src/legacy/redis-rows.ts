import { checkMethods, type OptionTable, ofType, readOptions, SessionConfigError } from '#check'
import { type LegacyRows, parseSession } from './legacy-rows'

/** A client of `redis` or `ioredis`: the one that connect-redis was given. */
export interface RedisReader {
  /** Reads a key. */
  get(key: string): Promise<unknown>
  /** Deletes a key. */
  del(key: string): Promise<unknown>
  /** The time that a key has left, in milliseconds (`redis`). */
  pTTL?(key: string): Promise<number>
  /** The time that a key has left, in milliseconds (`ioredis`). */
  pttl?(key: string): Promise<number>
}

/** Options of {@link redisRows}. */
export interface RedisRowsOptions {
  /**
   * The option of connect-redis.
   * @default 'sess:'
   */
  prefix?: string
}

const OPTIONS = { prefix: { kind: ofType('string'), default: 'sess:' } } satisfies OptionTable<RedisRowsOptions>

/**
 * The rows that connect-redis has written with its own serializer, JSON. A row in another form reads as absent.
 * @example
 * sojournStore(session, { store, secret, readLegacy: redisRows(client, { prefix: 'sess:' }) })
 * @throws SessionConfigError for a client without these methods and for an unknown option.
 */
export function redisRows(client: RedisReader, options: RedisRowsOptions = {}): LegacyRows {
  const { prefix } = readOptions('redisRows.', options, OPTIONS)
  if (typeof client !== 'object' || client === null) {
    throw new SessionConfigError('redisRows.client', 'is missing: pass the client that connect-redis was given')
  }
  checkMethods('redisRows.client', client, ['get', 'del'])
  const timeLeft = client.pTTL ?? client.pttl
  if (!timeLeft) throw new SessionConfigError('redisRows.client', 'has no method pTTL() or pttl()')
  return {
    async read(sid) {
      const session = parseSession(await client.get(prefix + sid))
      if (!session) return undefined
      const left = await timeLeft.call(client, prefix + sid)
      // -1: no expiry. -2: the key is gone.
      if (left === -2) return undefined
      return { session, expiresAt: left >= 0 ? Date.now() + left : undefined }
    },
    end: (sid) => client.del(prefix + sid),
  }
}

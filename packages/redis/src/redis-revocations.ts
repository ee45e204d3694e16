import type { Revocation, RevocationStore } from '@sojourn/session-core'
import { call, type RedisClient } from './client'
import { decode, encode, instant } from './encoding'
import { connected, type RedisOptions } from './options'
import { REVOKE } from './scripts'

/**
 * The marks that end sealed cookies, in Redis 7.0 or Valkey 7.2 and newer. Each mark is one key, which Redis forgets at
 * its `expiresAt`; `revoke` is one command, `read` one for each key, in parallel.
 *
 * @param client connected by the application and closed by it.
 * @throws a TypeError where the client is none of those known.
 */
export function redisRevocations(client: RedisClient, options: RedisOptions = {}): RevocationStore {
  const { send, names } = connected(client, options)
  return {
    async revoke(key, { notBefore, except, expiresAt }) {
      const exception = except === undefined ? '' : ` ${encode(except)}`
      await REVOKE(send, [names.mark(key)], [instant(notBefore), instant(expiresAt), exception])
    },

    read: (keys) =>
      Promise.all(
        keys.map(async (key) => {
          const mark = await call(send, 'get', names.mark(key))
          return typeof mark === 'string' ? parse(mark) : null
        }),
      ),
  }
}

function parse(mark: string): Revocation {
  const [notBefore, exceptSince, except] = mark.split(' ')
  if (except === undefined) return { notBefore: Number(notBefore) }
  return { notBefore: Number(notBefore), except: decode(except), exceptSince: Number(exceptSince) }
}

import type { Revocation, RevocationStore, StoreHealth } from '@sojourn/session-core'
import { own } from '#check'
import { type RedisClient, sendTo } from './client'
import { decode, encode, formatInstant } from './encoding'
import { type RedisOptions, resolveOptions } from './options'
import { REVOKE } from './scripts'

/**
 * Keeps the revocations of cookie mode in Redis 7.0 or Valkey 7.2 and newer. Each revocation is one key, which Redis
 * removes at its `expiresAt`. `revoke` takes one command; `read` takes one for each key, in parallel. Errors of the client
 * are passed on unchanged.
 *
 * @param client The application connects it and closes it. Calls before that reject with an error that says so.
 * @throws SessionConfigError for an unsupported client and for an unknown option.
 * @example
 * const client = await createClient({ url: process.env.REDIS_URL }).on('error', console.error).connect()
 * const sessions = createSessionManager({ secret, revocations: redisRevocations(client) })
 */
export function redisRevocations(client: RedisClient, options: RedisOptions = {}): RevocationStore & StoreHealth {
  const { send, keys, health } = resolveOptions('redisRevocations', client, options)
  return {
    kind: 'redis',
    health,

    async revoke(key, entry) {
      const { notBefore, except, expiresAt, nonce } = own(entry)
      const exception = except === undefined ? '' : ` ${encode(except)}`
      const name = nonce === undefined ? '' : `${TAB}${encode(nonce)}`
      const instants = [formatInstant(notBefore), formatInstant(expiresAt)]
      return parseNonce(await REVOKE(send, keys.revocation(key), [...instants, exception, name]))
    },

    read: (names) =>
      Promise.all(
        names.map(async (name) => {
          const entry = await sendTo(send, 'get', keys.revocation(name))
          return typeof entry === 'string' ? parseEntry(entry) : null
        }),
      ),
  }
}

/** Precedes the nonce. */
const TAB = '\t'

function parseEntry(entry: string): Revocation {
  const end = entry.indexOf(TAB)
  const [notBefore, exceptSince, except] = (end < 0 ? entry : entry.slice(0, end)).split(' ')
  const revocation = { notBefore: Number(notBefore), nonce: end < 0 ? undefined : parseNonce(entry.slice(end)) }
  return except === undefined ? revocation : { ...revocation, except: decode(except), exceptSince: Number(exceptSince) }
}

/** The nonce after the tab; undefined for an empty text. */
const parseNonce = (text: unknown): string | undefined => (text ? decode(String(text).slice(1)) : undefined)

import type { StoreHealth } from '@sojourn/session-core'
import { type OptionTable, ofType, readOptions } from '#check'
import { createSender, type RedisClient, type Send } from './client'
import { evictionWarning } from './eviction-warning'
import { redisHealth } from './health'
import { type Keys, keysUnder } from './keys'

/** Options of `redisStore` and `redisRevocations`. */
export interface RedisOptions {
  /**
   * Begins the name of every key. Deployments that share a Redis need a prefix each. Do not use a prefix with a hash tag,
   * such as `{sojourn}:`: it puts all keys into one hash slot of a Cluster.
   * @default 'sojourn:'
   */
  prefix?: string
  /**
   * Called once, after the first command, if the server, or a master of the Cluster, is configured to evict sessions when its
   * memory is full. An error that it throws is ignored.
   * @default process.emitWarning, or console.warn where there is no process
   */
  onWarning?: (message: string) => void
}

const OPTIONS = {
  prefix: { kind: ofType('string'), default: 'sojourn:' },
  onWarning: { kind: ofType('function') },
} satisfies OptionTable<RedisOptions>

/**
 * Checks the arguments of `call`, one of the two stores, and creates what they share.
 * @throws SessionConfigError for an unsupported client, and for an unknown option: with a misspelt `prefix`, two
 * deployments would share their keys.
 */
export function resolveOptions(
  call: string,
  client: RedisClient,
  options: RedisOptions,
): { send: Send; sendForBytes: Send; keys: Keys; health: StoreHealth['health'] } {
  const { prefix, onWarning } = readOptions(`${call}.`, options, OPTIONS)
  const watched = evictionWarning(client, prefix, onWarning)
  const send = watched(createSender(client))
  const sendForBytes = watched(createSender(client, 'bytes'))
  return { send, sendForBytes, keys: keysUnder(prefix), ...redisHealth(createSender(client), client, prefix) }
}

import { type RedisClient, type Send, senderOf } from './client'
import { warnOfEviction } from './eviction-warning'
import { type Names, namesUnder } from './keys'

/** Options of `redisStore` and `redisRevocations`. */
export interface RedisOptions {
  /**
   * Begins the name of every key. Default `sojourn:`. Where several deployments share a Redis, each needs its own. A
   * prefix with a hash tag, `{sojourn}:`, puts everything into one slot of a Cluster: do not.
   */
  prefix?: string
  /**
   * Told once, after the first command, if the server may evict sessions when its memory is full. Default:
   * `process.emitWarning`, `console.warn` where there is no process.
   */
  onWarning?: (message: string) => void
}

const known = ['prefix', 'onWarning']

/**
 * What both stores are made of.
 * @throws TypeError for a client that is none, and for an option that does not exist: a misspelt `prefix` would share keys
 * with another deployment.
 */
export function connected(client: RedisClient, options: RedisOptions): { send: Send; names: Names } {
  const unknown = Object.keys(options).find((option) => !known.includes(option))
  if (unknown !== undefined) throw new TypeError(`${unknown}: is not an option; known are ${known.join(', ')}`)
  const { prefix = 'sojourn:', onWarning } = options
  return { send: warnOfEviction(senderOf(client), prefix, onWarning), names: namesUnder(prefix) }
}

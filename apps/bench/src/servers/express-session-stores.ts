import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressSession, { type Store } from 'express-session'
import { connectPostgres, connectRedis } from './clients'
import type { Place } from './server'

interface OpenStore {
  store: Store
  close?: () => unknown
}

/**
 * A store of express-session, which @fastify/session takes as well.
 *
 * With `touch: false`, a read does not lengthen the session: "you may want to disable it to cut down the extra calls"
 * (connect-redis, README, disableTouch). The session then ends one day after its last change.
 */
export async function openExpressSessionStore(place: Place, { touch }: { touch: boolean }): Promise<OpenStore> {
  if (place.storage === 'memory') return { store: new expressSession.MemoryStore() }
  if (place.storage === 'Redis') {
    const client = await connectRedis(place)
    const store = new RedisStore({ client, prefix: `${place.namespace}:theirs:`, disableTouch: !touch })
    return { store, close: () => client.close() }
  }
  const pool = await connectPostgres(place)
  const store = new (connectPgSimple(expressSession))({
    pool, // "The recommended one" (README, Connection options)
    schemaName: place.namespace,
    createTableIfMissing: true,
    disableTouch: !touch,
    pruneSessionInterval: false, // "no automatic pruning will happen" (README, Other options)
  })
  return { store, close: () => pool.end() }
}

import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { Redis } from 'ioredis'
import pg from 'pg'

/** The store of a worker. */
export interface StoreSettings {
  kind: 'redis' | 'postgres'
  url: string
  namespace: string
}

/** Opens a store on a real server. The driver may wait for ever; the time limit of core has to end such a call. */
export function openStore({ kind, url, namespace }: StoreSettings) {
  if (kind === 'redis') {
    const client = new Redis(url, { maxRetriesPerRequest: null })
    client.on('error', () => {})
    return { store: redisStore(client, { prefix: `${namespace}:` }), close: async () => client.disconnect() }
  }
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  pool.on('error', () => {})
  return { store: postgresStore(pool, { schema: namespace, prepare: true }), close: () => pool.end() }
}

import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { Redis } from 'ioredis'
import pg from 'pg'

/** Where a worker's sessions live. */
export interface StorageSettings {
  kind: 'redis' | 'postgres'
  url: string
  namespace: string
}

/** A store on a real server, with drivers that give up: what waits for ever here is for core to end. */
export function openStorage({ kind, url, namespace }: StorageSettings) {
  if (kind === 'redis') {
    const client = new Redis(url, { maxRetriesPerRequest: null })
    client.on('error', () => {})
    return { store: redisStore(client, { prefix: `${namespace}:` }), close: async () => client.disconnect() }
  }
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  pool.on('error', () => {})
  return { store: postgresStore(pool, { schema: namespace, prepare: true }), close: () => pool.end() }
}

import pg from 'pg'
import { createClient } from 'redis'
import type { Place } from './server'

/** The client of Redis that every library uses: node-redis with its defaults. */
export const connectRedis = ({ url }: Place) => createClient({ url }).connect()

/** The pool of Postgres that every library uses: eight connections. Creates the schema of the place. */
export async function connectPostgres({ url, namespace }: Place): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: url, max: 8 })
  pool.on('error', () => {}) // the database may be gone before the last connection has said goodbye
  await pool.query(`CREATE SCHEMA IF NOT EXISTS "${namespace}"`)
  return pool
}

import { migrate } from '@sojourn/session-postgres'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, it } from 'vitest'

/** Where a process finds its database: a prefix of its keys, or a schema with our tables. */
export interface DatabaseOptions {
  database: 'redis' | 'postgres'
  url: string
  prefix?: string
  schema?: string
}

/** Defines the same tests on a Redis and on a Postgres. */
export async function onDatabases(name: string, tests: (options: DatabaseOptions) => void): Promise<void> {
  withServer({ describe, it, afterAll }, `${name} on Redis`, await startRedis(), ({ url, namespace }) => {
    const prefix = `${namespace}:`
    afterAll(async () => {
      const redis = await createClient({ url }).connect()
      for (const key of await redis.keys(`${prefix}*`)) await redis.del(key)
      await redis.close()
    })
    tests({ database: 'redis', url, prefix })
  })

  const postgres = await startPostgres()
  withServer({ describe, it, afterAll }, `${name} on Postgres`, postgres, ({ url, namespace: schema }) => {
    const pool = new pg.Pool({ connectionString: url })
    beforeAll(async () => {
      await pool.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`)
      await migrate(pool, { schema })
    })
    afterAll(async () => {
      await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
      await pool.end()
    })
    tests({ database: 'postgres', url, schema })
  })
}

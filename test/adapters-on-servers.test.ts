import { once } from 'node:events'
import { createRequire } from 'node:module'
import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, it } from 'vitest'
import { freshTables } from '../packages/postgres/test/support/suites'
import { sweep } from '../packages/redis/test/support/suites'
import { adaptersOver } from './adapters'

/** Loads a driver from the store's package, because the workspace root depends on none. */
const driverOf = (name: 'redis' | 'postgres', driver: string) =>
  createRequire(new URL(`../packages/${name}/package.json`, import.meta.url))(driver)

// Redis expires keys by its own clock, so the test clock starts at the present and only moves forward.
const start = Date.now()

withServer({ describe, it, afterAll }, 'adapters over one Redis', await startRedis(), ({ url, namespace }) => {
  const redis = new (driverOf('redis', 'ioredis').Redis)(url)
  let prefixes = 0
  afterAll(async () => {
    await sweep([redis], namespace)
    await redis.quit()
  })
  adaptersOver({
    name: 'Redis',
    start,
    open: async () => ({ store: redisStore(redis, { prefix: `${namespace}:${++prefixes}:` }), close: async () => {} }),
  })
})

withServer({ describe, it, afterAll }, 'adapters over one Postgres', await startPostgres(), ({ url, namespace }) => {
  const pool = new (driverOf('postgres', 'pg').Pool)({ connectionString: url, max: 4 })
  afterAll(async () => {
    // Drop the tables one by one: a single transaction would need more locks than the server allows.
    const tables = await pool.query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [namespace])
    for (const { tablename } of tables.rows) await pool.query(`DROP TABLE IF EXISTS "${namespace}"."${tablename}"`)
    await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    // A pool resolves `end` before its connections are closed, and they report an error if the server stops first.
    await Promise.all([once(pool, 'remove'), pool.end()])
  })
  adaptersOver({
    name: 'Postgres',
    start,
    open: async () => ({ store: postgresStore(pool, await freshTables(pool, namespace)), close: async () => {} }),
  })
})

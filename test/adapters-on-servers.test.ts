import { once } from 'node:events'
import { createRequire } from 'node:module'
import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, it } from 'vitest'
import { freshTables } from '../packages/postgres/test/suites'
import { sweep } from '../packages/redis/test/suites'
import { adaptersOver } from './adapters'

/** A driver as the store's own tests have it: the workspace's root depends on none. */
const driverOf = (name: 'redis' | 'postgres', driver: string) =>
  createRequire(new URL(`../packages/${name}/package.json`, import.meta.url))(driver)

// Redis forgets by its own clock, so the tests' time begins at the present; they only ever move it forward.
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
    // One by one: dropping every test's tables in one transaction would hold more locks than a server has room for.
    const tables = await pool.query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [namespace])
    for (const { tablename } of tables.rows) await pool.query(`DROP TABLE IF EXISTS "${namespace}"."${tablename}"`)
    await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    // A pool has ended before its connections have, to which a server that goes first is an error.
    await Promise.all([once(pool, 'remove'), pool.end()])
  })
  adaptersOver({
    name: 'Postgres',
    start,
    open: async () => ({ store: postgresStore(pool, await freshTables(pool, namespace)), close: async () => {} }),
  })
})

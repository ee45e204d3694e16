import { once } from 'node:events'
import { createRequire } from 'node:module'
import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, it } from 'vitest'
import { referenceSuite } from '../packages/core/test/reference/reference-suite'
import { freshTables } from '../packages/postgres/test/support/suites'
import { sweep } from '../packages/redis/test/support/suites'

/** Loads a driver from the store's package, because the workspace root depends on none. */
const driverOf = (name: 'redis' | 'postgres', driver: string) =>
  createRequire(new URL(`../packages/${name}/package.json`, import.meta.url))(driver)

// Redis expires keys by its own clock, so the test clock starts at the present and only moves forward.
const start = Date.now()

withServer(
  { describe, it, afterAll },
  'a session as the reference has it, in Redis,',
  await startRedis(),
  ({ url, namespace }) => {
    const redis = new (driverOf('redis', 'ioredis').Redis)(url)
    let prefixes = 0
    afterAll(async () => {
      await sweep([redis], namespace)
      await redis.quit()
    })
    referenceSuite({ start, open: () => redisStore(redis, { prefix: `${namespace}:${++prefixes}:` }) })
  },
)

withServer(
  { describe, it, afterAll },
  'a session as the reference has it, in Postgres,',
  await startPostgres(),
  ({ url, namespace }) => {
    const pool = new (driverOf('postgres', 'pg').Pool)({ connectionString: url, max: 1 })
    afterAll(async () => {
      await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
      // A pool resolves `end` before its connection is closed, which reports an error if the server stops first.
      await Promise.all([once(pool, 'remove'), pool.end()])
    })
    referenceSuite({ start, open: async () => postgresStore(pool, await freshTables(pool, namespace)) })
  },
)

import { once } from 'node:events'
import { createRequire } from 'node:module'
import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, it } from 'vitest'
import { theftSuite } from '../packages/core/test/persistence/theft-suite'
import { freshTables } from '../packages/postgres/test/support/suites'
import { sweep } from '../packages/redis/test/support/suites'

/** A driver as the store's own tests have it: the workspace's root depends on none. */
const driverOf = (name: 'redis' | 'postgres', driver: string) =>
  createRequire(new URL(`../packages/${name}/package.json`, import.meta.url))(driver)

// Redis forgets by its own clock, so the tests' time begins at the present; they only ever move it forward.
const start = Date.now()

withServer({ describe, it, afterAll }, 'sessions in Redis', await startRedis(), ({ url, namespace }) => {
  const redis = new (driverOf('redis', 'ioredis').Redis)(url)
  let prefixes = 0
  afterAll(async () => {
    await sweep([redis], namespace)
    await redis.quit()
  })
  theftSuite({ start, open: () => redisStore(redis, { prefix: `${namespace}:${++prefixes}:` }) })
})

withServer({ describe, it, afterAll }, 'sessions in Postgres', await startPostgres(), ({ url, namespace }) => {
  const pool = new (driverOf('postgres', 'pg').Pool)({ connectionString: url, max: 4 })
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    // A pool has ended before its connections have, to which a server that goes first is an error.
    await Promise.all([once(pool, 'remove'), pool.end()])
  })
  theftSuite({ start, open: async () => postgresStore(pool, await freshTables(pool, namespace)) })
})

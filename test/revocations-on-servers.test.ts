import { once } from 'node:events'
import { createRequire } from 'node:module'
import { postgresRevocations } from '@sojourn/session-postgres'
import { redisRevocations } from '@sojourn/session-redis'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { afterAll, describe, it } from 'vitest'
import { revocationsSuite } from '../packages/core/test/persistence/revocations-suite'
import { freshTables } from '../packages/postgres/test/support/suites'
import { sweep } from '../packages/redis/test/support/suites'

/** A driver as the store's own tests have it: the workspace's root depends on none. */
const driverOf = (name: 'redis' | 'postgres', driver: string) =>
  createRequire(new URL(`../packages/${name}/package.json`, import.meta.url))(driver)

// Redis forgets by its own clock, so the tests' time begins at the present; they only ever move it forward.
const start = Date.now()

withServer({ describe, it, afterAll }, 'revocations in Redis', await startRedis(), ({ url, namespace }) => {
  const connections = [1, 2].map(() => new (driverOf('redis', 'ioredis').Redis)(url))
  let prefixes = 0
  let opened = 0
  afterAll(async () => {
    await sweep(connections.slice(0, 1), namespace)
    for (const redis of connections) await redis.quit()
  })
  revocationsSuite({
    start,
    open() {
      const prefix = `${namespace}:${++prefixes}:`
      return () => redisRevocations(connections[opened++ % 2], { prefix })
    },
  })
})

withServer({ describe, it, afterAll }, 'revocations in Postgres', await startPostgres(), ({ url, namespace }) => {
  const pool = new (driverOf('postgres', 'pg').Pool)({ connectionString: url, max: 4 })
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    // A pool has ended before its connections have, to which a server that goes first is an error.
    await Promise.all([once(pool, 'remove'), pool.end()])
  })
  revocationsSuite({
    start,
    async open() {
      const tables = await freshTables(pool, namespace)
      return () => postgresRevocations(pool, tables)
    },
  })
})

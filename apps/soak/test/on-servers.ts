import { migrate } from '@sojourn/session-postgres'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { StoreSettings } from '../src/store'

/** Defines the same tests over a Redis and over a Postgres. */
export async function onServers(name: string, tests: (store: StoreSettings) => void): Promise<void> {
  const runner = { describe, it, afterAll }
  withServer(runner, `${name} over one Redis`, await startRedis(), ({ url, namespace }) => {
    tests({ kind: 'redis', url, namespace })
  })
  withServer(runner, `${name} over one Postgres`, await startPostgres(), ({ url, namespace }) => {
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    beforeAll(() => migrate(pool, { schema: namespace }))
    afterAll(async () => {
      await pool.query(`DROP SCHEMA "${namespace}" CASCADE`)
      await pool.end()
    })
    tests({ kind: 'postgres', url, namespace })
  })
}

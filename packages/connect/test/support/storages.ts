import { memoryStore, type SessionStore, type SubjectIndex } from '@sojourn/session-core'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'

export type Storage = SessionStore & SubjectIndex

/** Defines the same tests over the memory store, Redis and Postgres. `open` makes an empty store. */
export async function onEachStorage(
  name: string,
  tests: (open: () => Promise<{ store: Storage; rows(): Promise<string> }>) => void,
): Promise<void> {
  let count = 0
  describe(`${name}, in memory`, () => {
    tests(async () => {
      const store = memoryStore()
      return { store, rows: async () => '' }
    })
  })

  withServer({ describe, it, afterAll }, `${name}, in Redis`, await startRedis(), ({ url, namespace }) => {
    const redis = new Redis(url)
    const prefixOf = (n: number) => `${namespace}:${n}:`
    afterAll(async () => {
      for (let n = 1; n <= count; n++) for (const key of await redis.keys(`${prefixOf(n)}*`)) await redis.del(key)
      await redis.quit()
    })
    tests(async () => {
      const prefix = prefixOf(++count)
      const rows = async () => {
        const keys = await redis.keys(`${prefix}*`)
        const texts = await Promise.all(keys.map((key) => redis.get(key).catch(() => '')))
        return [...keys, ...texts].join('\n')
      }
      return { store: redisStore(redis, { prefix }), rows }
    })
  })

  withServer({ describe, it, afterAll }, `${name}, in Postgres`, await startPostgres(), ({ url, namespace }) => {
    const pool = new pg.Pool({ connectionString: url })
    beforeAll(() => pool.query(`CREATE SCHEMA IF NOT EXISTS "${namespace}"`).then(() => {}))
    afterAll(async () => {
      await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
      await pool.end()
    })
    tests(async () => {
      const tables = { schema: namespace, table: `connect_${++count}` }
      await migrate(pool, tables)
      const rows = async () => JSON.stringify((await pool.query(`SELECT * FROM "${namespace}".${tables.table}`)).rows)
      return { store: postgresStore(pool, tables), rows }
    })
  })
}

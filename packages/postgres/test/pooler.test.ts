import { startPgBouncer, startPostgres, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { sessionSuite, suites } from './support/suites'

const postgres = await startPostgres({ own: true })
afterAll(async () => {
  if (postgres.available) await postgres.close()
})

withServer({ describe, it, afterAll }, 'PgBouncer', await startPgBouncer(postgres), ({ url }) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  afterAll(() => pool.end())

  it('assigns another connection to the next statement of a client if the last one is busy', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()))
    const [client, ...others] = clients as [pg.PoolClient, ...pg.PoolClient[]]
    const connection = async (of: pg.PoolClient) => (await of.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
    const last = await connection(client)
    for (const other of others) {
      await other.query('BEGIN')
      if ((await connection(other)) === last) break
    }
    expect(await connection(client)).not.toBe(last)
    for (const each of clients) {
      await each.query('ROLLBACK')
      each.release()
    }
  })

  suites('PgBouncer', pool)
  sessionSuite('PgBouncer without support for prepared statements', pool, { prepare: true })
})

import { startPostgres, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, postgresStore } from '../src'
import { freshTables, now, qualified, row } from './support/suites'

const [rows, touches] = [50, 300]

/** The share of touches that stayed within their page and wrote to no index (HOT updates), as Postgres counts them. */
async function hotShare(connection: Database, schema?: string, before?: (table: string) => string): Promise<number> {
  const options = await freshTables(connection, schema)
  const table = qualified(options)
  if (before) await connection.query(before(table))
  const store = postgresStore(connection, options)
  for (let n = 0; n < rows; n++) {
    await store.create(
      row(`s${n}`, { payload: 'x'.repeat(900 + ((n * 37) % 800)), subjectKeys: [`subject ${n % 50}`] }),
    )
  }
  const counted = new CountedUpdates(connection, table)
  const touched = postgresStore(counted, options)
  for (let n = 1; n <= touches; n++) {
    await touched.touch(`s${(n * n * 31) % rows}`, now + n, now + 900_000 + n)
  }
  expect(counted.updates).toBe(touches)
  return counted.hot / counted.updates
}

/** Runs each statement in a transaction, and counts its updates. */
class CountedUpdates implements Database {
  updates = 0
  hot = 0
  constructor(
    private readonly connection: Database,
    private readonly table: string,
  ) {}

  async query(text: string, values?: unknown[]) {
    await this.connection.query('BEGIN')
    const before = await this.#count()
    const result = await this.connection.query(text, values)
    const after = await this.#count()
    await this.connection.query('COMMIT')
    this.updates += after.updates - before.updates
    this.hot += after.hot - before.hot
    return result
  }

  async #count() {
    const count = `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot
      FROM pg_stat_xact_user_tables WHERE relid = ($1::text)::regclass`
    const { rows } = await this.connection.query(count, [this.table])
    return rows[0] as { updates: number; hot: number }
  }
}

withServer({ describe, it, afterAll }, 'touch on a server', await startPostgres(), ({ url, namespace }) => {
  const client = new pg.Client(url)
  beforeAll(() => client.connect())
  afterAll(async () => {
    await client.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    await client.end()
  })

  it('writes to no index in more than 95 of 100 cases', async () => {
    expect(await hotShare(client, namespace)).toBeGreaterThan(0.95)
  })

  it('always writes to an index if there is one on expires_at (proves the measurement)', async () => {
    expect(await hotShare(client, namespace, (table) => `CREATE INDEX ON ${table} (expires_at)`)).toBe(0)
  })

  it('writes nothing if it moves nothing', async () => {
    const options = await freshTables(client, namespace)
    const store = postgresStore(client, options)
    await store.create(row('a', { touchedAt: now }))
    const counted = new CountedUpdates(client, qualified(options))
    expect(await postgresStore(counted, options).touch('a', now, now + 99)).toBe(true)
    expect(counted.updates).toBe(0)
  })
})

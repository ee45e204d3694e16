import { startPostgres, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, postgresStore } from '../src'
import { freshTables, now, row, sessionSuite } from './support/suites'

it('prepare › does not compile for a database without named statements', () => {
  const plain: Database = { query: async () => ({ rows: [] }) }
  postgresStore(plain, { prepare: false })
  // @ts-expect-error: this database has no query for a named statement.
  postgresStore(plain, { prepare: true })
})

withServer({ describe, it, afterAll }, 'prepared statements', await startPostgres(), ({ url, namespace }) => {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  let client: pg.Client
  const opened: pg.Client[] = []
  beforeEach(async () => {
    client = new pg.Client(url)
    opened.push(client)
    await client.connect()
  })
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    await Promise.all([pool, ...opened].map((each) => each.end()))
  })

  const fresh = async (database: pg.Pool | pg.Client) =>
    postgresStore(database, { ...(await freshTables(pool, namespace)), prepare: true })
  const namesOf = async (database: pg.Client) =>
    (await database.query('SELECT name FROM pg_prepared_statements ORDER BY name')).rows.map(({ name }) => String(name))

  /** Runs each statement that concerns one session, twice. */
  async function works(store: ReturnType<typeof postgresStore>, name: string): Promise<void> {
    for (const id of [`${name} 1`, `${name} 2`]) {
      const seen = row(id)
      expect(await store.create(seen)).toBe(true)
      expect(await store.update({ ...seen, version: 'new' }, seen)).toBe(true)
      expect(await store.touch(id, now, now + 500)).toBe(true)
      expect(await store.read(id)).toEqual({ ...seen, version: 'new', touchedAt: now, expiresAt: now + 500 })
      expect(await store.delete(id)).toBe(true)
    }
  }

  it('are the five that concern one session, each prepared once per connection', async () => {
    const store = await fresh(client)
    await works(store, 'a')
    await store.listBySubject('k', { limit: 5 })
    const names = await namesOf(client)
    expect(names.length).toBe(5)
    await works(store, 'b')
    expect(await namesOf(client)).toEqual(names)
  })

  it('of two tables have different names on one connection', async () => {
    await works(await fresh(client), 'a')
    await works(await fresh(client), 'a')
    expect((await namesOf(client)).length).toBe(10)
  })

  it('are not used again after the connection lost them, and the call succeeds', async () => {
    const store = await fresh(client)
    await works(store, 'a')
    await client.query('DEALLOCATE ALL')
    await works(store, 'b')
    expect(await namesOf(client)).toEqual([])
  })

  it('are not used again if their names are taken on the connection, and the call succeeds', async () => {
    const other = opened[0]!
    const options = { ...(await freshTables(pool, namespace)), prepare: true }
    await works(postgresStore(other, options), 'a')
    for (const name of await namesOf(other)) await client.query(`PREPARE "${name}" AS SELECT 7`)
    await works(postgresStore(client, options), 'b')
  })

  it('are not used without the option', async () => {
    await works(postgresStore(client, await freshTables(pool, namespace)), 'a')
    expect(await namesOf(client)).toEqual([])
  })

  it('hide no other error', async () => {
    const store = postgresStore(client, { schema: namespace, table: 'absent', prepare: true })
    await expect(store.read('a')).rejects.toThrow(/does not exist/)
  })

  sessionSuite('pg, prepared', pool, { schema: namespace, prepare: true })
})

import { startPostgres, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, postgresRevocations, postgresStore } from '../src'
import { expiredTests } from './support/expired-rows'
import { freshTables, now, qualified, row, suites } from './support/suites'

withServer({ describe, it, afterAll }, 'postgresStore on a server', await startPostgres(), ({ url, namespace }) => {
  // A statement that waits for a lock although none should, fails after ten seconds.
  const pool = new pg.Pool({ connectionString: url, max: 10, options: '-c lock_timeout=10000' })
  const other = new pg.Client(url)
  beforeAll(() => other.connect())
  afterAll(async () => {
    await other.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    await other.end()
    await pool.end()
  })

  it('migrate › succeeds in many connections at once, also if the schema is absent', async () => {
    const clients = await Promise.all(Array.from({ length: 9 }, () => pool.connect()))
    try {
      for (const table of ['one', 'two', 'three']) {
        await Promise.all(clients.map((client) => migrate(client, { schema: namespace, table })))
        expect(await postgresStore(pool, { schema: namespace, table }).create(row('a'))).toBe(true)
      }
    } finally {
      for (const client of clients) client.release()
    }
  })

  it('migrate › waits for no writer if it is run again', async () => {
    const options = await freshTables(pool, namespace)
    const indexes = `SELECT indexrelid::regclass::text AS name FROM pg_index
      WHERE indrelid = ANY(ARRAY['${qualified(options)}', '${qualified(options)}_revocation']::regclass[]) ORDER BY name`
    const made = (await pool.query(indexes)).rows
    await postgresStore(pool, options).create(row('a'))
    await other.query('BEGIN')
    await postgresStore(other, options).touch('a', now, now + 500)
    await postgresRevocations(other, options).revoke('k', { notBefore: now, expiresAt: now })
    await migrate(pool, options)
    await other.query('COMMIT')
    expect((await pool.query(indexes)).rows).toEqual(made)
    expect(made.length).toBe(6)
  })

  it('migrate › uses the first schema of the search path, also if another one has the tables', async () => {
    const inSchemas = (...schemas: string[]) =>
      new pg.Client({ connectionString: url, options: `-c search_path=${schemas.join(',')}` })
    const [before, behind] = [`${namespace}_before`, namespace]
    await pool.query(`CREATE SCHEMA IF NOT EXISTS "${behind}"; CREATE SCHEMA "${before}"`)
    for (const schemas of [[behind], [before, behind]]) {
      const client = inSchemas(...schemas)
      await client.connect()
      await migrate(client, { table: 'path' })
      await client.end()
    }
    const indexes = `SELECT indexname FROM pg_indexes WHERE schemaname = $1 AND tablename LIKE 'path%' ORDER BY indexname`
    const [there, here] = await Promise.all([before, behind].map((schema) => pool.query(indexes, [schema])))
    await pool.query(`DROP SCHEMA "${before}" CASCADE`)
    expect(there!.rows.length).toBe(7)
    expect(there!.rows).toEqual(here!.rows)
  })

  it('deleteExpired › waits for no lock, and keeps a row whose touch is in progress', async () => {
    const options = await freshTables(pool, namespace)
    const store = postgresStore(pool, options)
    const ids = ['idle', 'ended']
    await store.create(row('idle'))
    await store.create(row('ended', { absoluteExpiresAt: now - 1 }))
    await store.create(row('free'))
    await store.acquire('k', 'free', now)

    await other.query('BEGIN')
    for (const id of ids) expect(await postgresStore(other, options).touch(id, now, now + 500)).toBe(true)
    await other.query(`SELECT FROM ${qualified(options)}_limit FOR UPDATE`)
    expect(await store.deleteExpired(now, 10)).toBe(1)
    await other.query('COMMIT')
    expect(await store.deleteExpired(now, 10)).toBe(0)
    for (const id of ids) expect((await store.read(id))?.expiresAt).toBe(now + 500)
  })

  it('deleteBySubject › locks rows in the order of their ids, so that two calls cannot deadlock', async () => {
    const options = await freshTables(pool, namespace)
    const store = postgresStore(pool, options)
    for (const id of ['s3', 's2', 's1']) await store.create(row(id))

    await other.query('BEGIN')
    await other.query(`SELECT FROM ${qualified(options)} WHERE id = 's2' FOR UPDATE`)
    const deleting = store.deleteBySubject('k', { limit: 1000 })
    const waiting = `SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))`
    while ((await other.query(waiting)).rows.length === 0);
    const free = await pool.query(`SELECT id FROM ${qualified(options)} FOR UPDATE SKIP LOCKED`)
    await other.query('COMMIT')
    expect(free.rows).toEqual([{ id: 's3' }])
    expect(await deleting).toEqual({ deleted: 3 })
  })

  it('listBySubject › reads no more rows than the page has, for a subject with many sessions', async () => {
    const options = await freshTables(pool, namespace)
    await pool.query(`INSERT INTO ${qualified(options)} SELECT 's' || n, 'v', decode(repeat('00', 300), 'hex'),
      ARRAY[CASE WHEN n % 4 = 0 THEN 'k' ELSE 'of ' || n END], 1, 1, 1 FROM generate_series(1, 4000) AS n`)
    await pool.query(`ANALYZE ${qualified(options)}`)
    const plans: Plan[] = []
    const explained = postgresStore(
      {
        async query(text, values) {
          const { rows } = await pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values)
          plans.push(rows[0]['QUERY PLAN'][0].Plan)
          return pool.query(text, values)
        },
      },
      options,
    )
    const first = await explained.listBySubject('k', { limit: 10 })
    await explained.listBySubject('k', { limit: 10, after: first[9]!.id })
    for (const plan of plans) expect(rowsSeen(plan)).toBe(10)
  })

  it('listBySubject › is in the order of ids with any plan', async () => {
    const options = await freshTables(pool, namespace)
    const store = postgresStore(pool, options)
    for (const id of ['s4', 's3', 's2', 's1'])
      await store.create(row(id, { subjectKeys: id === 's3' ? ['k', 'l'] : ['k'] }))
    const indexless = '-c enable_indexscan=off -c enable_bitmapscan=off -c enable_indexonlyscan=off'
    const client = new pg.Client({ connectionString: url, options: indexless })
    await client.connect()
    const page = await postgresStore(client, options).listBySubject('k', { limit: 2 })
    await client.end()
    expect(page.map(({ id }) => id)).toEqual(['s1', 's2'])
  })

  suites('pg', pool, namespace)
  expiredTests('pg', pool, namespace)
})

/** A step in the output of EXPLAIN: the rows that it returned, and those that it filtered out. */
interface Plan {
  'Actual Rows': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

/** The most rows that any step read. */
const rowsSeen = (plan: Plan): number =>
  Math.max(plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0), ...(plan.Plans ?? []).map(rowsSeen))

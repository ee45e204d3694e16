import { startPostgres, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { type Database, postgresRevocations, postgresStore } from '../src'
import { withRetry } from '../src/with-retry'
import { now, row, suites } from './support/suites'

describe('retry', () => {
  /** A database that fails with these codes in turn, then succeeds. */
  function failing(...codes: string[]) {
    const sent: unknown[] = []
    const database: Database = {
      async query(...statement) {
        sent.push(statement)
        const code = codes.shift()
        if (code !== undefined) throw Object.assign(new Error('from the database'), { code })
        return { rows: [{}] }
      },
    }
    return { database, sent }
  }

  it('sends the statement unchanged after a conflict and after a deadlock', async () => {
    const { database, sent } = failing('40001', '40P01', '40001')
    expect(await postgresStore(database).create(row('a'))).toBe(true)
    expect(sent.length).toBe(4)
    for (const again of sent) expect(again).toEqual(sent[0])
  })

  it('gives up after many conflicts', async () => {
    const { database, sent } = failing(...Array.from({ length: 1000 }, () => '40001'))
    const revoked = postgresRevocations(database).revoke('k', { notBefore: now, expiresAt: now })
    await expect(revoked).rejects.toMatchObject({ code: '40001' })
    expect(sent.length).toBeLessThan(100)
  })

  it('gives up after a second', async () => {
    const { database, sent } = failing(...Array.from({ length: 1000 }, () => '40001'))
    let now = 0
    const { query } = withRetry(database, () => (now += 400))
    await expect(query('SELECT 1')).rejects.toMatchObject({ code: '40001' })
    expect(sent.length).toBe(3)
  })

  it('does not follow any other error, which may leave the outcome unknown', async () => {
    for (const code of ['57014', '08006', '23505', 'ECONNRESET']) {
      const { database, sent } = failing(code)
      await expect(postgresStore(database).touch('a', now, now)).rejects.toMatchObject({ code })
      expect(sent.length).toBe(1)
    }
  })
})

withServer({ describe, it, afterAll }, 'isolation level serializable', await startPostgres(), ({ url, namespace }) => {
  const options = '-c lock_timeout=10000 -c default_transaction_isolation=serializable'
  const pool = new pg.Pool({ connectionString: url, max: 10, options })
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${namespace}" CASCADE`)
    await pool.end()
  })
  suites('pg, serializable', pool, namespace)
})

import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, postgresRevocations, postgresStore } from '../src'
import { expiredTests } from './support/expired-rows'
import { now, row, suites } from './support/suites'

const database = new PGlite()
beforeAll(() => database.waitReady)
afterAll(() => database.close())

suites('PGlite', database)
expiredTests('PGlite', database)

describe('the migration on PGlite', () => {
  it('creates the tables, and the schema if one is given', async () => {
    const everyShape = [
      undefined,
      { table: 'select' },
      { schema: 'My-App', table: 'Session-s' },
      { table: 'x'.repeat(40) },
    ]
    for (const options of everyShape) {
      await migrate(database, options)
      const store = postgresStore(database, options)
      expect(await store.create(row('a'))).toBe(true)
      expect(await store.acquire('k', 'a', now)).toEqual([])
      expect(await store.deleteExpired(now, 5)).toBe(1)
      expect(await postgresRevocations(database, options).read(['k'])).toEqual([null])
    }
  })

  it('changes nothing if it is run again', async () => {
    const options = { schema: 'again', table: 'session' }
    await migrate(database, options)
    await postgresStore(database, options).create(row('a'))
    await migrate(database, options)
    expect(await postgresStore(database, options).read('a')).toEqual(row('a'))
  })

  it('adds the column nonce to revocations of an earlier version, and keeps their entries', async () => {
    await database.query(`CREATE TABLE earlier_revocation (
      key text COLLATE "C" PRIMARY KEY, not_before bigint NOT NULL, except_id text, except_since bigint NOT NULL,
      expires_at bigint NOT NULL
    )`)
    await database.query(`INSERT INTO earlier_revocation VALUES ('k', 5, NULL, 0, ${now + 1000})`)
    await migrate(database, { table: 'earlier' })
    const revocations = postgresRevocations(database, { table: 'earlier' })
    expect((await revocations.read(['k']))[0]).toMatchObject({ notBefore: 5, nonce: undefined })
    expect(await revocations.revoke('l', { notBefore: 5, expiresAt: now + 1000, nonce: 'n' })).toBe('n')
  })

  it('forbids a null among the subject keys', async () => {
    await migrate(database, { table: 'checked' })
    const insert = `INSERT INTO checked VALUES ('a', 'v', 'p', ARRAY['k', NULL], 1, 1, 1)`
    await expect(database.query(insert)).rejects.toThrow(/check constraint/)
  })
})

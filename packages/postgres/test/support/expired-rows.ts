import { describe, expect, it } from 'vitest'
import { type Database, postgresRevocations, postgresStore } from '../../src'
import { expiredRows } from '../../src/expired-rows'
import { tablesOf } from '../../src/tables'
import { freshTables, now, qualified, row } from './suites'

/** Tests of clean-up beyond those of the store suite. */
export function expiredTests(name: string, database: Database, schema?: string): void {
  describe(`expired rows on ${name}`, () => {
    it('that no index finds are all removed, a part of the table at a time', async () => {
      const options = await freshTables(database, schema)
      const store = postgresStore(database, options)
      for (let n = 0; n < 40; n++) await store.create(row(`s${n}`, n % 2 ? {} : { expiresAt: now + 1 }))
      const { deleteExpired } = expiredRows(database, tablesOf('test', options), 2)

      const first = await deleteExpired(now, 100)
      expect(first).toBeGreaterThan(0)
      expect(first).toBeLessThan(20)
      let removed = first
      for (let call = 0; call < 20; call++) removed += await deleteExpired(now, 100)
      expect(removed).toBe(20)
      for (let n = 0; n < 40; n += 2) expect(await store.read(`s${n}`)).not.toBe(null)

      // The search begins again, so a row that expires later is found too.
      for (let call = 0; call < 20; call++) removed += await deleteExpired(now + 2, 100)
      expect(removed).toBe(40)
    })

    it('beyond the limit are removed by the next calls, which finish a part before the next one', async () => {
      const options = await freshTables(database, schema)
      const store = postgresStore(database, options)
      for (let n = 0; n < 40; n++) await store.create(row(`s${n}`))
      const { deleteExpired } = expiredRows(database, tablesOf('test', options), 4)
      const size = `SELECT (pg_relation_size('${qualified(options)}') / current_setting('block_size')::int)::int AS blocks`
      const [{ blocks }] = (await database.query(size)).rows as [{ blocks: number }]
      const parts = Math.ceil(blocks / 4)
      expect(parts).toBeGreaterThan(2)

      const counts: number[] = []
      for (let call = 0; call < 40 + parts; call++) counts.push(await deleteExpired(now, 1))
      expect(Math.max(...counts)).toBe(1)
      expect(counts.reduce((sum, count) => sum + count)).toBe(40)
    })

    it('past their absolute end and idle ones share the limit', async () => {
      const options = await freshTables(database, schema)
      const store = postgresStore(database, options)
      for (let n = 0; n < 9; n++) await store.create(row(`s${n}`, n % 2 ? {} : { absoluteExpiresAt: now - 1 }))
      const counts: number[] = []
      for (let call = 0; call < 4; call++) counts.push(await store.deleteExpired(now, 4))
      expect(counts).toEqual([4, 4, 1, 0])
    })

    it('leave the limits of their subjects, which are removed with their last holder', async () => {
      const options = await freshTables(database, schema)
      const store = postgresStore(database, options)
      const limits = async () => (await database.query(`SELECT * FROM ${qualified(options)}_limit`)).rows.length
      await store.create(row('a', { subjectKeys: ['k', 'l'] }))
      await store.create(row('b', { expiresAt: now + 1 }))
      for (const id of ['not created yet', 'a', 'b']) await store.acquire('k', id, now)
      await store.acquire('l', 'a', now)
      await store.acquire('of another', 'a', now)

      expect(await store.deleteExpired(now, 10)).toBe(1)
      expect(await store.holders('k')).toEqual(['not created yet', 'b'])
      expect(await limits()).toBe(2)
      expect(await store.holders('of another')).toEqual(['a'])
      for (const id of ['not created yet', 'b', 'b']) await store.release('k', id)
      expect(await limits()).toBe(1)
    })
  })

  describe(`expired revocations on ${name}`, () => {
    it('are removed up to the limit, and not before the latest of their ends', async () => {
      const store = postgresRevocations(database, await freshTables(database, schema))
      for (let n = 0; n < 5; n++) await store.revoke(`expired ${n}`, { notBefore: now, expiresAt: now - 1 })
      await store.revoke('at', { notBefore: now, expiresAt: now })
      await store.revoke('long', { notBefore: now, expiresAt: now + 1 })
      await store.revoke('long', { notBefore: now, expiresAt: now - 1 })
      const counts: number[] = []
      for (let call = 0; call < 3; call++) counts.push(await store.deleteExpired(now, 3))
      expect(counts).toEqual([3, 2, 0])
      expect((await store.read(['expired 0', 'at', 'long'])).map((entry) => entry !== null)).toEqual([
        false,
        true,
        true,
      ])
    })
  })
}

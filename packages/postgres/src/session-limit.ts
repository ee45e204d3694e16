import type { SubjectLimit } from '@sojourn/session-core'
import type { Database } from './database'
import { fromColumn, toColumn } from './encoding'

/** The limits of subjects. One row per subject key holds the session ids, oldest first, so each step locks one row. */
export function sessionLimit(database: Database, table: string): SubjectLimit {
  // DO UPDATE computes from the row as it is after locking, not from the statement's snapshot, so the step is atomic.
  const acquire = `INSERT INTO ${table} AS held (subject_key, holders) VALUES ($1, ARRAY[$2::text])
    ON CONFLICT (subject_key) DO UPDATE SET
      holders = CASE WHEN $2 = ANY(held.holders) THEN held.holders ELSE held.holders || $2 END
    RETURNING holders[: array_position(holders, $2) - 1] AS before`
  const read = `SELECT holders FROM ${table} WHERE subject_key = $1`
  const release = `UPDATE ${table} SET holders = array_remove(holders, $2)
    WHERE subject_key = $1 RETURNING cardinality(holders) AS remaining`
  const removeEmpty = `DELETE FROM ${table} WHERE subject_key = $1 AND holders = '{}'`

  return {
    // A holder stays until it is released, or its row is removed: see expiredRows.
    async acquire(key, id) {
      const { rows } = await database.query(acquire, [toColumn(key), toColumn(id)])
      const [{ before }] = rows as [{ before: string[] }]
      return before.map(fromColumn)
    },
    async holders(key) {
      const [limit] = (await database.query(read, [toColumn(key)])).rows as { holders: string[] }[]
      return limit ? limit.holders.map(fromColumn) : []
    },
    async release(key, id) {
      const { rows } = await database.query(release, [toColumn(key), toColumn(id)])
      const [limit] = rows as { remaining: number }[]
      if (limit?.remaining === 0) await database.query(removeEmpty, [toColumn(key)])
    },
  }
}

import type { SubjectLimit } from '@sojourn/session-core'
import type { Database } from './database'
import { fromColumn, toColumn } from './encoding'

/** One row per subject key holds the order, so that each step is one statement that locks one row. */
export function subjectLimit(database: Database, table: string): SubjectLimit {
  // DO UPDATE computes from the row as it is once its lock is held, not from the statement's snapshot: that makes
  // this atomic.
  const acquire = `INSERT INTO ${table} AS held (subject_key, ids) VALUES ($1, ARRAY[$2::text])
    ON CONFLICT (subject_key) DO UPDATE SET ids = CASE
      WHEN $2 <> ALL(held.ids) AND (cardinality(held.ids) < $3::int OR $4::boolean) THEN held.ids || $2
      ELSE held.ids END
    RETURNING $2 = ANY(ids) AS admitted,
      CASE WHEN $4 AND ids[cardinality(ids)] = $2 THEN ids[: cardinality(ids) - $3] ELSE '{}' END AS evicted`
  const read = `SELECT ids FROM ${table} WHERE subject_key = $1`
  const release = `UPDATE ${table} SET ids = array_remove(ids, $2) WHERE subject_key = $1 RETURNING cardinality(ids) AS left`
  const removeEmpty = `DELETE FROM ${table} WHERE subject_key = $1 AND ids = '{}'`

  return {
    async acquire(key, id, max, evict) {
      const { rows } = await database.query(acquire, [toColumn(key), toColumn(id), max, evict])
      const [{ admitted, evicted }] = rows as [{ admitted: boolean; evicted: string[] }]
      return { admitted, evicted: evicted.map(fromColumn) }
    },
    async holders(key) {
      const [order] = (await database.query(read, [toColumn(key)])).rows as { ids: string[] }[]
      return order ? order.ids.map(fromColumn) : []
    },
    async release(key, id) {
      const { rows } = await database.query(release, [toColumn(key), toColumn(id)])
      const [order] = rows as { left: number }[]
      if (order?.left === 0) await database.query(removeEmpty, [toColumn(key)])
    },
  }
}

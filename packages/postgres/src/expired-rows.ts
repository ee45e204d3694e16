import type { ExpiredCleanup } from '@sojourn/session-core'
import type { Database } from './database'
import type { Tables } from './tables'

/** 64 MB: what one call reads of the table at most, beyond what the index names. */
const defaultBlocks = 8192

/**
 * Rows past their absolute end are found by its index. Rows that are idle for too long have no index (it would cost
 * every touch a write to it), so each call also looks through the next 64 MB of the table, beginning anew at its end: a
 * table of 1 GB is looked through once in 16 calls, at some 50 ms each. A call may therefore remove less than is there.
 */
export function expiredSessions(
  database: Database,
  { sessions, orders }: Tables,
  blocksPerCall = defaultBlocks,
): ExpiredCleanup {
  // Rows that somebody else holds are skipped: cleaners do not wait for one another, nor for a request. What goes here
  // leaves the orders of its subjects too: else they would hold a row for every subject that never comes back. (Arrays
  // and not joins there: a planner that expects many keys would read all orders.)
  const deleteExpired = `WITH ended AS (
      SELECT id FROM ${sessions} WHERE absolute_expires_at < $1::bigint AND expires_at < $1
      ORDER BY absolute_expires_at LIMIT $2::int FOR UPDATE SKIP LOCKED
    ), idle AS (
      SELECT id FROM ${sessions} WHERE ctid >= ($3::text)::tid AND ctid < ($4::text)::tid
        AND expires_at < $1 AND absolute_expires_at >= $1
      LIMIT $2 - (SELECT count(*) FROM ended) FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM ${sessions} WHERE id IN (SELECT id FROM ended UNION ALL SELECT id FROM idle) RETURNING id, subject_keys
    ), held AS (
      SELECT subject_key FROM ${orders} WHERE subject_key = ANY(ARRAY(SELECT unnest(subject_keys) FROM gone))
      FOR UPDATE SKIP LOCKED
    ), emptied AS (
      DELETE FROM ${orders} WHERE subject_key = ANY(ARRAY(SELECT subject_key FROM held)) AND ids <@ ARRAY(SELECT id FROM gone)
    ), shortened AS (
      UPDATE ${orders} SET ids = ARRAY(
        SELECT id FROM unnest(ids) WITH ORDINALITY AS kept(id, place) WHERE id NOT IN (SELECT id FROM gone) ORDER BY place
      ) WHERE subject_key = ANY(ARRAY(SELECT subject_key FROM held)) AND NOT ids <@ ARRAY(SELECT id FROM gone)
    )
    SELECT (SELECT count(*) FROM gone)::int AS deleted,
      (pg_relation_size(($5::text)::regclass) / current_setting('block_size')::int)::int AS blocks`
  let next = 0

  return {
    async deleteExpired(now, limit) {
      const [from, to] = [next, next + blocksPerCall]
      const values = [now, limit, `(${from},0)`, `(${to},0)`, sessions]
      const [{ deleted, blocks }] = (await database.query(deleteExpired, values)).rows as [
        { deleted: number; blocks: number },
      ]
      if (deleted < limit) next = to < blocks ? to : 0
      return deleted
    },
  }
}

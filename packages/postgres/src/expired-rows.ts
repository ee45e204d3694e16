import type { ExpiredCleanup } from '@sojourn/session-core'
import type { Database } from './database'
import type { Tables } from './tables'

/** 64 MB: the part of the table that one call searches for idle rows. */
const defaultBlocks = 8192

/**
 * Removes expired rows. An index finds the rows past their absolute end. No index finds idle rows (every touch would have to
 * write to it), so each call also searches the next 64 MB of the table, and begins again after its end: a table of 1 GB is
 * searched once in 16 calls, at some 50 ms each. A call may therefore remove fewer rows than have expired.
 */
export function expiredRows(
  database: Database,
  { sessions, limits }: Tables,
  blocksPerCall = defaultBlocks,
): ExpiredCleanup {
  // Locked rows are skipped, so that a clean-up waits neither for another one nor for a request. A removed id also leaves
  // the limits of its subjects, or a subject that never returns would keep a row there. (Arrays instead of joins in that
  // part: a planner that expects many keys would read the whole table of limits.)
  const deleteExpired = `WITH ended AS (
      SELECT id FROM ${sessions} WHERE absolute_expires_at < $1::bigint AND expires_at < $1
      ORDER BY absolute_expires_at LIMIT $2::int FOR UPDATE SKIP LOCKED
    ), idle AS (
      SELECT id FROM ${sessions} WHERE ctid >= ($3::text)::tid AND ctid < ($4::text)::tid
        AND expires_at < $1 AND absolute_expires_at >= $1
      LIMIT $2 - (SELECT count(*) FROM ended) FOR UPDATE SKIP LOCKED
    ), removed AS (
      DELETE FROM ${sessions} WHERE id IN (SELECT id FROM ended UNION ALL SELECT id FROM idle) RETURNING id, subject_keys
    ), locked AS (
      SELECT subject_key FROM ${limits} WHERE subject_key = ANY(ARRAY(SELECT unnest(subject_keys) FROM removed))
      FOR UPDATE SKIP LOCKED
    ), emptied AS (
      DELETE FROM ${limits}
      WHERE subject_key = ANY(ARRAY(SELECT subject_key FROM locked)) AND holders <@ ARRAY(SELECT id FROM removed)
    ), shortened AS (
      UPDATE ${limits} SET holders = ARRAY(
        SELECT id FROM unnest(holders) WITH ORDINALITY AS kept(id, position)
        WHERE id NOT IN (SELECT id FROM removed) ORDER BY position
      ) WHERE subject_key = ANY(ARRAY(SELECT subject_key FROM locked)) AND NOT holders <@ ARRAY(SELECT id FROM removed)
    )
    SELECT (SELECT count(*) FROM removed)::int AS removed,
      (pg_relation_size(($5::text)::regclass) / current_setting('block_size')::int)::int AS blocks`
  let next = 0

  return {
    async deleteExpired(now, limit) {
      const [from, to] = [next, next + blocksPerCall]
      const values = [now, limit, `(${from},0)`, `(${to},0)`, sessions]
      const [{ removed, blocks }] = (await database.query(deleteExpired, values)).rows as [
        { removed: number; blocks: number },
      ]
      if (removed < limit) next = to < blocks ? to : 0
      return removed
    },
  }
}

import type { SubjectIndex } from '@sojourn/session-core'
import { own } from '#check'
import { fromColumns, type SessionColumns, selected } from './columns'
import type { Database } from './database'
import { fromColumn, toColumn } from './encoding'
import { bury } from './tombstone'

/** Finds the sessions of a subject. */
export function subjectIndex(database: Database, table: string): SubjectIndex {
  // Each condition repeats that of its index, so that the planner uses it: see the migration.
  const only = 'cardinality(subject_keys) = 1 AND subject_keys[1] = $1::text'
  const among = 'cardinality(subject_keys) > 1 AND subject_keys @> ARRAY[$1::text]'
  // Materialized, because a planner that expects many matches would walk the primary key, past every row of the table.
  const page = `found AS MATERIALIZED (
      SELECT id FROM ${table} WHERE ${among} AND ($2::text IS NULL OR id > $2)
    ), page AS (
      (SELECT id FROM ${table} WHERE ${only} AND ($2::text IS NULL OR id > $2) ORDER BY id LIMIT $3)
      UNION ALL SELECT id FROM found ORDER BY id LIMIT $3
    )`
  const list = `WITH ${page}
    SELECT id, ${selected} FROM ${table} WHERE id IN (SELECT id FROM page) ORDER BY id`
  // Locked in the order of ids, so that two of these statements cannot wait for one another. A row that lost the key before
  // it was locked is not removed.
  const remove = `WITH ${page}, locked AS (
      SELECT id FROM ${table} WHERE id IN (SELECT id FROM page) AND subject_keys @> ARRAY[$1::text]
        AND ($4::text IS NULL OR id <> $4)
      ORDER BY id FOR UPDATE
    ), removed AS (
      UPDATE ${table} SET ${bury} WHERE id IN (SELECT id FROM locked) RETURNING 1
    )
    SELECT (SELECT count(*) FROM removed)::int AS deleted, (SELECT count(*) FROM page)::int AS found,
      (SELECT max(id) FROM page) AS last`
  const optional = (text: string | undefined) => (text === undefined ? null : toColumn(text))

  return {
    async listBySubject(key, page) {
      const { limit, after } = own(page)
      const { rows } = await database.query(list, [toColumn(key), optional(after), limit])
      return (rows as (SessionColumns & { id: string })[]).map((row) => fromColumns(fromColumn(row.id), row))
    },
    async deleteBySubject(key, page) {
      const { limit, after, except } = own(page)
      const values = [toColumn(key), optional(after), limit, optional(except)]
      const [{ deleted, found, last }] = (await database.query(remove, values)).rows as [
        { deleted: number; found: number; last: string },
      ]
      return { deleted, ...(found === limit && { next: fromColumn(last) }) }
    },
  }
}

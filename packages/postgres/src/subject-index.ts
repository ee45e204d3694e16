import type { SubjectIndex } from '@sojourn/session-core'
import { columns, fromColumns, type SessionColumns } from './columns'
import type { Database } from './database'
import { fromColumn, toColumn } from './encoding'

/** Finds the sessions of a subject. */
export function subjectIndex(database: Database, table: string): SubjectIndex {
  // Each condition repeats that of its index, so that the planner uses it: see the migration.
  const only = 'cardinality(subject_keys) = 1 AND subject_keys[1] = $1::text'
  const among = 'cardinality(subject_keys) > 1 AND subject_keys @> ARRAY[$1::text]'
  // Materialized, because a planner that expects many matches would walk the primary key, past every row of the table.
  const list = `WITH found AS MATERIALIZED (
      SELECT id FROM ${table} WHERE ${among} AND ($2::text IS NULL OR id > $2)
    ) SELECT id, ${columns} FROM ${table} WHERE id IN (
      (SELECT id FROM ${table} WHERE ${only} AND ($2::text IS NULL OR id > $2) ORDER BY id LIMIT $3)
      UNION ALL SELECT id FROM found ORDER BY id LIMIT $3
    ) ORDER BY id`
  // Locked in the order of ids, so that two of these statements cannot wait for one another.
  const remove = `DELETE FROM ${table} WHERE id IN (
      SELECT id FROM ${table} WHERE (${only} OR ${among}) AND ($2::text IS NULL OR id <> $2)
      ORDER BY id FOR UPDATE
    ) RETURNING 1`
  const optional = (text: string | undefined) => (text === undefined ? null : toColumn(text))

  return {
    async listBySubject(key, { limit, after }) {
      const { rows } = await database.query(list, [toColumn(key), optional(after), limit])
      return (rows as (SessionColumns & { id: string })[]).map((row) => fromColumns(fromColumn(row.id), row))
    },
    async deleteBySubject(key, except) {
      return (await database.query(remove, [toColumn(key), optional(except)])).rows.length
    },
  }
}

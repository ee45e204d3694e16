import type { SessionStore } from '@sojourn/session-core'
import { columns, fromColumns, type SessionColumns, toColumns } from './columns'
import type { Database } from './database'
import { toColumn } from './encoding'

/** The statements that concern one session. */
export function sessionRows(database: Database, table: string): SessionStore {
  const create = `INSERT INTO ${table} (id, ${columns}) VALUES ($1, $2, $3, $4::text[], $5, $6, $7)
    ON CONFLICT (id) DO NOTHING RETURNING 1`
  const read = `SELECT ${columns} FROM ${table} WHERE id = $1`
  const update = `UPDATE ${table} SET version = $2, payload = $3, subject_keys = $4::text[],
    touched_at = greatest(touched_at, $5), expires_at = greatest(expires_at, $6), absolute_expires_at = $7
    WHERE id = $1 AND version = $8 RETURNING 1`
  // The outer SELECT reports whether there is a row, also if the touch moves nothing and therefore writes nothing.
  const touch = `WITH moved AS (
      UPDATE ${table} SET touched_at = $2, expires_at = greatest(expires_at, $3) WHERE id = $1 AND touched_at < $2
    ) SELECT 1 FROM ${table} WHERE id = $1`
  const remove = `DELETE FROM ${table} WHERE id = $1 RETURNING 1`
  const anyRow = async (text: string, values: unknown[]) => (await database.query(text, values)).rows.length > 0

  return {
    create: (row) => anyRow(create, toColumns(row)),
    async read(id) {
      const [row] = (await database.query(read, [toColumn(id)])).rows as SessionColumns[]
      return row ? fromColumns(id, row) : null
    },
    update: (row, seen) => anyRow(update, [...toColumns(row), toColumn(seen.version)]),
    touch: (id, touchedAt, expiresAt) => anyRow(touch, [toColumn(id), touchedAt, expiresAt]),
    delete: (id) => anyRow(remove, [toColumn(id)]),
  }
}

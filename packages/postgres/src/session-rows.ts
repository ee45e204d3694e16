import type { SessionStore } from '@sojourn/session-core'
import { columns, fromColumns, type SessionColumns, selected, toColumns } from './columns'
import type { Database } from './database'
import { toColumn } from './encoding'
import { bury, serverNow } from './tombstone'

/** The statements that concern one session. A row without a payload is a tombstone, which only `create` notices. */
export function sessionRows(database: Database, table: string): SessionStore {
  const create = `INSERT INTO ${table} (id, ${columns}) VALUES ($1, $2, decode($3, 'hex'), $4::text[], $5, $6, $7)
    ON CONFLICT (id) DO NOTHING RETURNING 1`
  const read = `SELECT ${selected} FROM ${table} WHERE id = $1 AND payload IS NOT NULL`
  const update = `UPDATE ${table} SET version = $2, payload = decode($3, 'hex'), subject_keys = $4::text[],
    touched_at = greatest(touched_at, $5), expires_at = greatest(expires_at, $6), absolute_expires_at = $7
    WHERE id = $1 AND version = $8 AND payload IS NOT NULL RETURNING 1`
  // The outer SELECT reports whether there is a row, also if the touch moves nothing and therefore writes nothing.
  const touch = `WITH moved AS (
      UPDATE ${table} SET touched_at = $2, expires_at = greatest(expires_at, $3)
      WHERE id = $1 AND touched_at < $2 AND payload IS NOT NULL
    ) SELECT 1 FROM ${table} WHERE id = $1 AND payload IS NOT NULL`
  const remove = `UPDATE ${table} SET ${bury} WHERE id = $1 AND payload IS NOT NULL RETURNING 1`
  // Inserts a tombstone, or turns the row into one, in one statement: a parallel create cannot get in between. A
  // tombstone is never touched, so its touched_at says whether it has replaced a row.
  const keepOut = `INSERT INTO ${table} AS held (id, ${columns})
    SELECT $1, '', NULL, '{}', 0, until, until
    FROM (SELECT ${serverNow} + $2::bigint AS until) AS tombstone
    ON CONFLICT (id) DO UPDATE SET version = '', payload = NULL, subject_keys = '{}',
      touched_at = CASE WHEN held.payload IS NULL THEN 0 ELSE 1 END,
      expires_at = CASE WHEN held.payload IS NULL THEN greatest(held.expires_at, excluded.expires_at) ELSE excluded.expires_at END,
      absolute_expires_at = excluded.absolute_expires_at
    RETURNING touched_at`
  const anyRow = async (text: string, values: unknown[]) => (await database.query(text, values)).rows.length > 0

  return {
    create: (row) => anyRow(create, toColumns(row)),
    async read(id) {
      const [row] = (await database.query(read, [toColumn(id)])).rows as SessionColumns[]
      return row ? fromColumns(id, row) : null
    },
    update: (row, seen) => anyRow(update, [...toColumns(row), toColumn(seen.version)]),
    touch: (id, touchedAt, expiresAt) => anyRow(touch, [toColumn(id), touchedAt, expiresAt]),
    async delete(id, ms) {
      if (ms === undefined) return anyRow(remove, [toColumn(id)])
      const [tombstone] = (await database.query(keepOut, [toColumn(id), Math.ceil(ms)])).rows as SessionColumns[]
      return Number(tombstone!.touched_at) === 1
    },
  }
}

import type { StoredSession } from '@sojourn/session-core'
import type { BigintColumn } from './database'
import { fromColumn, toColumn } from './encoding'

/** The columns of a session beside its id, as drivers return them. */
export interface SessionColumns {
  version: string
  payload: string
  subject_keys: string[]
  touched_at: BigintColumn
  expires_at: BigintColumn
  absolute_expires_at: BigintColumn
}

/** The columns beside the id, in the order of {@link toColumns}. */
export const columns = 'version, payload, subject_keys, touched_at, expires_at, absolute_expires_at'

/** The parameters that write a session: its id, then {@link columns}. */
export const toColumns = (row: StoredSession) => [
  toColumn(row.id),
  toColumn(row.version),
  toColumn(row.payload),
  row.subjectKeys.map(toColumn),
  row.touchedAt,
  row.expiresAt,
  row.absoluteExpiresAt,
]

/** Reads a session from its columns. */
export const fromColumns = (id: string, row: SessionColumns): StoredSession => ({
  id,
  version: fromColumn(row.version),
  payload: fromColumn(row.payload),
  subjectKeys: row.subject_keys.map(fromColumn),
  touchedAt: Number(row.touched_at),
  expiresAt: Number(row.expires_at),
  absoluteExpiresAt: Number(row.absolute_expires_at),
})

import type { StoredSession } from '@sojourn/session-core'
import type { BigintColumn } from './database'
import { fromColumn, toColumn } from './encoding'
import { packPayload, unpackPayload } from './packed-payload'

/** The columns of a session beside its id, as drivers return them. */
export interface SessionColumns {
  version: string
  /** In hex digits. */
  payload: string
  subject_keys: string[]
  touched_at: BigintColumn
  expires_at: BigintColumn
  absolute_expires_at: BigintColumn
}

/** The columns beside the id, in the order of {@link toColumns}. */
export const columns = 'version, payload, subject_keys, touched_at, expires_at, absolute_expires_at'

/** The columns beside the id, as {@link fromColumns} reads them. */
export const selected = columns.replace('payload', "encode(payload, 'hex') AS payload")

/** The parameters that write a session: its id, then {@link columns}. */
export const toColumns = (row: StoredSession) => [
  toColumn(row.id),
  toColumn(row.version),
  packPayload(row.payload),
  row.subjectKeys.map(toColumn),
  row.touchedAt,
  row.expiresAt,
  row.absoluteExpiresAt,
]

/** Reads a session from its columns. */
export const fromColumns = (id: string, row: SessionColumns): StoredSession => ({
  id,
  version: fromColumn(row.version),
  payload: unpackPayload(row.payload),
  subjectKeys: row.subject_keys.map(fromColumn),
  touchedAt: Number(row.touched_at),
  expiresAt: Number(row.expires_at),
  absoluteExpiresAt: Number(row.absolute_expires_at),
})

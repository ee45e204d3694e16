import type { ExpiredCleanup, Revocation, RevocationStore, StoreHealth } from '@sojourn/session-core'
import { own } from '#check'
import { type BackgroundCleanup, backgroundCleanup } from './background-cleanup'
import { type BigintColumn, checkDatabase, type Database } from './database'
import { fromColumn, toColumn } from './encoding'
import { postgresHealth } from './health'
import { withMigrationHint } from './missing-tables'
import { type TableOptions, tablesOf } from './tables'
import { withRetry } from './with-retry'

/** The revocations of cookie mode, and the clean-up of expired ones. */
export type PostgresRevocations = RevocationStore & ExpiredCleanup & BackgroundCleanup & StoreHealth

interface RevocationColumns {
  not_before: BigintColumn
  except_id: string | null
  except_since: BigintColumn
  nonce: string | null
}

/**
 * Keeps the revocations of cookie mode in PostgreSQL (14 or later) or PGlite. Create the table first: see {@link migrate}.
 * Expired entries stay until `deleteExpired` or `startCleanup` removes them. Errors of the database are passed on; one about
 * a missing table becomes the `cause` of an error that says what to do.
 *
 * @throws SessionConfigError for a value that is no database, for an unknown option, and for a `schema` or `table` that is not
 * allowed.
 * @example
 * const revocations = postgresRevocations(pool)
 * const sessions = createSessionManager({ secret, revocations })
 */
export function postgresRevocations(database: Database, options?: TableOptions): PostgresRevocations {
  checkDatabase(database)
  const tables = tablesOf('postgresRevocations', options)
  const { revocations } = tables
  const { query } = withMigrationHint(withRetry(database))
  const revoke = `INSERT INTO ${revocations} AS held (key, not_before, except_id, except_since, expires_at, nonce)
    VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT (key) DO UPDATE SET
      not_before = greatest(held.not_before, excluded.not_before), except_id = excluded.except_id,
      except_since = CASE WHEN held.except_id = excluded.except_id THEN held.except_since ELSE held.not_before END,
      expires_at = greatest(held.expires_at, excluded.expires_at),
      nonce = coalesce(held.nonce, excluded.nonce)
    RETURNING nonce`
  const read = `SELECT key, not_before, except_id, except_since, nonce FROM ${revocations} WHERE key = ANY($1::text[])`
  const deleteExpired = `DELETE FROM ${revocations} WHERE key IN (
      SELECT key FROM ${revocations} WHERE expires_at < $1::bigint ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1`

  const expired: ExpiredCleanup = {
    deleteExpired: async (now, limit) => (await query(deleteExpired, [now, limit])).rows.length,
  }
  return {
    kind: 'postgres',

    async revoke(key, entry) {
      const { notBefore, except, expiresAt, nonce } = own(entry)
      const [exception, mark] = [except, nonce].map((text) => (text === undefined ? null : toColumn(text)))
      const { rows } = await query(revoke, [toColumn(key), notBefore, exception, expiresAt, mark])
      return nonceOf(rows[0] as RevocationColumns)
    },
    async read(keys) {
      if (keys.length === 0) return []
      const { rows } = await query(read, [keys.map(toColumn)])
      const found = new Map((rows as (RevocationColumns & { key: string })[]).map((row) => [fromColumn(row.key), row]))
      return keys.map((key) => toRevocation(found.get(key)))
    },
    ...expired,
    ...backgroundCleanup(expired),
    ...postgresHealth({ query }, tables),
  }
}

function toRevocation(row: RevocationColumns | undefined): Revocation | null {
  if (!row) return null
  const entry = {
    notBefore: Number(row.not_before),
    exceptSince: Number(row.except_since),
    nonce: nonceOf(row),
  }
  return row.except_id === null ? entry : { ...entry, except: fromColumn(row.except_id) }
}

const nonceOf = ({ nonce }: RevocationColumns) => (typeof nonce === 'string' ? fromColumn(nonce) : undefined)

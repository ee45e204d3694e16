import { checkMethods, type OptionTable, ofType, readOptions, SessionConfigError } from '#check'
import { type LegacyRows, parseSession } from './legacy-rows'

/** A Pool or Client of `pg`: the one that connect-pg-simple was given. */
export interface QueryRunner {
  /** Runs one statement. */
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>
}

/** Options of {@link postgresRows}. */
export interface PostgresRowsOptions {
  /**
   * `tableName` of connect-pg-simple.
   * @default 'session'
   */
  table?: string
  /**
   * `schemaName` of connect-pg-simple.
   * @default none: the first schema of the search path that has the table
   */
  schema?: string
}

const OPTIONS = {
  table: { kind: ofType('string'), default: 'session' },
  schema: { kind: ofType('string') },
} satisfies OptionTable<PostgresRowsOptions>

/**
 * The rows that connect-pg-simple has written.
 * @example
 * sojournStore(session, { store, secret, readLegacy: postgresRows(pool, { table: 'session' }) })
 * @throws SessionConfigError for a pool without a `query` method and for an unknown option.
 */
export function postgresRows(pool: QueryRunner, options: PostgresRowsOptions = {}): LegacyRows {
  const { table, schema } = readOptions('postgresRows.', options, OPTIONS)
  if (typeof pool !== 'object' || pool === null) {
    throw new SessionConfigError('postgresRows.pool', 'is missing: pass the pool that connect-pg-simple was given')
  }
  checkMethods('postgresRows.pool', pool, ['query'])
  const name = [schema, table]
    .flatMap((part) => (part === undefined ? [] : [`"${part.replaceAll('"', '""')}"`]))
    .join('.')
  // `expire` has no time zone: Postgres converts it with the zone of the connection, as when it was written.
  const read = `SELECT sess, EXTRACT(EPOCH FROM expire::timestamptz) * 1000 AS ends FROM ${name} WHERE sid = $1 AND expire > now()`
  return {
    async read(sid) {
      const [row] = (await pool.query(read, [sid])).rows as { sess: unknown; ends: unknown }[]
      const session = row && parseSession(row.sess)
      return session && { session, expiresAt: Number(row.ends) }
    },
    end: (sid) => pool.query(`DELETE FROM ${name} WHERE sid = $1`, [sid]),
  }
}

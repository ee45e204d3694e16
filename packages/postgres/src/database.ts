import { SessionConfigError } from '#check'

/**
 * The database connection that the stores need: a `pg` Pool or Client, PGlite, or any object that runs one statement with
 * numbered parameters and resolves to its rows as objects.
 *
 * Each call is one statement outside a transaction, so a pooler that shares connections between statements (PgBouncer in
 * transaction mode) is supported. Core stops waiting for a statement after `storeTimeout` and cannot cancel it: set the time
 * limits of the pool too (`connectionTimeoutMillis` and `query_timeout` of `pg`), above twice `storeTimeout`.
 *
 * @example
 * const database: Database = new pg.Pool({ connectionString, connectionTimeoutMillis: 5000, query_timeout: 5000 })
 */
export interface Database {
  /** Runs one statement. An error rejects, with the SQLSTATE in its `code`. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** @throws SessionConfigError if the value has no `query` method, so that the mistake shows at start-up. */
export function checkDatabase(database: unknown): void {
  if (typeof (database as Database | undefined)?.query === 'function') return
  throw new SessionConfigError('database', 'must be a Pool of `pg`, a PGlite, or an object with query(text, values)')
}

/** A `bigint` column as drivers return it: `pg` as text, PGlite as a number. */
export type BigintColumn = string | number | bigint

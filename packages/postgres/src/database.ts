/**
 * What the stores need of a database: a `pg` Pool or Client, PGlite, or anything else that runs one statement with
 * numbered parameters and gives its rows as objects. Each call is one statement on its own, so a pool that shares
 * connections between statements (PgBouncer in transaction mode) is fine. Timeouts are the pool's: set
 * `connectionTimeoutMillis` and `query_timeout` there, core only stops waiting.
 */
export interface Database {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** @throws TypeError for what is no such thing, so that it shows at start-up and not at the first request. */
export function checkDatabase(database: unknown): void {
  if (typeof (database as Database | undefined)?.query === 'function') return
  throw new TypeError('This is no database: pass a Pool of `pg`, a PGlite, or anything with query(text, values).')
}

/** A `bigint` column as drivers give it: `pg` as text, PGlite as a number. */
export type BigintColumn = string | number | bigint

import type { ExpiredCleanup, SessionStore, StoreHealth, SubjectIndex, SubjectLimit } from '@sojourn/session-core'
import { own } from '#check'
import { type BackgroundCleanup, backgroundCleanup } from './background-cleanup'
import { checkDatabase, type Database } from './database'
import { expiredRows } from './expired-rows'
import { postgresHealth } from './health'
import { withMigrationHint } from './missing-tables'
import { type PreparingDatabase, withPreparedStatements } from './prepared-statements'
import { sessionLimit } from './session-limit'
import { sessionRows } from './session-rows'
import { subjectIndex } from './subject-index'
import { type TableOptions, tablesOf } from './tables'
import { withRetry } from './with-retry'

/** A session store with every capability, and its clean-up in the background. */
export type PostgresStore = SessionStore &
  SubjectIndex &
  SubjectLimit &
  ExpiredCleanup &
  BackgroundCleanup &
  StoreHealth

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions extends TableOptions {
  /**
   * Lets the server parse and plan the statements that concern one session once per connection, which halves its work. For
   * a Pool or Client of `pg`, and for databases whose `query` accepts `{ name, text, values }`. Behind a pooler that does
   * not support named statements (PgBouncer in transaction mode before 1.21) the store continues without them.
   * @default false
   */
  prepare?: boolean
}

/**
 * Keeps sessions in PostgreSQL (14 or later) or PGlite. Create the tables first: see {@link migrate}.
 *
 * Every call is one statement with parameters, outside a transaction of yours, at any isolation level. Expired rows stay
 * until `deleteExpired` or `startCleanup` removes them. The server refuses an id or a subject key of more than about 2 kB;
 * those of core have less than 100 bytes. Errors of the database are passed on; one about a
 * missing table becomes the `cause` of an error that says what to do.
 *
 * @throws SessionConfigError for a value that is no database, for an unknown option, and for a `schema` or `table` that is not
 * allowed.
 * @example
 * const store = postgresStore(pool, { prepare: true })
 * const cleanup = store.startCleanup({ onError: console.error })
 * const sessions = createSessionManager({ secret, store })
 */
export function postgresStore(database: PreparingDatabase, options?: PostgresStoreOptions): PostgresStore
export function postgresStore(database: Database, options?: TableOptions & { prepare?: false }): PostgresStore
export function postgresStore(database: Database, options: PostgresStoreOptions = {}): PostgresStore {
  checkDatabase(database)
  const tables = tablesOf('postgresStore', options)
  const retried = withMigrationHint(withRetry(database))
  const prepared = own(options).prepare
    ? withMigrationHint(withRetry(withPreparedStatements(database as PreparingDatabase)))
    : retried
  const expired = expiredRows(retried, tables)
  return {
    kind: 'postgres',
    ...sessionRows(prepared, tables.sessions),
    ...subjectIndex(retried, tables.sessions),
    ...sessionLimit(retried, tables.limits),
    ...expired,
    ...backgroundCleanup(expired),
    ...postgresHealth(retried, tables),
  }
}

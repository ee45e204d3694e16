import type { ExpiredCleanup, SessionStore, StoredSession, SubjectIndex, SubjectLimit } from '@sojourn/session-core'
import { type BackgroundCleanup, backgroundCleanup } from './background-cleanup'
import { type BigintColumn, checkDatabase, type Database } from './database'
import { fromColumn, toColumn } from './encoding'
import { expiredSessions } from './expired-rows'
import { type PreparingDatabase, prepared } from './prepared-statements'
import { subjectLimit } from './session-limit'
import { type TableOptions, tablesOf } from './tables'
import { repeated } from './with-retry'

/** Everything a store can offer, and its clean-up in the background. */
export type PostgresStore = SessionStore & SubjectIndex & SubjectLimit & ExpiredCleanup & BackgroundCleanup

/** Options of `postgresStore`. */
export interface PostgresStoreOptions extends TableOptions {
  /**
   * Has the statements that concern one session parsed and planned once per connection: about half the work of the
   * server. For a Pool or Client of `pg`, and what takes `query({ name, text, values })` as they do. Behind a pooler that
   * cannot keep prepared statements apart (PgBouncer in transaction mode before 1.21, or as set up) the store notices
   * and goes on without. Default false.
   */
  prepare?: boolean
}

/**
 * Keeps sessions in PostgreSQL (14 or later) or PGlite. The tables must be there: see `migrate`. Every step is one
 * statement with parameters, outside any transaction of yours, at whatever isolation level your connections have.
 * Expired rows stay until `deleteExpired` or `startCleanup` removes them. An id or a subject key of more than about 2 kB
 * is refused by its index, and so are both together; core's have less than 100 bytes.
 * @throws TypeError for what is no database, for an option that does not exist, and for a `schema` or `table` that is no
 * plain identifier, naming the option.
 */
export function postgresStore(database: PreparingDatabase, options?: PostgresStoreOptions): PostgresStore
export function postgresStore(database: Database, options?: TableOptions & { prepare?: false }): PostgresStore
export function postgresStore(database: Database, options: PostgresStoreOptions = {}): PostgresStore {
  checkDatabase(database)
  const tables = tablesOf(options)
  const plain = repeated(database)
  const expired = expiredSessions(plain, tables)
  return {
    ...sessions(options.prepare ? repeated(prepared(database as PreparingDatabase)) : plain, tables.sessions),
    ...subjectIndex(plain, tables.sessions),
    ...subjectLimit(plain, tables.orders),
    ...expired,
    ...backgroundCleanup(expired),
  }
}

interface SessionColumns {
  version: string
  payload: string
  subject_keys: string[]
  touched_at: BigintColumn
  expires_at: BigintColumn
  absolute_expires_at: BigintColumn
}

const columns = 'version, payload, subject_keys, touched_at, expires_at, absolute_expires_at'

const toColumns = (row: StoredSession) => [
  toColumn(row.id),
  toColumn(row.version),
  toColumn(row.payload),
  row.subjectKeys.map(toColumn),
  row.touchedAt,
  row.expiresAt,
  row.absoluteExpiresAt,
]

const fromColumns = (id: string, row: SessionColumns): StoredSession => ({
  id,
  version: fromColumn(row.version),
  payload: fromColumn(row.payload),
  subjectKeys: row.subject_keys.map(fromColumn),
  touchedAt: Number(row.touched_at),
  expiresAt: Number(row.expires_at),
  absoluteExpiresAt: Number(row.absolute_expires_at),
})

function sessions(database: Database, table: string): SessionStore {
  const create = `INSERT INTO ${table} (id, ${columns}) VALUES ($1, $2, $3, $4::text[], $5, $6, $7)
    ON CONFLICT (id) DO NOTHING RETURNING 1`
  const read = `SELECT ${columns} FROM ${table} WHERE id = $1`
  const update = `UPDATE ${table} SET version = $2, payload = $3, subject_keys = $4::text[],
    touched_at = greatest(touched_at, $5), expires_at = greatest(expires_at, $6), absolute_expires_at = $7
    WHERE id = $1 AND version = $8 RETURNING 1`
  // A touch that moves nothing writes nothing, and still says whether the row is there.
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

function subjectIndex(database: Database, table: string): SubjectIndex {
  // Each as the index of its kind of row says it: see the migration.
  const only = 'cardinality(subject_keys) = 1 AND subject_keys[1] = $1::text'
  const among = 'cardinality(subject_keys) > 1 AND subject_keys @> ARRAY[$1::text]'
  // Materialized, because a planner that expects many matches would walk the primary key, past every row of the table.
  const list = `WITH found AS MATERIALIZED (
      SELECT id FROM ${table} WHERE ${among} AND ($2::text IS NULL OR id > $2)
    ) SELECT id, ${columns} FROM ${table} WHERE id IN (
      (SELECT id FROM ${table} WHERE ${only} AND ($2::text IS NULL OR id > $2) ORDER BY id LIMIT $3)
      UNION ALL SELECT id FROM found ORDER BY id LIMIT $3
    ) ORDER BY id`
  // Locked in one order, so that two of these at once wait for one another and never in a circle.
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

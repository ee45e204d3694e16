import { randomBytes } from 'node:crypto'
import type { SessionClock } from '@sojourn/session-core'
import { type Database, migrate, postgresStore } from '@sojourn/session-postgres'
import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import pg from 'pg'
import { addressOf, type Backend, reasonOf } from './backend'
import type { Peer } from './peer'
import { openPGlite } from './pglite'
import type { Settings } from './settings'

/** The demo's tables have a schema of their own. */
const tables = { schema: 'sojourn_demo' }

/** Opens the Postgres of the settings, or PGlite in this process, and creates the tables. A rejection says what to do. */
export async function openPostgres(
  { postgresUrl, pgliteDirectory }: Pick<Settings, 'postgresUrl' | 'pgliteDirectory'>,
  clock: SessionClock,
): Promise<Backend> {
  if (!postgresUrl) {
    const { power, close, ...database } = openPGlite(pgliteDirectory)
    return { ...(await open(database, `in PGlite, in ${pgliteDirectory ?? 'memory'}`, close, clock)), power }
  }
  const pool = new pg.Pool({ connectionString: postgresUrl, connectionTimeoutMillis: 5000, query_timeout: 5000 })
  // The pool replaces a lost idle connection. Without a listener, the error would crash the process.
  pool.on('error', () => {})
  const address = addressOf(postgresUrl)
  try {
    return await open(pool, `in Postgres at ${address}`, () => pool.end(), clock)
  } catch (error) {
    await pool.end()
    throw new Error(`no Postgres at ${address} (${reasonOf(error)}): start it, then start the demo again`)
  }
}

async function open(
  database: Database,
  note: string,
  end: () => Promise<unknown>,
  clock: SessionClock,
): Promise<Backend> {
  await migrate(database, tables)
  const store = postgresStore(database, tables)
  const cleanup = store.startCleanup({ clock, onError: (error) => console.error('clean-up:', reasonOf(error)) })
  return { store, note, peer: () => openPeer(database), close: () => cleanup.stop().then(end) }
}

const PgStore = connectPgSimple(session)

/** connect-pg-simple, with a table of its own: the columns of its `table.sql`. */
async function openPeer(database: Database): Promise<Peer> {
  const tableName = `peer_${randomBytes(8).toString('hex')}`
  const table = `${tables.schema}.${tableName}`
  await database.query(
    `CREATE TABLE ${table} (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)`,
  )
  const store = new PgStore({
    pool: database as pg.Pool,
    schemaName: tables.schema,
    tableName,
    pruneSessionInterval: false,
    errorLog: () => {},
  })
  return { name: 'connect-pg-simple', store, close: () => database.query(`DROP TABLE ${table}`) }
}

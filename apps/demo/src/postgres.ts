import { PGlite } from '@electric-sql/pglite'
import type { SessionClock } from '@sojourn/session-core'
import { type Database, migrate, postgresStore } from '@sojourn/session-postgres'
import pg from 'pg'
import { addressOf, type Backend, reasonOf } from './backend'
import type { Settings } from './settings'

/** Tables of the demo's own, wherever they are. */
const tables = { schema: 'sojourn_demo' }

/** The Postgres of the settings, or PGlite inside this process. Makes its tables. Rejects with what to do. */
export async function openPostgres(
  { postgresUrl, pgliteDirectory }: Pick<Settings, 'postgresUrl' | 'pgliteDirectory'>,
  clock: SessionClock,
): Promise<Backend> {
  if (!postgresUrl) {
    const database = new PGlite(pgliteDirectory)
    return open(database, `in PGlite, in ${pgliteDirectory ?? 'memory'}`, () => database.close(), clock)
  }
  const pool = new pg.Pool({ connectionString: postgresUrl, connectionTimeoutMillis: 3000, query_timeout: 3000 })
  // An idle connection was lost: the pool makes another; without a listener it would end the process.
  pool.on('error', () => {})
  const address = addressOf(postgresUrl)
  try {
    return await open(pool, `in Postgres at ${address}`, () => pool.end(), clock)
  } catch (error) {
    await pool.end()
    throw new Error(`no Postgres at ${address} (${reasonOf(error)}): start it, then the demo again`)
  }
}

async function open(
  database: Database,
  note: string,
  end: () => Promise<unknown>,
  clock: SessionClock,
): Promise<Backend> {
  await migrate(database, tables)
  const storage = postgresStore(database, tables)
  const cleanup = storage.startCleanup({ clock, onError: (error) => console.error('clean-up:', reasonOf(error)) })
  return { storage, note, close: () => cleanup.stop().then(end) }
}

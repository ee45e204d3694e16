import type { StoredSession } from '@sojourn/session-core'
import { revocationSuite, storeSuite } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import {
  type Database,
  migrate,
  type PostgresStoreOptions,
  type PreparingDatabase,
  postgresRevocations,
  postgresStore,
  type TableOptions,
} from '../../src'

export const now = 1_700_000_000_000

/** A row that has expired by its idle clock. Its absolute end is ahead. */
export const row = (id: string, changes: Partial<StoredSession> = {}): StoredSession => ({
  id,
  version: 'v',
  payload: 'x'.repeat(1500),
  subjectKeys: ['k'],
  touchedAt: now - 2,
  expiresAt: now - 1,
  absoluteExpiresAt: now + 86_400_000,
  ...changes,
})

const close = async () => {}
let made = 0

/** Creates tables for one test. That is cheaper than a database. */
export async function freshTables(database: Database, schema?: string): Promise<TableOptions & { table: string }> {
  const options = { schema, table: `t${++made}` }
  await migrate(database, options)
  return options
}

/** The table's name, qualified with the schema. */
export const qualified = ({ schema, table }: TableOptions) => (schema ? `${schema}.${table}` : `${table}`)

/** Runs both published suites on one database. */
export function suites(name: string, database: Database, schema?: string): void {
  sessionSuite(name, database, { schema })
  revocationSuite(
    { describe, it, expect },
    {
      name: `postgresRevocations on ${name}`,
      open: async () => ({ store: postgresRevocations(database, await freshTables(database, schema)), close }),
    },
  )
}

/** Runs the store suite alone, with a store of these options. */
export function sessionSuite(name: string, database: Database, { schema, prepare }: PostgresStoreOptions): void {
  storeSuite(
    { describe, it, expect },
    {
      name: `postgresStore on ${name}`,
      async open() {
        const options = { ...(await freshTables(database, schema)), prepare }
        const table = qualified(options)
        const corrupt = async (id: string) => {
          await database.query(
            `UPDATE ${table} SET version = '\\', payload = '\\x7e71', touched_at = -1 WHERE id = $1`,
            [id],
          )
        }
        return { store: postgresStore(database as PreparingDatabase, options), corrupt, close }
      },
    },
  )
}

import { createRequire } from 'node:module'
import type { SessionStore, SubjectIndex } from '@sojourn/session-core'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { drivers } from '../packages/redis/test/support/drivers'

/** A store over a connection of its own. */
export interface OpenedStore {
  store: SessionStore & SubjectIndex
  close(): Promise<unknown>
}

/** Opens a store on the server at this URL. Stores with the same `place` have the same sessions. */
export type OpenStore = (url: string, place: string) => Promise<OpenedStore>

/** Reports of lost connections, which a driver emits as events that must have a listener. */
const withListener = <Client extends object>(client: Client): Client => {
  ;(client as { on?(event: 'error', listener: () => void): void }).on?.('error', () => {})
  return client
}

/** The drivers of Redis, with their default settings. */
export const redisDrivers: Record<string, OpenStore> = Object.fromEntries(
  Object.entries(drivers).map(([name, open]) => [
    name,
    async (url, prefix) => {
      const { client, close } = await open(url)
      return { store: redisStore(withListener(client), { prefix: `${prefix}:` }), close }
    },
  ]),
)

const { Pool } = createRequire(new URL('../packages/postgres/package.json', import.meta.url))('pg')

const pg =
  (settings: object, prepare: boolean): OpenStore =>
  async (url, place) => {
    const tables = { table: place.replace(/\W/g, '_') }
    const pool = withListener(new Pool({ connectionString: url, ...settings }))
    await migrate(pool, tables)
    return { store: postgresStore(pool, { ...tables, prepare }), close: () => pool.end() }
  }

/** pg with its default settings, and with those that the README shows. */
export const postgresDrivers: Record<string, OpenStore> = {
  pg: pg({}, false),
  'pg, the settings of the README': pg({ connectionTimeoutMillis: 5000, query_timeout: 5000 }, true),
}

import { type OwnServer, startPostgres, startRedis } from '@sojourn/session-testing/servers'
import { Pool } from 'pg'
import { createClient } from 'redis'

const connectRedis = (url: string) => createClient({ url }).connect()
/** A client of a Redis. */
export type Redis = Awaited<ReturnType<typeof connectRedis>>

/** Settings that differ from Postgres's defaults: more memory, and every commit flushed to disk. */
const settings = { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min', work_mem: '16MB' }

const start = {
  Redis: () => startRedis({ own: true }),
  Postgres: () => startPostgres({ own: true, durable: true, settings }),
}

/** Starts a Redis with default settings and without snapshots, or a Postgres. Prints the reason if there is none. */
export async function startDatabase(name: 'Redis' | 'Postgres'): Promise<OwnServer | undefined> {
  const server = await start[name]()
  if (server.available) return server
  console.log(`\n${name} is left out: ${server.reason}.`)
  return undefined
}

/** Runs a part of a section on its own Redis, if there is one. */
export async function onRedis(run: (redis: Redis, server: OwnServer) => Promise<void>): Promise<void> {
  const server = await startDatabase('Redis')
  if (!server) return
  try {
    const redis = await connectRedis(server.url)
    await run(redis, server).finally(() => redis.close())
  } finally {
    await server.close()
  }
}

/** Runs a part of a section on its own Postgres, if there is one, with a pool of eight connections. */
export async function onPostgres(run: (pool: Pool, server: OwnServer) => Promise<void>): Promise<void> {
  const server = await startDatabase('Postgres')
  if (!server) return
  try {
    const pool = new Pool({ connectionString: server.url, max: 8 })
    pool.on('error', () => {}) // the server may be gone before the last connection has said goodbye
    await run(pool, server).finally(() => pool.end())
  } finally {
    await server.close()
  }
}

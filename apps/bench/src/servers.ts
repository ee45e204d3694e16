import { type OwnServer, startPostgres, startRedis } from '@sojourn/session-testing/servers'
import { Pool } from 'pg'
import { createClient } from 'redis'

const connectRedis = (url: string) => createClient({ url }).connect()
/** A client of a Redis. */
export type Redis = Awaited<ReturnType<typeof connectRedis>>

/** Runs a part of a section on its own Redis with default settings, without snapshots. Prints the reason if there is none. */
export async function onRedis(run: (redis: Redis, server: OwnServer) => Promise<void>): Promise<void> {
  const server = await startRedis({ own: true })
  if (!server.available) return console.log(`\nRedis is left out: ${server.reason}.`)
  try {
    const redis = await connectRedis(server.url)
    await run(redis, server).finally(() => redis.close())
  } finally {
    await server.close()
  }
}

/** Settings that differ from Postgres's defaults: more memory, and every commit flushed to disk. */
const settings = { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min', work_mem: '16MB' }

/** Runs a part of a section on its own Postgres, with a pool of eight connections. Prints the reason if there is none. */
export async function onPostgres(run: (pool: Pool, server: OwnServer) => Promise<void>): Promise<void> {
  const server = await startPostgres({ own: true, durable: true, settings })
  if (!server.available) return console.log(`\nPostgres is left out: ${server.reason}.`)
  try {
    const pool = new Pool({ connectionString: server.url, max: 8 })
    pool.on('error', () => {}) // the server may be gone before the last connection has said goodbye
    await run(pool, server).finally(() => pool.end())
  } finally {
    await server.close()
  }
}

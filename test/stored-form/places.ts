import { createRequire } from 'node:module'
import { memoryRevocations, type SessionStore, type StoredSession } from '@sojourn/session-core'
import { migrate, migrationSql, postgresRevocations, postgresStore } from '@sojourn/session-postgres'
import { redisRevocations, redisStore } from '@sojourn/session-redis'
import type { Server, Unavailable } from '@sojourn/session-testing/servers'
import type { Place } from './history'

/** A place whose content can be written to a file, and read from one. */
interface OpenedPlace extends Place {
  dump(): Promise<unknown>
  close(): Promise<unknown>
}

/** Opens an empty place, or one with the content of a file. */
export type OpenPlace = (content?: never) => Promise<OpenedPlace>

const driver = (name: string, module: string) =>
  createRequire(new URL(`../../packages/${name}/package.json`, import.meta.url))(module)

/** The rows as core hands them to a store, and the entries as it hands them to `revoke`. */
const core = async (content: { rows: StoredSession[]; entries: [string, never][] } = { rows: [], entries: [] }) => {
  const rows = new Map(content.rows.map((row) => [row.id, row]))
  const entries = [...content.entries]
  const store: SessionStore = {
    create: async (row) => !rows.has(row.id) && !!rows.set(row.id, row),
    read: async (id) => structuredClone(rows.get(id) ?? null),
    update: async (row, seen) => rows.get(row.id)?.version === seen.version && !!rows.set(row.id, row),
    touch: async (id, touchedAt, expiresAt) => {
      const row = rows.get(id)
      if (row) rows.set(id, { ...row, touchedAt, expiresAt })
      return !!row
    },
    delete: async (id) => rows.delete(id),
  }
  const inMemory = memoryRevocations({ clock: () => 0 })
  for (const [key, entry] of entries) await inMemory.revoke(key, entry)
  const revocations = {
    read: inMemory.read,
    revoke: (key: string, entry: never) => {
      entries.push([key, entry])
      return inMemory.revoke(key, entry)
    },
  }
  return { store, revocations, dump: async () => ({ rows: [...rows.values()], entries }), close: async () => {} }
}

interface RedisKey {
  key: string
  /** Of a string: its bytes, in base64. */
  value?: string
  /** Of a sorted set. */
  members?: string[]
  /** Epoch ms; -1 for never. */
  endsAt: number
}

/** Every key with its raw value, on a server that nothing else uses. */
const redisAt =
  (url: string) =>
  async (content: RedisKey[] = []) => {
    const { Redis } = driver('redis', 'ioredis')
    const client = new Redis(url)
    await client.flushall()
    for (const { key, value, members, endsAt } of content) {
      if (value !== undefined) await client.set(key, Buffer.from(value, 'base64'))
      if (members) await client.zadd(key, ...members.flatMap((member) => [0, member]))
      if (endsAt > 0) await client.pexpireat(key, endsAt)
    }
    return {
      store: redisStore(client),
      revocations: redisRevocations(client),
      async dump() {
        const keys: string[] = await client.keys('*')
        return Promise.all(
          keys.toSorted().map(async (key) => ({
            key,
            ...((await client.type(key)) === 'string'
              ? { value: (await client.getBuffer(key)).toString('base64') }
              : { members: await client.zrange(key, 0, -1) }),
            endsAt: await client.pexpiretime(key),
          })),
        )
      },
      async close() {
        await client.quit()
      },
    }
  }

const TABLES = ['sojourn_session', 'sojourn_session_revocation']

/** The statements that made the tables, and every row. */
const postgres = async (content?: { migration: string; rows: Record<string, object[]> }) => {
  const { PGlite } = driver('postgres', '@electric-sql/pglite')
  const database = new PGlite()
  await database.query(content?.migration ?? migrationSql())
  for (const [table, rows] of Object.entries(content?.rows ?? {})) {
    const values = [JSON.stringify(rows)]
    await database.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(null::${table}, $1)`, values)
  }
  await migrate(database)
  return {
    store: postgresStore(database),
    revocations: postgresRevocations(database),
    async dump() {
      const rows: Record<string, object[]> = {}
      for (const table of TABLES) {
        const { rows: found } = await database.query(`SELECT to_json(t) AS row FROM ${table} t ORDER BY t`)
        rows[table] = found.map(({ row }: { row: object }) => row)
      }
      return { migration: migrationSql(), rows }
    },
    close: () => database.close(),
  }
}

/** The kinds of places. That of Redis needs a server. */
export const placesWith = (redis: Server | Unavailable) =>
  ({ core, postgres, ...(redis.available && { redis: redisAt(redis.url) }) }) as Record<string, OpenPlace>

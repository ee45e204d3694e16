import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { Pool } from 'pg'
import { onPostgres, onRedis, type Redis } from './databases'
import { idOf, listAndRevoke, rowOf, SESSIONS } from './large-store'
import { short, table } from './report'
import { measureInTurns } from './rounds'

type Row = Record<string, string>

/** A million sessions: their size, the effect of touches on Postgres's indexes, and listing and revoking a subject's ten thousand. */
export async function scale(): Promise<void> {
  const lists: Row[] = []
  const sizes: Row[] = []
  const touches: Row[] = []
  await onRedis(async (redis, { url }) => {
    sizes.push(await fillRedis(redis))
    lists.push(...(await listAndRevoke('Redis', redisStore(redis), url)))
  })
  await onPostgres(async (pool, { url }) => {
    await migrate(pool)
    sizes.push(await fillPostgres(pool))
    touches.push(await touchPostgres(pool, url))
    lists.push(...(await listAndRevoke('Postgres', postgresStore(pool), url)))
  })
  table(`scale: ${short(SESSIONS)} sessions with subjects, sealed records of 598 bytes`, sizes)
  table('scale: 100 000 touches on Postgres, each of another session', touches)
  table('scale: one subject with 10 000 sessions among the million', lists)
}

async function fillRedis(redis: Redis): Promise<Row> {
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1])
  const store = redisStore(redis)
  const before = await used()
  const began = performance.now()
  let next = 0
  const run = () => store.create(rowOf(next++))
  await measureInTurns([{ name: 'fill', run }], { rounds: 0, operations: SESSIONS, concurrency: 1000 })
  const seconds = (performance.now() - began) / 1000
  const all = (await used()) - before
  const keys = Array.from({ length: 1000 }, (_, n) => `sojourn:session:${idOf(n * 997)}`)
  const each = await Promise.all(keys.map((key) => redis.memoryUsage(key)))
  const row = each.reduce<number>((sum, bytes) => sum + bytes!, 0) / each.length
  return {
    store: 'Redis',
    'bytes per session': short(all / SESSIONS),
    'of which': `${short(row)} the row, the rest its subject's index and the tables of keys`,
    'loaded in': `${short(seconds)} s, by create()`,
  }
}

const BATCH = 10_000

async function fillPostgres(pool: Pool): Promise<Row> {
  const insert = `INSERT INTO sojourn_session
      (id, version, payload, subject_keys, touched_at, expires_at, absolute_expires_at)
    SELECT id, version, payload, ARRAY[subject], touched, expires, absolute
    FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
      AS row (id, version, payload, subject, touched, expires, absolute)`
  const bytes = await payloadBytes(pool)
  const began = performance.now()
  for (let from = 0; from < SESSIONS; from += BATCH) {
    const rows = Array.from({ length: BATCH }, (_, n) => rowOf(from + n))
    const column = <T>(value: (row: (typeof rows)[number]) => T) => rows.map(value)
    await pool.query(insert, [
      ...[column((row) => row.id), column((row) => row.version), column(() => randomBytes(bytes))],
      ...[column((row) => row.subjectKeys[0]), column((row) => row.touchedAt)],
      ...[column((row) => row.expiresAt), column((row) => row.absoluteExpiresAt)],
    ])
  }
  const seconds = (performance.now() - began) / 1000
  await pool.query('VACUUM ANALYZE sojourn_session')
  const { rows } = await pool.query(`SELECT pg_total_relation_size(t) AS all, pg_indexes_size(t) AS indexes
    FROM (SELECT 'sojourn_session'::regclass AS t) AS tables`)
  const [all, indexes] = [Number(rows[0].all), Number(rows[0].indexes)]
  return {
    store: 'Postgres',
    'bytes per session': short(all / SESSIONS),
    'of which': `${short((all - indexes) / SESSIONS)} the table, which keeps a fifth free, ${short(indexes / SESSIONS)} its indexes`,
    'loaded in': `${short(seconds)} s, by INSERTs of ${short(BATCH)}`,
  }
}

/** How many bytes the store makes of a payload: as many random ones take as much. */
async function payloadBytes(pool: Pool): Promise<number> {
  const store = postgresStore(pool)
  const row = { ...rowOf(0), id: 'one of the store' }
  await store.create(row)
  const { rows } = await pool.query('SELECT octet_length(payload) AS bytes FROM sojourn_session')
  await pool.query('TRUNCATE sojourn_session')
  return rows[0].bytes
}

/** Uses its own pool and closes it, because a Postgres backend reports its statistics at its end at the latest. */
async function touchPostgres(pool: Pool, url: string): Promise<Row> {
  const operations = 100_000
  const before = await writes(pool)
  const touching = new Pool({ connectionString: url, max: 8 })
  const store = postgresStore(touching)
  let next = 0
  const run = async () => {
    const n = (next++ * 10) % SESSIONS
    const now = Date.now() + 1000
    if (!(await store.touch(idOf(n), now, now + 3_600_000))) throw new Error('a session was not found')
  }
  const began = performance.now()
  await measureInTurns([{ name: 'touch', run }], { rounds: 0, operations, concurrency: 16 }).finally(() =>
    touching.end(),
  )
  const seconds = (performance.now() - began) / 1000
  let after = await writes(pool)
  for (let looks = 0; after.all - before.all < operations && looks < 50; looks++) {
    await wait(100)
    after = await writes(pool)
  }
  const updates = after.all - before.all
  return {
    'updates counted': short(updates),
    'HOT share': `${short(((after.hot - before.hot) / updates) * 100)} %`,
    'bytes of WAL each': short((after.wal - before.wal) / updates),
    'touches per second': short(operations / seconds),
  }
}

async function writes(pool: Pool): Promise<{ all: number; hot: number; wal: number }> {
  const { rows } = await pool.query(`SELECT n_tup_upd AS all, n_tup_hot_upd AS hot,
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS wal
    FROM pg_stat_user_tables WHERE relname = 'sojourn_session'`)
  return { all: Number(rows[0].all), hot: Number(rows[0].hot), wal: Number(rows[0].wal) }
}

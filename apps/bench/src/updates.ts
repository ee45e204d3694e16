import type { StoredSession } from '@sojourn/session-core'
import { redisStore } from '@sojourn/session-redis'
import { findValkey, startRedis } from '@sojourn/session-testing/servers'
import { createClient } from 'redis'
import type { Redis } from './databases'
import { rowOf } from './large-store'
import { short, table } from './report'
import { type Candidate, median } from './rounds'

const SESSIONS = 2000
const ROUNDS = 5
/** Bytes of ciphertext: a multiple of sixteen, as core makes it. */
const SIZES = [384, 1024, 4096, 16_384]
const CONCURRENCY = 16

interface Cost {
  /** The time that the server counts for the command itself, µs. */
  command: number
  /** The processor time of the server, with reading the command and replying, µs. */
  server: number
  /** The processor time of this process, µs. */
  client: number
}

/** What an update costs on Valkey 8.1: as one SET … IFEQ, by the script, and beside them a plain SET of the same row. */
export async function updates(): Promise<void> {
  const server = await startRedis({ own: true, program: await findValkey() })
  if (!server.available) return console.log(`\nValkey is left out: ${server.reason}.`)
  const redis = await createClient({ url: server.url }).connect()
  const rows: Record<string, string>[] = []
  try {
    for (const bytes of SIZES) rows.push(...(await compare(redis, bytes)))
  } finally {
    redis.destroy()
    await server.close()
  }
  table(`updates on Valkey, node-redis 5, ${CONCURRENCY} calls at once, medians of ${ROUNDS} rounds`, rows)
}

async function compare(redis: Redis, bytes: number): Promise<Record<string, string>[]> {
  await redis.flushAll()
  const rows = Array.from({ length: SESSIONS }, (_, n) => ({ ...rowOf(n, bytes), subjectKeys: [] }))
  const store = redisStore(redis)
  for (const row of rows) await store.create(row)
  const length = await redis.strLen(`sojourn:session:${rows[0]!.id}`)
  const value = Buffer.alloc(length, 1)
  const candidates: Candidate[] = [
    { name: 'SET … IFEQ', run: updating(redisStore(redis), rows) },
    { name: 'script', run: updating(redisStore(refusingToCompare(redis)), rows) },
    { name: 'plain SET', run: inTurn((n) => redis.sendCommand(['set', `plain ${n}`, value, 'px', '3600000'])) },
  ]
  const costs = candidates.map((): Cost[] => [])
  for (let round = -1; round < ROUNDS; round++) {
    for (const [n, { run }] of candidates.entries()) {
      const cost = await costOf(redis, run, bytes > 8192 ? 2000 : 10_000)
      if (round >= 0) costs[n]!.push(cost)
    }
  }
  return candidates.map(({ name }, n) => {
    const of = (what: keyof Cost) => short(median(costs[n]!.map((cost) => cost[what])))
    return {
      'row, bytes': short(length),
      what: name,
      'command, µs': of('command'),
      'processor of the server, µs': of('server'),
      'processor of the client, µs': of('client'),
    }
  })
}

/** Each update writes another version, over the one before. */
function updating(store: ReturnType<typeof redisStore>, rows: StoredSession[]): () => Promise<void> {
  let writes = 0
  return inTurn(async (n) => {
    const row = { ...rows[n]!, version: String(++writes).padStart(12, '0'), touchedAt: rows[n]!.touchedAt + 1 }
    if (!(await store.update(row, rows[n]!))) throw new Error('the row was not updated')
    rows[n] = row
  })
}

/** The client of an older server: it refuses to compare. */
function refusingToCompare(redis: Redis): Redis {
  return new Proxy(redis, {
    get(target, name) {
      const member = Reflect.get(target, name, target)
      if (name !== 'sendCommand') return typeof member === 'function' ? member.bind(target) : member
      return (args: string[], options: object) =>
        args[3] === 'ifeq' ? Promise.reject(new Error('ERR syntax error')) : target.sendCommand(args, options)
    },
  })
}

function inTurn<T>(call: (n: number) => Promise<T>): () => Promise<T> {
  let next = 0
  return () => call(next++ % SESSIONS)
}

async function costOf(redis: Redis, run: () => Promise<unknown>, operations: number): Promise<Cost> {
  await redis.configResetStat()
  const [before, used] = [await processorOf(redis), process.cpuUsage()]
  let left = operations
  const worker = async () => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  const { user, system } = process.cpuUsage(used)
  const server = (await processorOf(redis)) - before
  const stats = await redis.info('commandstats')
  const [, command] = /^cmdstat_(?:evalsha|set):.*usec_per_call=([\d.]+)/m.exec(stats)!
  return { command: Number(command), server: server / operations, client: (user + system) / operations }
}

/** The processor time that the server has used, µs. */
async function processorOf(redis: Redis): Promise<number> {
  const info = await redis.info('cpu')
  const seconds = [...info.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)].map(([, number]) => Number(number))
  return 1e6 * seconds.reduce((sum, each) => sum + each, 0)
}

import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressSession from 'express-session'
import type { Pool } from 'pg'
import { type Contract, ours, theirs } from './contract'
import { onPostgres, onRedis } from './databases'
import { short, table } from './report'
import { type Candidate, measureInTurns, median, ratio } from './rounds'

const SESSIONS = 20_000

/** Our stores and the most used ones of express-session, on the same server through the same client. */
export async function stores(): Promise<void> {
  await onRedis(async (redis) => {
    await compareStores('Redis: redisStore and connect-redis 9, one client, 32 calls at once', {
      ours: ours(redisStore(redis)),
      theirs: theirs(new RedisStore({ client: redis })),
      operations: 20_000,
      concurrency: 32,
    })
  })
  for (const prepare of [true, false]) {
    const name = prepare ? 'postgresStore with prepare: true' : 'postgresStore'
    await onPostgres(async (pool) => {
      await migrate(pool)
      await compareStores(`Postgres: ${name}, and connect-pg-simple 10, a pool of 8, 16 calls at once`, {
        ours: ours(postgresStore(pool, { prepare })),
        theirs: theirs(connectPgSimpleStore(pool)),
        operations: 2000,
        concurrency: 16,
      })
    })
  }
}

function connectPgSimpleStore(pool: Pool) {
  const Store = connectPgSimple(expressSession)
  return new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false })
}

interface Comparison {
  ours: Contract
  theirs: Contract
  operations: number
  concurrency: number
}

async function compareStores(title: string, { ours, theirs, operations, concurrency }: Comparison): Promise<void> {
  for (const store of [ours, theirs]) {
    const fill = { name: 'fill', run: inTurn(store.create) }
    await measureInTurns([fill], { rounds: 0, operations: SESSIONS, concurrency })
  }
  const rows = []
  for (const verb of ['read', 'update', 'touch'] as const) {
    const candidates: Candidate[] = [
      { name: 'ours', run: inTurn(ours[verb]) },
      { name: 'theirs', run: inTurn(theirs[verb]) },
    ]
    const [us, them] = await measureInTurns(candidates, { rounds: 9, operations, concurrency })
    rows.push({
      verb,
      'ours per second': short(1e6 / median(us!.wall)),
      'theirs per second': short(1e6 / median(them!.wall)),
      'ours / theirs': short(ratio(them!.wall, us!.wall)),
      'our µs of processor per call': short(median(us!.cpu)),
      theirs: short(median(them!.cpu)),
    })
  }
  table(`stores on ${title}, ${short(SESSIONS)} sessions`, rows)
}

/** Uses the sessions in turn, so that no session is used twice at the same time. */
function inTurn(call: (n: number) => Promise<void>): () => Promise<void> {
  let next = 0
  return () => call(next++ % SESSIONS)
}

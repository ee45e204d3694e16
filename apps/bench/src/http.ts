import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import type { HttpServerOptions } from './http-server-options'
import { short, table } from './report'
import { median, ratio } from './rounds'
import { onPostgres, onRedis } from './servers'

const bare: HttpServerOptions = { name: 'none', store: 'none' }
/** The comparisons: the store, and the library most used with it. */
const comparisons: [HttpServerOptions['store'], peer: HttpServerOptions['name'], title: string][] = [
  ['memory', 'express-session', 'express-session, MemoryStore'],
  ['cookie', 'iron-session', 'iron-session 8'],
  ['Redis', 'express-session', 'express-session, connect-redis 9'],
  ['Postgres', 'express-session', 'express-session, connect-pg-simple 10'],
]
const CONNECTIONS = 20
const ROUNDS = 7
const SECONDS = 1
/** Warm-up rounds: V8 takes thousands of requests to compile a middleware. */
const WARM_UP = 3

interface Served {
  process: ChildProcess
  url: string
  /** A session for each connection. */
  cookies: string[]
  /** Requests per second in each round. */
  rates: number[]
}

interface Pair {
  store: string
  title: string
  ours: Served
  theirs: Served
}

/** Requests per second of an Express route that reads or changes the session, with one process for each library and store. */
export async function http(): Promise<void> {
  await onRedis(async (_redis, redis) => {
    await onPostgres(async (_pool, postgres) => {
      const urls: Record<string, string> = { Redis: redis.url, Postgres: postgres.url }
      const plain = await serve(bare)
      const pairs: Pair[] = []
      try {
        for (const [store, peer, title] of comparisons) {
          const url = urls[store]
          pairs.push({
            store,
            title,
            ours: await serve({ name: 'Sojourn', store }, url),
            theirs: await serve({ name: peer, store }, url),
          })
        }
        await compare('reads', 'GET', plain, pairs)
        await compare('changes', 'PUT', plain, pairs)
      } finally {
        for (const { process } of [plain, ...pairs.flatMap(both)]) process.kill()
      }
    })
  })
}

const both = ({ ours, theirs }: Pair) => [ours, theirs]

async function compare(does: string, method: 'GET' | 'PUT', plain: Served, pairs: Pair[]): Promise<void> {
  const all = [plain, ...pairs.flatMap(both)]
  for (const served of all) served.rates = []
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const served = all[(round + WARM_UP + turn) % all.length]!
      const rate = await fire(served, method)
      if (round >= 0) served.rates.push(rate)
    }
  }
  table(
    `http: a route of Express 5 that ${does} the session, ${CONNECTIONS} connections with a session each; ${short(median(plain.rates))} requests per second without any`,
    pairs.map(({ store, title, ours, theirs }) => ({
      'sessions in': store,
      'Sojourn, requests per second': short(median(ours.rates)),
      peer: title,
      'theirs per second': short(median(theirs.rates)),
      'ours / theirs': short(ratio(ours.rates, theirs.rates)),
    })),
  )
}

async function serve({ name, store }: HttpServerOptions, database = ''): Promise<Served> {
  const server = fork(fileURLToPath(new URL('./http-server.js', import.meta.url)), [name, store, database], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [port] = await once(server, 'message')
  const url = `http://127.0.0.1:${port}/`
  const cookies: string[] = []
  while (cookies.length < CONNECTIONS) {
    const response = await fetch(url, { method: 'POST' })
    cookies.push(response.headers.getSetCookie()[0]?.split(';')[0] ?? '')
  }
  const cookie = cookies[0]!
  const read = await (await fetch(url, { headers: { cookie } })).json()
  if (cookie && (read as { name?: string }).name !== 'ada') throw new Error(`${name} does not keep a session`)
  return { process: server, url, cookies, rates: [] }
}

async function fire({ url, cookies }: Served, method: 'GET' | 'PUT'): Promise<number> {
  let connection = 0
  const { requests, non2xx, errors } = await autocannon({
    url,
    method,
    connections: CONNECTIONS,
    duration: SECONDS,
    setupClient: (client) => client.setHeaders({ cookie: cookies[connection++ % CONNECTIONS]! }),
  })
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`)
  return requests.total / SECONDS
}

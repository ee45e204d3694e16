import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { short, table } from './report'
import { median, ratio } from './rounds'

const kinds = ['no session', 'Sojourn, memory store', 'Sojourn, sealed cookie', 'express-session, MemoryStore']
const ROUNDS = 7
/** Rounds before them, which are not measured: V8 takes thousands of requests to compile a middleware. */
const WARM_UP = 3

interface Served {
  name: string
  process: ChildProcess
  url: string
  cookie: string
  /** Requests per second, one number for each round. */
  rates: number[]
}

/** How many requests a second an Express route answers that reads the session, each kind in a process of its own. */
export async function http(): Promise<void> {
  const all: Served[] = []
  try {
    for (const name of kinds) all.push(await serve(name))
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (let turn = 0; turn < all.length; turn++) {
        const served = all[(round + WARM_UP + turn) % all.length]!
        const rate = await fire(served)
        if (round >= 0) served.rates.push(rate)
      }
    }
  } finally {
    for (const { process } of all) process.kill()
  }
  const peer = all.at(-1)!
  table(
    'http: a route of Express 5 that reads the session, 20 connections',
    all.map(({ name, rates }) => ({
      session: name,
      'requests per second': short(median(rates)),
      'of what express-session does': short(ratio(rates, peer.rates)),
    })),
  )
}

async function serve(name: string): Promise<Served> {
  const server = fork(fileURLToPath(new URL('./http-server.js', import.meta.url)), [name], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [port] = await once(server, 'message')
  const url = `http://127.0.0.1:${port}/`
  const response = await fetch(url, { method: 'POST' })
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const read = await (await fetch(url, { headers: { cookie } })).json()
  if (cookie && (read as { name?: string }).name !== 'ada') throw new Error(`${name} does not keep a session`)
  return { name, process: server, url, cookie, rates: [] }
}

async function fire({ name, url, cookie }: Served): Promise<number> {
  const { requests, non2xx, errors } = await autocannon({ url, headers: { cookie }, connections: 20, duration: 2 })
  if (non2xx + errors > 0) throw new Error(`${name}: ${non2xx + errors} requests failed`)
  return requests.total / 2
}

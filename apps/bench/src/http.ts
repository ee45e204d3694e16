import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { short, table } from './report'
import { median, ratio } from './rounds'

const kinds = ['no session', 'Sojourn, memory store', 'Sojourn, sealed cookie', 'express-session, MemoryStore']
const CONNECTIONS = 20
const ROUNDS = 7
/** Rounds before them, which are not measured: V8 takes thousands of requests to compile a middleware. */
const WARM_UP = 3

interface Served {
  name: string
  process: ChildProcess
  url: string
  /** A session for each connection. */
  cookies: string[]
}

/** How many requests a second an Express route answers that reads or changes the session, each kind in a process of its own. */
export async function http(): Promise<void> {
  const all: Served[] = []
  try {
    for (const name of kinds) all.push(await serve(name))
    await compare('reads', 'GET', all)
    await compare('changes', 'PUT', all)
  } finally {
    for (const { process } of all) process.kill()
  }
}

async function compare(does: string, method: 'GET' | 'PUT', all: Served[]): Promise<void> {
  const rates = new Map(all.map((served) => [served, [] as number[]]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const served = all[(round + WARM_UP + turn) % all.length]!
      const rate = await fire(served, method)
      if (round >= 0) rates.get(served)!.push(rate)
    }
  }
  const peer = rates.get(all.at(-1)!)!
  table(
    `http: a route of Express 5 that ${does} the session, ${CONNECTIONS} connections with a session each`,
    [...rates].map(([{ name }, own]) => ({
      session: name,
      'requests per second': short(median(own)),
      'of what express-session does': short(ratio(own, peer)),
    })),
  )
}

async function serve(name: string): Promise<Served> {
  const server = fork(fileURLToPath(new URL('./http-server.js', import.meta.url)), [name], {
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
  return { name, process: server, url, cookies }
}

async function fire({ name, url, cookies }: Served, method: 'GET' | 'PUT'): Promise<number> {
  let connection = 0
  const { requests, non2xx, errors } = await autocannon({
    url,
    method,
    connections: CONNECTIONS,
    duration: 2,
    setupClient: (client) => client.setHeaders({ cookie: cookies[connection++ % CONNECTIONS]! }),
  })
  if (non2xx + errors > 0) throw new Error(`${name}: ${non2xx + errors} requests failed`)
  return requests.total / 2
}

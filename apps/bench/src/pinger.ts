import { parentPort, workerData } from 'node:worker_threads'
import { Client } from 'pg'
import { createClient } from 'redis'

/** What the pinger is told at its start: the server to ask. */
export type PingerData = { url: string }
/** What it has seen since it was last asked, in ms. */
export interface Pings {
  count: number
  median: number
  worst: number
}

// Another client, in a thread of its own: what holds up the thread that works does not hold it up.
const { url } = workerData as PingerData
const ping = await connect()
let delays: number[] = []

parentPort!.on('message', () => {
  const sorted = delays.toSorted((a, b) => a - b)
  delays = []
  const seen: Pings = { count: sorted.length, median: sorted[sorted.length >> 1] ?? 0, worst: sorted.at(-1) ?? 0 }
  parentPort!.postMessage(seen)
})

// It ends when its owner terminates it.
for (;;) {
  const began = performance.now()
  await ping()
  delays.push(performance.now() - began)
  await new Promise((resolve) => setTimeout(resolve, 1))
}

async function connect(): Promise<() => Promise<unknown>> {
  if (url.startsWith('redis:')) {
    const redis = await createClient({ url }).connect()
    return () => redis.ping()
  }
  const postgres = new Client({ connectionString: url })
  postgres.on('error', () => {}) // the server ends before the thread is told
  await postgres.connect()
  return () => postgres.query('SELECT 1')
}

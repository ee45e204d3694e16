import { parentPort, workerData } from 'node:worker_threads'
import { Client } from 'pg'
import { createClient } from 'redis'

/** Input of the worker: the URL of the server to ping. */
export type PingWorkerData = { url: string }
/** Ping times since the last report, in ms. */
export interface Pings {
  count: number
  median: number
  worst: number
}

// A client in its own thread, so that work in the main thread does not delay it.
const { url } = workerData as PingWorkerData
const ping = await connect()
let delays: number[] = []

parentPort!.on('message', () => {
  const sorted = delays.toSorted((a, b) => a - b)
  delays = []
  const seen: Pings = { count: sorted.length, median: sorted[sorted.length >> 1] ?? 0, worst: sorted.at(-1) ?? 0 }
  parentPort!.postMessage(seen)
})

// Runs until the owner terminates the worker.
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
  postgres.on('error', () => {}) // the server stops before the worker is terminated
  await postgres.connect()
  return () => postgres.query('SELECT 1')
}

import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Pings, PingWorkerData } from './ping-worker'

/** Duration of some work, in ms, and how long it blocked another client of the same server. */
export interface Blocking {
  took: number
  /** The longest ping of the other client during the work, in ms. */
  worst: number
  /** The longest ping in an equal time without the work, as the baseline of the machine. */
  idleWorst: number
}

/** Starts a second client that pings the server every millisecond. */
export async function startWatcher(
  url: string,
): Promise<{ watch(work: () => Promise<unknown>): Promise<Blocking>; end(): Promise<unknown> }> {
  const workerData: PingWorkerData = { url }
  const worker = new Worker(new URL('./ping-worker.js', import.meta.url), { workerData })
  const seen = async (): Promise<Pings> => {
    worker.postMessage('seen')
    const [pings] = (await once(worker, 'message')) as [Pings]
    return pings
  }
  while ((await seen()).count === 0) await wait(10)
  return {
    async watch(work) {
      await seen()
      const began = performance.now()
      await work()
      const took = performance.now() - began
      const { worst } = await seen()
      await wait(Math.max(took, 100))
      return { took, worst, idleWorst: (await seen()).worst }
    },
    end: () => worker.terminate(),
  }
}

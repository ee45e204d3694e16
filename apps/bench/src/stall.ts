import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { PingerData, Pings } from './pinger'

/** What something took, in ms, and what another client of the same server saw of it. */
export interface Stall {
  took: number
  /** The longest that another client waited for a ping meanwhile. */
  worst: number
  /** The longest it waited in as much time without: what the machine itself does to it. */
  idleWorst: number
}

/** A second client that asks the server for next to nothing every millisecond. */
export async function watcher(
  url: string,
): Promise<{ watch(work: () => Promise<unknown>): Promise<Stall>; end(): Promise<unknown> }> {
  const workerData: PingerData = { url }
  const worker = new Worker(new URL('./pinger.js', import.meta.url), { workerData })
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

import { availableParallelism, cpus, loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** Above this share, other processes make the results unreliable. */
export const TOO_BUSY = 0.1

/** The share of all processors that is used now, 0 to 1. Called while our own processes wait. */
export async function shareOfOthers(): Promise<number> {
  const before = times()
  await delay(500)
  const after = times()
  return 1 - (after.idle - before.idle) / (after.all - before.all)
}

function times(): { idle: number; all: number } {
  const each = cpus().map(({ times }) => times)
  const all = each.flatMap((times) => Object.values(times)).reduce((sum, time) => sum + time, 0)
  return { idle: each.reduce((sum, { idle }) => sum + idle, 0), all }
}

/** What has to be known about the machine to judge a result. */
export const machine = () => ({
  node: process.version,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  date: new Date().toISOString().slice(0, 10),
  load: loadavg()[0]!,
})

import type { MemoryStore } from '@sojourn/session-core'
import { type ParkPoint, parkedStore, type StoreOperation } from '@sojourn/session-testing'

/** Something that waits for the explorer's choice: a store call, before the store or before its reply, or a step of a task. */
interface Waiting {
  go(): void
}

/** What a task can do besides calling the store. */
export interface Steps {
  /** Waits for its turn like a store call: for what happens outside the store, such as time going by. */
  step(): Promise<void>
}

const OPERATIONS: StoreOperation[] = ['create', 'read', 'update', 'touch', 'delete', 'listBySubject', 'deleteBySubject']

/**
 * Runs the tasks of a scenario in every order in which their store calls can happen: each call waits before it reaches the
 * store and again before its reply, and all ways to let them go on, one at a time, are walked through. Each way runs the
 * scenario from its beginning. Yields the number of ways. `points` leaves out the wait before the reply where the ways
 * would be too many: every order of what happens to the store remains.
 */
export async function everyOrder(
  scenario: (wrap: (store: MemoryStore) => MemoryStore) => Promise<{
    tasks: ((steps: Steps) => Promise<unknown>)[]
    check: (settled: PromiseSettledResult<unknown>[]) => Promise<void>
  }>,
  points: readonly ParkPoint[] = ['before', 'after'],
): Promise<number> {
  let ways = 0
  const prefixes: number[][] = [[]]
  for (let prefix = prefixes.pop(); prefix; prefix = prefixes.pop()) {
    const taken = await walk(scenario, prefix, points)
    ways++
    // Every choice made beyond the prefix was the first one; the others are walked later.
    for (let at = prefix.length; at < taken.length; at++) {
      const before = Array.from({ length: at }, (_, i) => prefix![i] ?? 0)
      for (let choice = 1; choice < taken[at]!; choice++) prefixes.push([...before, choice])
    }
  }
  return ways
}

/** One way; yields how many choices there were at each turn. */
async function walk(
  scenario: Parameters<typeof everyOrder>[0],
  prefix: number[],
  points: readonly ParkPoint[],
): Promise<number[]> {
  const gates: Waiting[] = []
  let parking: ReturnType<typeof parkedStore<MemoryStore>> | undefined
  const { tasks, check } = await scenario((store) => {
    parking = parkedStore(store)
    return parking
  })
  for (const operation of OPERATIONS) for (const point of points) parking!.park(operation, point)
  const steps: Steps = { step: () => new Promise((go) => gates.push({ go })) }
  let running = tasks.length
  const done = Promise.allSettled(tasks.map((task) => task(steps).finally(() => running--)))
  const choices: number[] = []
  for (;;) {
    // All cryptography is synchronous here, so a turn of the event loop lets everybody get as far as they can.
    await new Promise(setImmediate)
    if (running === 0) break
    const waiting = [...gates, ...parking!.parked.map((call) => ({ go: () => void call.release() }))]
    if (waiting.length === 0) throw new Error('nobody waits and nobody is done')
    const choice = prefix[choices.length] ?? 0
    choices.push(waiting.length)
    const chosen = waiting[choice]!
    const gate = gates.indexOf(chosen)
    if (gate >= 0) gates.splice(gate, 1)
    chosen.go()
  }
  parking!.unpark()
  await check(await done)
  return choices
}

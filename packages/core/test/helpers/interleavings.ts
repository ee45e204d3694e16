import { type Parking, type ParkPoint, parkedStore, type StoreOperation } from '@sojourn/session-testing'

/** A paused store call (before the store or before its reply), or a paused step of a task. */
interface Waiting {
  go(): void
}

/** What a task can do besides store calls. */
export interface Steps {
  /** Pauses like a store call. For events outside the store, such as a change of the clock. */
  step(): Promise<void>
}

/** Makes the calls of a store, or of a revocation store, pause. */
export type Wrap = <Store extends object>(store: Store) => Store

const OPERATIONS: StoreOperation[] = [
  'create',
  'read',
  'update',
  'touch',
  'delete',
  'listBySubject',
  'deleteBySubject',
  'revoke',
]

/**
 * Runs the tasks of a scenario in every possible order of their store calls. Each call pauses before it reaches the
 * store and again before its reply, and every order of continuing them, one at a time, is tried. Each order runs the
 * scenario from its beginning. Returns the number of orders. `points` can omit the pause before the reply if there
 * are too many orders; every order of effects on the store is still tried.
 */
export async function everyOrder(
  scenario: (wrap: Wrap) => Promise<{
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
    // Beyond the prefix the first choice was taken each time. Queue the others.
    for (let at = prefix.length; at < taken.length; at++) {
      const before = Array.from({ length: at }, (_, i) => prefix![i] ?? 0)
      for (let choice = 1; choice < taken[at]!; choice++) prefixes.push([...before, choice])
    }
  }
  return ways
}

/** Runs one order. Returns the number of choices at each step. */
async function walk(
  scenario: Parameters<typeof everyOrder>[0],
  prefix: number[],
  points: readonly ParkPoint[],
): Promise<number[]> {
  const gates: Waiting[] = []
  let parking: Parking | undefined
  const { tasks, check } = await scenario((store) => {
    const parked = parkedStore(store)
    parking = parked
    return parked
  })
  for (const operation of OPERATIONS) for (const point of points) parking!.park(operation, point)
  const steps: Steps = { step: () => new Promise((go) => gates.push({ go })) }
  let running = tasks.length
  const done = Promise.allSettled(tasks.map((task) => task(steps).finally(() => running--)))
  const choices: number[] = []
  for (;;) {
    // All cryptography is synchronous here, so after one turn of the event loop every task is paused or done.
    await new Promise(setImmediate)
    if (running === 0) break
    const waiting = [...gates, ...parking!.parked.map((call) => ({ go: () => void call.release() }))]
    if (waiting.length === 0) throw new Error('deadlock: no task is paused and not all are done')
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

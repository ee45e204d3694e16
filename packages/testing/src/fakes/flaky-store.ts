import { aroundStore, type StoreOperation } from './store-calls'

/**
 * What becomes of a call: it is rejected without reaching the store; it is never answered and never reaches the store; the
 * store does it and the call is rejected all the same, as when a reply is lost; nothing is wrong with it.
 */
export type Fault = 'throw' | 'hang' | 'lose reply' | 'pass'

/** What a flaky store can be told. */
export interface Faults {
  /**
   * The next `times` calls of `operation` (default 1; `Infinity` for a store that is down), after those that were
   * scripted before, meet with `fault`. A call that fails rejects with `error`, default `Error('the store is down')`.
   */
  next(operation: StoreOperation, fault: Fault, times?: number, error?: unknown): void
  /** Forgets what was scripted and did not happen. Calls that hang go on hanging. */
  heal(): void
}

interface Scripted {
  readonly fault: Fault
  readonly error: unknown
  left: number
}

/**
 * A store that fails by a script, and by nothing else. It has what the inner store has: `inMemory`, and the optional methods.
 *
 * @example
 * const store = flakyStore(memoryStore())
 * store.next('update', 'pass')
 * store.next('update', 'lose reply', 2) // the second and the third call
 */
export function flakyStore<Store extends object>(store: Store): Store & Faults {
  const scripts = new Map<StoreOperation, Scripted[]>()

  const faults: Faults = {
    next(operation, fault, times = 1, error = new Error('the store is down')) {
      scripts.set(operation, [...(scripts.get(operation) ?? []), { fault, error, left: times }])
    },
    heal: () => scripts.clear(),
  }

  const take = (operation: StoreOperation): Scripted | undefined => {
    const script = (scripts.get(operation) ?? []).find(({ left }) => left > 0)
    if (script) script.left--
    return script
  }

  return aroundStore(store, faults, async ({ operation, make }) => {
    const script = take(operation)
    if (script?.fault === 'hang') return new Promise(() => {})
    if (script?.fault === 'throw') throw script.error
    const reply = await make()
    if (script?.fault === 'lose reply') throw script.error
    return reply
  })
}

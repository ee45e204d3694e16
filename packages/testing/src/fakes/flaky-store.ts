import { aroundStore, type StoreOperation } from './store-calls'

/**
 * Result of a call. `throw`: rejects without reaching the store. `hang`: never settles and never reaches the store. `lose
 * reply`: the store executes it, but the call rejects. `pass`: succeeds.
 */
export type Fault = 'throw' | 'hang' | 'lose reply' | 'pass'

/** Controls of a flaky store. */
export interface Faults {
  /**
   * The next `times` calls of `operation` (default 1; `Infinity` for a store that is down), after those
   * scripted before, get `fault`. A failed call rejects with `error`, default `Error('the store is down')`.
   */
  next(operation: StoreOperation, fault: Fault, times?: number, error?: unknown): void
  /** Drops all remaining faults. Calls that hang stay pending. */
  heal(): void
}

interface Scripted {
  readonly fault: Fault
  readonly error: unknown
  left: number
}

/**
 * Wraps a store so that calls fail as scripted. Keeps `inMemory` and the optional methods of the inner store.
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

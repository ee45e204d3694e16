import { aroundStore, type StoreOperation } from './store-calls'

/** Counters of a counting store. */
export interface CallCounts {
  /** Number of calls of each operation since the last reset. An operation without calls is absent, so compare with `{}`. */
  readonly calls: Readonly<Partial<Record<StoreOperation, number>>>
  /** Resets all counters. */
  resetCalls(): void
}

/**
 * Wraps a store and counts its calls, failed ones as well. Keeps `inMemory` and the optional methods of the inner store.
 * @example
 * const store = countingStore(memoryStore())
 * await visit('/')
 * expect(store.calls).toEqual({ read: 1 })
 */
export function countingStore<Store extends object>(store: Store): Store & CallCounts {
  let calls: Partial<Record<StoreOperation, number>> = {}
  const counts: CallCounts = {
    get calls() {
      return { ...calls }
    },
    resetCalls() {
      calls = {}
    },
  }
  return aroundStore(store, counts, ({ operation, make }) => {
    calls[operation] = (calls[operation] ?? 0) + 1
    return make()
  })
}

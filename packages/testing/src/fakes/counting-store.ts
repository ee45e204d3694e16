import { aroundStore, type StoreOperation } from './store-calls'

/** What a counting store tells. */
export interface CallCounts {
  /** How often each operation was called since the last reset; those that never were are missing. Compare it with `{}`. */
  readonly calls: Readonly<Partial<Record<StoreOperation, number>>>
  /** Begins to count anew. */
  resetCalls(): void
}

/** A store that counts its calls, failed ones as well. It has what the inner store has: `inMemory`, and the optional methods. */
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

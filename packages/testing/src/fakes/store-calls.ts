import type { ExpiredCleanup, RevocationStore, SessionStore, SubjectIndex, SubjectLimit } from '@sojourn/session-core'

type Everything = SessionStore & SubjectIndex & SubjectLimit & ExpiredCleanup & RevocationStore

/** The name of a method that a session store or a revocation store has, or may have. */
export type StoreOperation = Exclude<keyof Everything, 'inMemory'>

const OPERATIONS: Record<StoreOperation, true> = {
  create: true,
  read: true,
  update: true,
  touch: true,
  delete: true,
  listBySubject: true,
  deleteBySubject: true,
  acquire: true,
  holders: true,
  release: true,
  deleteExpired: true,
  revoke: true,
}

/** One call of a store's method, and the way to have it made. */
export interface StoreCall {
  readonly operation: StoreOperation
  readonly args: readonly unknown[]
  make(): Promise<unknown>
}

/**
 * The store with every call of an operation led through `around`. What it offers is what the inner store offers, neither
 * more nor less: core looks at the methods that are there.
 */
export function aroundStore<Store extends object, Controls extends object>(
  store: Store,
  controls: Controls,
  around: (call: StoreCall) => Promise<unknown>,
): Store & Controls {
  return new Proxy(store, {
    has: (inner, name) => name in controls || name in inner,
    get(inner, name) {
      const owner = name in controls ? controls : inner
      const value: unknown = Reflect.get(owner, name)
      if (typeof value !== 'function') return value
      if (owner === controls) return value.bind(controls)
      if (!Object.hasOwn(OPERATIONS, name)) return value.bind(inner)
      const operation = name as StoreOperation
      // Asynchronous whatever the store does, as a store's method that throws at once would be to core.
      return async (...args: unknown[]) => around({ operation, args, make: async () => value.apply(inner, args) })
    },
  }) as Store & Controls
}

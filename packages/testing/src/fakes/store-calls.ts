import type { ExpiredCleanup, RevocationStore, SessionStore, SubjectIndex, SubjectLimit } from '@sojourn/session-core'

type Everything = SessionStore & SubjectIndex & SubjectLimit & ExpiredCleanup & RevocationStore

/** Name of a method of a session store or a revocation store, optional ones included. */
export type StoreOperation = Exclude<keyof Everything, 'inMemory' | 'kind'>

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

/** One call of a store method, with the function that makes it. */
export interface StoreCall {
  readonly operation: StoreOperation
  readonly args: readonly unknown[]
  make(): Promise<unknown>
}

/**
 * Wraps a store so that every call of an operation goes through `around`. It has exactly the methods of the inner store,
 * because core checks which methods exist.
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
      // Async, so that a store method that throws synchronously rejects.
      return async (...args: unknown[]) => around({ operation, args, make: async () => value.apply(inner, args) })
    },
  }) as Store & Controls
}

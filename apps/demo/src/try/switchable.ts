/** A store that can be stopped, and started again. */
export interface Switch {
  stopped: boolean
}

/** The store behind a switch: while it is stopped, every call fails as it does when no server listens. */
export const switchable = <Store extends object>(store: Store, power: Switch): Store =>
  new Proxy(store, {
    get(inner, name) {
      const value: unknown = Reflect.get(inner, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        if (power.stopped) throw new Error('connect ECONNREFUSED: the store was stopped')
        return value.apply(inner, args)
      }
    },
  })

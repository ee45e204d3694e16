/** How a storage is stopped and started again, for the attempt that does it. */
export interface Power {
  /** What stopping it means, as the beginning of a sentence: `The demo’s own Redis was shut down`. */
  readonly means: string
  /** Resolves when the storage answers no more. */
  stop(): Promise<unknown>
  /** Resolves when it answers again, with the same data. */
  start(): Promise<unknown>
}

/** A switch for a storage that the demo cannot stop: it is in this process, or belongs to others. */
export function powerSwitch() {
  let isOff = false
  const set = async (off: boolean) => {
    isOff = off
  }
  const power: Power = {
    means: 'A switch in front of the store made every call fail',
    stop: () => set(true),
    start: () => set(false),
  }
  return {
    power,
    /** The store behind the switch. While it is off, these calls (by default all) fail as they do when no server listens. */
    before: <Store extends object>(store: Store, calls?: readonly (string | symbol)[]): Store =>
      new Proxy(store, {
        get(inner, name) {
          const value: unknown = Reflect.get(inner, name)
          if (typeof value !== 'function' || calls?.includes(name) === false) return value
          return (...args: unknown[]) => (isOff ? refuse(args) : value.apply(inner, args))
        },
      }),
  }
}

/** Fails a call: by its callback, as express-session's stores do, or by a promise. */
function refuse(args: readonly unknown[]) {
  const error = new Error('connect ECONNREFUSED: the store was stopped')
  const callback = args.at(-1)
  return typeof callback === 'function' ? void setImmediate(() => callback(error)) : Promise.reject(error)
}

/** A clock that a test moves. Pass it as the `clock` of a manager and of a memory store. */
export interface FakeClock {
  /** The current time, epoch ms. */
  (): number
  /** Moves the time by `seconds` (fractions allowed; negative to step back). */
  advance(seconds: number): void
  /** Sets the time, epoch ms. */
  set(ms: number): void
}

/**
 * Creates a clock that starts at `start` (epoch ms). Default: 2030-01-01T00:00:00Z.
 * @example
 * const clock = fakeClock()
 * const sessions = createSessionManager({ secret, store: memoryStore({ clock }), clock })
 * clock.advance(901) // seconds: a session with the default clocks is idle for too long
 */
export function fakeClock(start: number = Date.UTC(2030, 0, 1)): FakeClock {
  let now = start
  return Object.assign(() => now, {
    advance: (seconds: number) => {
      now += Math.round(seconds * 1000)
    },
    set: (ms: number) => {
      now = ms
    },
  })
}

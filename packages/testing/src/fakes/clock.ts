/** A clock that stands still until it is told otherwise. Hand it in as a manager's `clock`, and as a memory store's `now`. */
export interface FakeClock {
  /** The current time, epoch ms. */
  (): number
  /** Moves the time by so many seconds (fractions allowed; negative for a clock that is put back). */
  advance(seconds: number): void
  /** Moves the time to an instant, epoch ms. */
  set(ms: number): void
}

/** Makes a clock that begins at `start` (epoch ms). Default 2030-01-01T00:00:00Z: the same in every run. */
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

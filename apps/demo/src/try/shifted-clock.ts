import type { SessionClock } from '@sojourn/session-core'

/** A clock that can be moved ahead, instead of waiting. */
export function shiftedClock(clock: SessionClock = Date.now) {
  let shift = 0
  return {
    now: () => clock() + shift,
    ahead(seconds: number): void {
      shift += seconds * 1000
    },
  }
}

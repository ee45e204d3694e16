import type { SessionEvent } from './events'
import type { SessionOutcome } from './outcome'

/** How often something has happened in this process since the manager was made. Every name is there, from 0. */
export interface SessionCounters {
  /**
   * The requests whose session was opened, by outcome. A request that failed because the store is down counts as
   * `unavailable`. Their sum is the number of requests.
   */
  readonly outcomes: Readonly<Record<SessionOutcome, number>>
  /** The events, by type: `login` has the logins, `logout` the logouts, `limited` what `maxPerSubject` refused. */
  readonly events: Readonly<Record<SessionEvent['type'], number>>
}

/** Counts from 0. All names are there from the start, so counting allocates nothing. */
export const newCounters = (): SessionCounters => ({
  outcomes: {
    none: 0,
    resumed: 0,
    stale: 0,
    restored: 0,
    imported: 0,
    withheld: 0,
    malformed: 0,
    rejected: 0,
    unknown: 0,
    reused: 0,
    revoked: 0,
    mismatch: 0,
    'expired:idle': 0,
    'expired:rolling': 0,
    'expired:absolute': 0,
    unavailable: 0,
  },
  events: {
    created: 0,
    renewed: 0,
    regenerated: 0,
    touched: 0,
    'touch-skipped': 0,
    login: 0,
    logout: 0,
    restored: 0,
    imported: 0,
    'import-skipped': 0,
    limited: 0,
    expired: 0,
    destroyed: 0,
    revoked: 0,
    reused: 0,
    mismatch: 0,
    rejected: 0,
    duplicate: 0,
    withheld: 0,
    'change-dropped': 0,
    conflict: 0,
    'store-slow': 0,
    'store-failed': 0,
    'cookie-not-kept': 0,
    'config-warning': 0,
  },
})

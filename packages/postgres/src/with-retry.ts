import type { Database } from './database'

/** SQLSTATEs of a statement that Postgres rolled back because of others: serialization failure and deadlock. */
const retryableCodes = ['40001', '40P01']

/** In every conflict one statement succeeds, so a pool cannot need this many attempts. */
const maxAttempts = 50

/** No attempt begins later than this after the first one, in milliseconds: core has given the statement up by then. */
const maxRetryMs = 1000

/**
 * Wraps a database: a statement that Postgres rolled back because of concurrent ones is sent again, for at most a second. This
 * happens above the isolation level `read committed`. Each statement of this package is a transaction of its own, so it can be
 * repeated. `now`: a clock in milliseconds that never goes back.
 */
export function withRetry(database: Database, now: () => number = () => performance.now()): Database {
  return {
    async query(text, values) {
      const until = now() + maxRetryMs
      for (let attempt = 1; ; attempt++) {
        try {
          return await database.query(text, values)
        } catch (error) {
          const isRetryable = retryableCodes.includes((error as { code?: string }).code ?? '')
          if (!isRetryable || attempt === maxAttempts || now() >= until) throw error
        }
      }
    },
  }
}

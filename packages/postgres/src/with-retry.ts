import type { Database } from './database'

/** SQLSTATEs of a statement that Postgres rolled back because of others: serialization failure and deadlock. */
const retryableCodes = ['40001', '40P01']

/** In every conflict one statement succeeds, so a pool cannot need this many attempts. */
const maxAttempts = 50

/**
 * Wraps a database: a statement that Postgres rolled back because of concurrent ones is sent again. This happens above the
 * isolation level `read committed`. Each statement of this package is a transaction of its own, so it can be repeated.
 */
export const withRetry = (database: Database): Database => ({
  async query(text, values) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await database.query(text, values)
      } catch (error) {
        if (attempt === maxAttempts || !retryableCodes.includes((error as { code?: string }).code ?? '')) throw error
      }
    }
  },
})

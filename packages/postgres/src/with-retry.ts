import type { Database } from './database'

/** What Postgres answers where others were in the way, and it has undone the statement: 40P01 is a deadlock. */
const undone = ['40001', '40P01']

/** Of those in one another's way one gets through, so this is far beyond what a pool can bring about. */
const mostTimes = 50

/**
 * The same database, which tries again what it has undone. It takes back statements that meet where its isolation level
 * is above `read committed`; as each of ours is a transaction of its own, to run it again is all that there is to do.
 */
export const repeated = (database: Database): Database => ({
  async query(text, values) {
    for (let times = 1; ; times++) {
      try {
        return await database.query(text, values)
      } catch (error) {
        if (times === mostTimes || !undone.includes((error as { code?: string }).code ?? '')) throw error
      }
    }
  },
})

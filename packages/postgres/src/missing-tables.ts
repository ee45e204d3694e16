import type { Database } from './database'

/** SQLSTATEs of a table, and of a column, that is not there. */
const missing = ['42P01', '42703']

/** Wraps a database: the error of a statement whose table is missing says what to do. The database's own is its `cause`. */
export function withMigrationHint(database: Database): Database {
  return {
    async query(text, values) {
      try {
        return await database.query(text, values)
      } catch (error) {
        const { code, message } = error as { code?: string; message?: string }
        if (!code || !missing.includes(code)) throw error
        const hint = `${message}: run migrate(pool) before the server starts, with the same schema and table`
        throw Object.assign(new Error(hint, { cause: error }), { code })
      }
    },
  }
}

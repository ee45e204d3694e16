import type { Database } from './database'

/** A `pg` Pool or Client, or another database whose `query` accepts a named statement, as theirs does. */
export interface PreparingDatabase extends Database {
  /** Runs a statement that the server parses and plans once per connection, under the given name. */
  query(statement: { name: string; text: string; values?: unknown[] }): Promise<{ rows: unknown[] }>
  /** Runs one statement. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** SQLSTATEs of a name that is unknown, or used already, on the connection that a pooler has assigned. */
const refusedNames = ['26000', '42P05']

/**
 * Wraps a database: each statement is parsed and planned once per connection. Behind a pooler that does not support named
 * statements, it continues without them after the first refusal. A refused statement was not run.
 */
export function withPreparedStatements(database: PreparingDatabase): Database {
  const names = new Map<string, string>()
  let refused = false
  return {
    async query(text, values) {
      if (refused) return database.query(text, values)
      const name = names.get(text) ?? (await nameOf(text))
      names.set(text, name)
      try {
        return await database.query({ name, text, values })
      } catch (error) {
        if (!refusedNames.includes((error as { code?: string }).code ?? '')) throw error
        refused = true
        return database.query(text, values)
      }
    },
  }
}

// Derived from the text, so that a name never stands for two statements on a shared connection. Postgres keeps 63 bytes.
async function nameOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `sojourn_${hex.slice(0, 40)}`
}

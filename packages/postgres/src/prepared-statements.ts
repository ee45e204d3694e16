import type { Database } from './database'

/** A `pg` Pool or Client, or what takes a statement with a name as they do. */
export interface PreparingDatabase extends Database {
  query(statement: { name: string; text: string; values?: unknown[] }): Promise<{ rows: unknown[] }>
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** What Postgres answers where a name means nothing, or something already, on the connection that a pooler has lent. */
const refusals = ['26000', '42P05']

/**
 * The same database, which parses and plans each statement once per connection. Behind a pooler that cannot keep names
 * apart it goes on without: the refusal says that nothing was run.
 */
export function prepared(database: PreparingDatabase): Database {
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
        if (!refusals.includes((error as { code?: string }).code ?? '')) throw error
        refused = true
        return database.query(text, values)
      }
    },
  }
}

// From the text, so that one name never means two statements, whoever else uses the connection. Postgres keeps 63 bytes.
async function nameOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `sojourn_${hex.slice(0, 40)}`
}

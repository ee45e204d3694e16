import { type Kind, madeBy } from '#check'

/** A session as the store before this one has kept it. */
export interface LegacySession {
  /** The session's data, with its `cookie`. */
  readonly session: Readonly<Record<string, unknown>>
  /** When that store would have forgotten it, epoch ms. Default: what the cookie says. */
  readonly expiresAt?: number | undefined
}

/**
 * The rows of the store that was used before: {@link redisRows} for connect-redis, {@link postgresRows} for
 * connect-pg-simple, or one of your own. Errors count as errors of the store.
 * @example
 * const rows: LegacyRows = { read: async (sid) => old.find(sid), end: (sid) => old.remove(sid) }
 */
export interface LegacyRows {
  /** The session under a session id, where it is alive; null or undefined if there is none, or if its row cannot be read. */
  read(sid: string): Promise<LegacySession | null | undefined>
  /** Deletes the row. Resolves also if there is none. */
  end(sid: string): Promise<unknown>
}

/** What is taken as {@link LegacyRows}. */
export const legacyRows: Kind = madeBy('redisRows(client, { prefix })', 'postgresRows(pool, { table })', 'read', 'end')

/** The JSON object in a row's text; undefined for any other text. */
export function parseSession(text: unknown): Record<string, unknown> | undefined {
  try {
    const session: unknown = typeof text === 'string' ? JSON.parse(text) : text
    if (typeof session === 'object' && session !== null && !Array.isArray(session)) {
      return session as Record<string, unknown>
    }
  } catch {}
  return undefined
}

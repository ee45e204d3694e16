import type { SessionStore, SubjectIndex } from '@sojourn/session-core'

/** A storage outside of the manager, and what it takes to use it. */
export interface Backend {
  readonly storage: SessionStore & SubjectIndex
  /** Where it keeps sessions, for people: `in PGlite, in memory`. */
  readonly note: string
  /** Lets go of the storage, and ends a server that was started for it. */
  close(): Promise<unknown>
}

/** Host and port of a URL: what can be shown of it, since the rest may hold a password. */
export const addressOf = (url: string): string => new URL(url).host

/** Why something failed. Node's error for a host with two addresses has no message, only a code. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || String(error)
}

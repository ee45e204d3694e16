import type { SessionStore, SubjectIndex } from '@sojourn/session-core'
import type { Peer } from './peer'
import type { Power } from './power'

/** A store, with what the demo needs to show and to close it. */
export interface Backend {
  readonly store: SessionStore & SubjectIndex
  /** Where it keeps sessions, as text for the page: `in PGlite, in memory`. */
  readonly note: string
  /** A store of express-session in the same place. */
  peer(): Promise<Peer>
  /** Undefined for a server that the demo has not started. */
  readonly power?: Power
  /** Closes the connection, and stops the server if the demo started one. */
  close(): Promise<unknown>
}

/** Host and port of a URL. The rest is not shown, because it may contain a password. */
export const addressOf = (url: string): string => new URL(url).host

/** The reason for a failure. Node's error for a host with two addresses has a code and no message. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || String(error)
}

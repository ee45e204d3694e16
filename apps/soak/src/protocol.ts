import type { SessionCounters, SessionManagerOptions } from '@sojourn/session-core'
import type { StorageSettings } from './storage'

/** What every worker of a crew is configured with. */
export interface Settings extends StorageSettings {
  secret: string
  options: Omit<SessionManagerOptions, 'secret' | 'store'>
}

/** What one request does: with which cookie, and to which key, or as whom. */
export interface Request {
  verb: 'read' | 'login' | 'logout' | 'count' | 'set'
  key?: string
  cookie?: string | undefined
}

/** What came of it. */
export interface Answer {
  outcome?: string
  id?: string
  data?: Record<string, unknown>
  /** The Cookie header that the client has now. */
  cookie?: string | undefined
  /** Whether the response set or cleared a cookie. */
  sent?: boolean
  error?: string
}

/** What a crew tells a worker. */
export type Message =
  | { kind: 'start'; settings: Settings }
  | { kind: 'clock'; offset: number }
  | { kind: 'requests'; requests: Request[] }
  | { kind: 'counters' }
  | { kind: 'list'; subject: string }

/** What a worker answers to a message of each kind. */
export interface Replies {
  start: null
  clock: null
  requests: Answer[]
  counters: SessionCounters
  list: number
}

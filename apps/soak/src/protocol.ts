import type { LimitedStoreOptions, SessionCounters } from '@sojourn/session-core'
import type { StoreSettings } from './store'

/** Configuration of every worker of a pool. */
export interface Settings extends StoreSettings {
  secret: string
  options: Partial<Omit<LimitedStoreOptions, 'secret' | 'store'>>
}

/** One request: its action, the key or subject, and the Cookie header. */
export interface Request {
  verb: 'read' | 'login' | 'logout' | 'count' | 'set'
  key?: string
  cookie?: string | undefined
}

/** The result of a request. */
export interface Answer {
  outcome?: string
  id?: string
  data?: Record<string, unknown>
  /** The client's Cookie header after the response. */
  cookie?: string | undefined
  /** Whether the response set or cleared a cookie. */
  sent?: boolean
  error?: string
}

/** A message to a worker. */
export type Message =
  | { kind: 'start'; settings: Settings }
  | { kind: 'clock'; offset: number }
  | { kind: 'requests'; requests: Request[] }
  | { kind: 'counters' }
  | { kind: 'list'; subject: string }

/** The reply to a message of each kind. */
export interface Replies {
  start: null
  clock: null
  requests: Answer[]
  counters: SessionCounters
  list: number
}

import type { StorageSettings } from '../storage'

/** One site for all its visitors: where its sessions live, and how fast its time goes by. */
export interface SiteSettings {
  secret: string
  store: StorageSettings | { kind: 'memory' } | { kind: 'cookie' }
  /** The site's clock moves with its requests, not with the machine's: how busy that is decides nothing. */
  secondsPerRequest: number
}

/** What a page tells its visitor. */
export interface PageAnswer {
  subject?: string | undefined
  /** What `login` put into the session's data. */
  owner?: string | undefined
  count?: number | undefined
  /** What a handler left in the data that failed after it. */
  spoiled?: boolean | undefined
}

/** How a site is that nobody visits at the moment. */
export interface Health {
  /** Bytes in use after a collection. */
  heap: number
  /** What keeps the process busy, by kind: sockets, timers… */
  resources: Record<string, number>
  /** The most listeners that a connection had when a request began on it. */
  listenersOnSocket: number
  listenersOnProcess: number
  /** Warnings, rejections that nobody handled, and errors that no page throws on purpose. */
  complaints: string[]
}

export type SiteMessage = { kind: 'open'; settings: SiteSettings } | { kind: 'health' }

export interface SiteReplies {
  /** The addresses of its three servers. */
  open: string[]
  health: Health
}

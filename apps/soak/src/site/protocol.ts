import type { StoreSettings } from '../store'

/** Settings of a site: its store, and the speed of its clock. */
export interface SiteSettings {
  secret: string
  store: StoreSettings | { kind: 'memory' } | { kind: 'cookie' }
  /** The site's clock advances by this for each request, so that the machine's load does not matter. */
  secondsPerRequest: number
}

/** The JSON response of a page. */
export interface PageAnswer {
  subject?: string | undefined
  /** The name that `login` stored in the session's data. */
  owner?: string | undefined
  count?: number | undefined
  /** Set by a handler that then failed, so it must never be stored. */
  failedChange?: boolean | undefined
}

/** Health data of a site without running requests. */
export interface Health {
  /** Bytes in use after a collection. */
  heap: number
  /** Number of active resources by kind: sockets, timers… */
  resources: Record<string, number>
  /** Maximum number of listeners on a connection at the start of a request. */
  listenersOnSocket: number
  listenersOnProcess: number
  /** Warnings, unhandled rejections, and errors that no page throws on purpose. */
  problems: string[]
}

export type SiteMessage = { kind: 'open'; settings: SiteSettings } | { kind: 'health' }

export interface SiteReplies {
  /** URLs of the three servers. */
  open: string[]
  health: Health
}

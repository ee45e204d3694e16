import { computed, signal } from '@preact/signals'
import type { SessionEvent } from '@sojourn/session-core'

/** What the demo tells about itself. */
export interface About {
  readonly framework: string
  readonly frameworks: readonly { readonly name: string; readonly port: number }[]
  readonly timeouts: Timeouts
  readonly storages: readonly StorageInfo[]
  readonly attempts: readonly { readonly name: string; readonly title: string; readonly tries: string }[]
  readonly kong: readonly { readonly name: string; readonly title: string; readonly conf: string }[]
}

/** A storage: where it keeps sessions, or why it is missing. */
interface StorageInfo {
  readonly name: string
  readonly note?: string
  readonly problem?: string
}

export type ClockName = 'idle' | 'rolling' | 'absolute'

/** Seconds; 0 for a clock that is off. */
type Timeouts = Readonly<Record<ClockName | 'renewAfter' | 'touchThreshold', number>>

/** The session, as the demo describes it. */
export interface Facts {
  readonly framework: string
  readonly id: string
  readonly outcome: string
  readonly subject: string
  readonly data: Readonly<Record<string, unknown>>
  readonly authenticatedAt?: number
  readonly remaining: Readonly<Record<ClockName, number>>
}

/** When each clock runs out, epoch ms. */
export type Ends = Readonly<Record<ClockName, number>>

/** One line of the live log. */
export interface LiveEvent {
  readonly type: SessionEvent['type'] | 'clocks'
  readonly at: number
  readonly id?: string
  readonly reason?: string
  /** It happened before this page listened. */
  readonly isPast?: true
}

/** One of the user's sessions. */
export interface OwnSession {
  readonly id: string
  readonly label?: string
  readonly lastActiveAt: number
}

/** A cookie without its secret part, as the demo saw it arrive. */
interface SentCookie {
  readonly name: string
  readonly shown: string
  readonly length: number
  readonly sealed: boolean
}

/** What arrived and what is stored. */
export interface Evidence {
  readonly cookies: readonly SentCookie[]
  readonly row: Readonly<Record<string, unknown>> | null
}

/** One request of an attempt. */
export interface Exchange {
  readonly who: string
  readonly request: string
  readonly status: number
  readonly said: string
  readonly cookies: readonly string[]
  readonly headers: readonly string[]
}

/** What came of an attempt at one server. */
export interface Report {
  readonly library: string
  readonly held: boolean
  readonly sentence: string
  readonly exchanges: readonly Exchange[]
}

/** What one of Kong's configurations gives, in words. */
export interface KongTour {
  readonly cookie: string
  readonly headers: string
  readonly logout: string
  readonly exchanges: readonly Exchange[]
}

/** How many lines the live log keeps. */
const MAX_EVENTS = 60

export const about = signal<About>(undefined as unknown as About)
export const storage = signal('memory')
/** The session; null while the user is logged out, undefined before the first answer. */
export const session = signal<Facts | null | undefined>(undefined)
export const ends = signal<Ends>({ idle: 0, rolling: 0, absolute: 0 })
export const renewedAt = signal<number | undefined>(undefined)
/** Why there is no session. */
export const cause = signal('')
export const notice = signal('')
export const events = signal<readonly LiveEvent[]>([])
/** Undefined if the storage cannot list sessions. */
export const ownSessions = signal<readonly OwnSession[] | undefined>(undefined)
export const evidence = signal<Evidence | undefined>(undefined)
/** Results of attempts, by name; 'running' until the answer comes. */
export const reports = signal<Readonly<Record<string, 'running' | { ours: Report; theirs: Report }>>>({})
export const kongTours = signal<Readonly<Record<string, KongTour>>>({})
export const now = signal(Date.now())

export const currentStorage = computed(() => about.value.storages.find(({ name }) => name === storage.value))

/** Adds a line to the live log, newest first. */
export function log(event: LiveEvent): void {
  events.value = [event, ...events.value].slice(0, MAX_EVENTS)
}

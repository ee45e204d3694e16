import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type RevocationStore,
  type SessionClock,
  type SessionEvent,
  type SessionManager,
  type SessionStore,
  type StoredRevocation,
  type SubjectSessions,
  type TimeoutOptions,
} from '@sojourn/session-core'
import { type Backend, reasonOf } from './backend'
import { memoryPeer, type Peer } from './peer'
import { openPostgres } from './postgres'
import type { Power } from './power'
import { openRedis } from './redis'
import type { Settings } from './settings'

/**
 * A manager with every method in its type. A manager's real type has only what its storage supports; the demo calls the
 * other methods too, to show the error.
 */
export type Sessions = SessionManager &
  Pick<SubjectSessions & StoredRevocation, 'list' | 'revoke'> & {
    revokeAll(subject: string, options: { except: string }): Promise<number | undefined>
  }

/** One of the four storages; the first segment of the path chooses it. */
export type Storage = OpenStorage | MissingStorage

/** Where a manager keeps its sessions. */
export type Place = { readonly store: SessionStore } | { readonly revocations: RevocationStore }

/** A storage that is available. */
export interface OpenStorage {
  readonly name: string
  readonly sessions: Sessions
  /** A description for the page. */
  readonly note: string
  readonly place: Place
  /** A store of express-session in the same place. */
  peer(): Promise<Peer>
  /** How it is stopped and started again; undefined if the demo cannot. */
  readonly power?: Power | undefined
  /** The same storage with other clocks. Sessions live on: what ends them is asked of the current clocks. */
  withTimeouts(timeouts: TimeoutOptions): OpenStorage
  close(): Promise<unknown>
}

/** A storage that is not available, and why. */
export interface MissingStorage {
  readonly name: string
  readonly problem: string
}

/** Whether a storage is available. */
export const isOpen = (storage: Storage): storage is OpenStorage => 'sessions' in storage

/** What all managers of the demo have in common. */
export interface Common {
  readonly settings: Settings
  readonly clock: SessionClock
  /** Random bytes; undefined for the runtime's. */
  readonly random: ((length: number) => Uint8Array) | undefined
  onEvent(storage: string, event: SessionEvent): void
  /** What the demo puts around a manager. */
  around(storage: string, sessions: Sessions): Sessions
}

/** Opens the four storages in parallel. No promise rejects: a storage that is not available says why. */
export function openStorages(common: Common): Record<string, Promise<Storage>> {
  const { settings, clock } = common
  const inside = async (name: string, note: string, place: Place): Promise<Storage> =>
    manage(common, { name, note, place, peer: memoryPeer, close: async () => {} }, settings.timeouts)
  const outside = async (name: string, opening: Promise<Backend>): Promise<Storage> => {
    try {
      const { store, ...others } = await opening
      return manage(common, { name, place: { store }, ...others }, settings.timeouts)
    } catch (error) {
      return { name, problem: reasonOf(error) }
    }
  }
  return {
    memory: inside('memory', 'in this process', { store: memoryStore({ clock }) }),
    // With revocations, so that a copied cookie stops working at logout.
    cookie: inside('cookie', 'sealed in the cookie itself', { revocations: memoryRevocations({ clock }) }),
    redis: outside('redis', openRedis(settings.redisUrl)),
    postgres: outside('postgres', openPostgres(settings, clock)),
  }
}

function manage(
  common: Common,
  base: Omit<OpenStorage, 'sessions' | 'withTimeouts'>,
  timeouts: TimeoutOptions,
): OpenStorage {
  const { settings, clock, random, onEvent, around } = common
  const { name, place } = base
  const manager = createSessionManager({
    secret: settings.secret,
    ...cookies(name, settings),
    ...place,
    timeouts,
    clock,
    ...(random && { random }),
    onEvent: (event) => onEvent(name, event),
  }) as Sessions
  return {
    ...base,
    sessions: around(name, manager),
    withTimeouts: (other) => manage(common, { ...base, close: () => manager.close().then(base.close) }, other),
    close: () => manager.close().then(base.close),
  }
}

// Chromium, Firefox and curl from 7.79 on keep and send Secure cookies over plain http if the host is localhost.
const cookies = (name: string, { secureCookies }: Settings) =>
  secureCookies
    ? { cookie: { name: `__Host-sojourn-${name}` }, remember: { name: `__Host-sojourn-${name}-remember` } }
    : { cookie: { name: `sojourn-${name}`, secure: false }, remember: { name: `sojourn-${name}-remember` } }

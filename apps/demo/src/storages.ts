import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type RevocationStore,
  type SessionClock,
  type SessionManager,
  type SessionStore,
  type StoredRevocation,
  type SubjectSessions,
} from '@sojourn/session-core'
import { type Backend, reasonOf } from './backend'
import { openPostgres } from './postgres'
import { openRedis } from './redis'
import type { Settings } from './settings'

/**
 * A manager with every method in its type. A manager's real type has only what its storage supports; the demo calls the
 * other methods too, to show the error.
 */
export type Sessions = SessionManager &
  Pick<SubjectSessions & StoredRevocation, 'list' | 'revoke'> & {
    revokeAll(subject: string, options: { except: string }): Promise<unknown>
  }

/** One of the four storages; the first segment of the path chooses it. */
export type Storage = OpenStorage | MissingStorage

/** A storage that is available. */
export interface OpenStorage {
  readonly name: string
  readonly sessions: Sessions
  /** A description for the page. */
  readonly note: string
  /** The manager's store; undefined if the cookie is the storage. */
  readonly store?: SessionStore
  close(): Promise<unknown>
}

/** A storage that is not available, and why. */
export interface MissingStorage {
  readonly name: string
  readonly problem: string
}

/** Whether a storage is available. */
export const isOpen = (storage: Storage): storage is OpenStorage => 'sessions' in storage

/** Opens the four storages in parallel. No promise rejects: a storage that is not available says why. */
export function openStorages(settings: Settings, clock: SessionClock): Record<string, Promise<Storage>> {
  const manage = (name: string, storage: { store: SessionStore } | { revocations: RevocationStore }) =>
    createSessionManager({ ...managerOptions(name, settings, clock), ...storage }) as Sessions
  const inside = async (name: string, note: string, storage: Parameters<typeof manage>[1]): Promise<Storage> => {
    const sessions = manage(name, storage)
    return { name, note, sessions, close: () => sessions.close() }
  }
  const outside = async (name: string, opening: Promise<Backend>): Promise<Storage> => {
    try {
      const { store, note, close } = await opening
      const sessions = manage(name, { store })
      return { name, note, sessions, store, close: () => sessions.close().then(close) }
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

function managerOptions(name: string, { secret, secureCookies, timeouts }: Settings, clock: SessionClock) {
  // Chromium, Firefox and curl from 7.79 on keep and send Secure cookies over plain http if the host is localhost.
  const cookie = secureCookies ? { name: `__Host-sojourn-${name}` } : { name: `sojourn-${name}`, secure: false }
  return { secret, cookie, timeouts, clock }
}

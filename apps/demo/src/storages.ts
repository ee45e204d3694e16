import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionClock,
  type SessionManager,
  type SessionManagerOptions,
  type StoredRevocation,
  type SubjectSessions,
} from '@sojourn/session-core'
import { type Backend, reasonOf } from './backend'
import { openPostgres } from './postgres'
import { openRedis } from './redis'
import type { Settings } from './settings'

/**
 * A manager that is asked for everything. What its storage cannot do is missing from a manager's type; the demo asks all
 * the same, to show the refusal.
 */
export type Sessions = SessionManager &
  Pick<SubjectSessions & StoredRevocation, 'list' | 'revoke'> & {
    revokeAll(subject: string, options: { except: string }): Promise<unknown>
  }

/** A storage that can be chosen, under the first segment of the path. */
export type Storage = OpenStorage | MissingStorage

/** A storage that is there. */
export interface OpenStorage {
  readonly name: string
  readonly sessions: Sessions
  /** What it is, for people. */
  readonly note: string
  /** The store behind the manager; absent where the cookie is the storage. */
  readonly store?: SessionManagerOptions['store']
  close(): Promise<unknown>
}

/** A storage that cannot be had here, and why. */
export interface MissingStorage {
  readonly name: string
  readonly problem: string
}

/** Whether a storage is there. */
export const isOpen = (storage: Storage): storage is OpenStorage => 'sessions' in storage

/** Opens the four storages at once. None of the promises rejects: a storage that cannot be had says why. */
export function openStorages(settings: Settings, clock: SessionClock): Record<string, Promise<Storage>> {
  const manage = (name: string, storage: Pick<SessionManagerOptions, 'store' | 'revocations'>) =>
    createSessionManager({ ...managerOptions(name, settings, clock), ...storage }) as Sessions
  const inside = async (name: string, note: string, storage: Parameters<typeof manage>[1]): Promise<Storage> => {
    const sessions = manage(name, storage)
    return { name, note, sessions, close: () => sessions.close() }
  }
  const outside = async (name: string, opening: Promise<Backend>): Promise<Storage> => {
    try {
      const { storage, note, close } = await opening
      const sessions = manage(name, { store: storage })
      return { name, note, sessions, store: storage, close: () => sessions.close().then(close) }
    } catch (error) {
      return { name, problem: reasonOf(error) }
    }
  }
  return {
    memory: inside('memory', 'in this process', { store: memoryStore({ clock }) }),
    // With revocations, so that a copy of a cookie is dead after logout.
    cookie: inside('cookie', 'sealed in the cookie itself', { revocations: memoryRevocations({ clock }) }),
    redis: outside('redis', openRedis(settings.redisUrl)),
    postgres: outside('postgres', openPostgres(settings, clock)),
  }
}

function managerOptions(name: string, { secret, secureCookies, timeouts }: Settings, clock: SessionClock) {
  // Chromium, Firefox and curl from 7.79 on keep and send Secure cookies over plain http where the host is localhost.
  const cookie = secureCookies ? { name: `__Host-sojourn-${name}` } : { name: `sojourn-${name}`, secure: false }
  return { secret, cookie, timeouts, clock }
}

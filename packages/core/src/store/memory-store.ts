import { type OptionTable, ofType, readOptions, wholeNumberFrom } from '../check'
import type { SessionClock } from '../record/timeouts'
import { BoundedMap } from './bounded-map'
import type { ExpiredCleanup, SessionStore, StoredSession, SubjectIndex, SubjectLimit, SubjectPage } from './store'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many sessions it holds at most, a whole number of at least 1. When it is full and a session begins, expired
   * sessions are deleted first, then the session that was touched least recently: its user is logged out.
   * @default 10_000
   */
  maxSessions?: number
  /**
   * The clock that tells which sessions have expired, epoch ms.
   * @default Date.now
   */
  clock?: SessionClock
}

const OPTIONS = {
  maxSessions: { kind: wholeNumberFrom(1), default: 10_000 },
  clock: { kind: ofType('function'), default: Date.now },
} satisfies OptionTable<MemoryStoreOptions>

/** A store in memory, with every optional capability. */
export type MemoryStore = SessionStore & SubjectIndex & SubjectLimit & ExpiredCleanup

/**
 * Keeps sessions in the memory of this process, for development, tests and single-process servers. A restart loses them.
 * Each write deletes a few expired sessions; no timer runs. In a worker of `node:cluster` or PM2, the manager has a
 * `config-warning`: each process has sessions of its own.
 * @throws SessionConfigError for an unknown option, or a `maxSessions` that is not a whole number of at least 1.
 * @example
 * const sessions = createSessionManager({ secret, store: memoryStore({ maxSessions: 50_000 }) })
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxSessions, clock } = readOptions('memoryStore.', options, OPTIONS)
  return new InMemoryStore(maxSessions, clock)
}

class InMemoryStore implements MemoryStore {
  readonly inMemory = true
  readonly kind = 'memory'
  /** Least recently touched first. */
  readonly #rows: BoundedMap<StoredSession>
  /** By id: no row may be created under it until then. */
  readonly #tombstones: BoundedMap<{ expiresAt: number }>
  readonly #clock: SessionClock
  readonly #idsBySubject = new Map<string, Set<string>>()
  readonly #holders = new Map<string, string[]>()

  constructor(maxSessions: number, clock: SessionClock) {
    this.#rows = new BoundedMap(maxSessions, clock, (row) => {
      this.#unindex(row)
      for (const key of row.subjectKeys) this.#release(key, row.id)
    })
    this.#tombstones = new BoundedMap(maxSessions, clock)
    this.#clock = clock
  }

  async create(row: StoredSession): Promise<boolean> {
    this.#rows.sweep()
    if (this.#rows.get(row.id) || (this.#tombstones.get(row.id)?.expiresAt ?? 0) > this.#clock()) return false
    if (!this.#rows.hasRoom()) this.#rows.delete(this.#rows.oldest()!)
    this.#put(copy(row))
    return true
  }

  async read(id: string): Promise<StoredSession | null> {
    const row = this.#rows.get(id)
    return row ? copy(row) : null
  }

  async update(row: StoredSession, seen: StoredSession): Promise<boolean> {
    this.#rows.sweep()
    const stored = this.#rows.get(row.id)
    if (stored?.version !== seen.version) return false
    this.#unindex(stored)
    this.#put({
      ...copy(row),
      touchedAt: Math.max(row.touchedAt, stored.touchedAt),
      expiresAt: Math.max(row.expiresAt, stored.expiresAt),
    })
    return true
  }

  async touch(id: string, touchedAt: number, expiresAt: number): Promise<boolean> {
    this.#rows.sweep()
    const stored = this.#rows.get(id)
    if (!stored) return false
    if (touchedAt <= stored.touchedAt) return true
    stored.touchedAt = touchedAt
    stored.expiresAt = Math.max(expiresAt, stored.expiresAt)
    this.#rows.set(id, stored)
    return true
  }

  async delete(id: string, keepOut?: number): Promise<boolean> {
    if (keepOut !== undefined) this.#keepOut(id, this.#clock() + keepOut)
    return this.#rows.delete(id)
  }

  async listBySubject(key: string, page: SubjectPage): Promise<StoredSession[]> {
    return this.#idsOf(key, page).map((id) => copy(this.#rows.get(id)!))
  }

  async deleteBySubject(key: string, page: SubjectPage & { except?: string | undefined }) {
    const ids = this.#idsOf(key, page)
    const deleted = ids.filter((id) => id !== page.except && this.#rows.delete(id)).length
    const next = ids.length === page.limit ? ids.at(-1) : undefined
    return next === undefined ? { deleted } : { deleted, next }
  }

  async acquire(key: string, id: string, _expiresAt: number): Promise<string[]> {
    const holders = this.#holders.get(key) ?? []
    if (holders.includes(id)) return holders.slice(0, holders.indexOf(id))
    this.#holders.set(key, [...holders, id])
    return holders
  }

  async holders(key: string): Promise<string[]> {
    return [...(this.#holders.get(key) ?? [])]
  }

  async release(key: string, id: string): Promise<void> {
    this.#release(key, id)
  }

  async deleteExpired(now: number, limit: number): Promise<number> {
    return this.#rows.deleteExpired(now, limit)
  }

  #keepOut(id: string, until: number): void {
    this.#tombstones.sweep()
    if (!this.#tombstones.hasRoom()) this.#tombstones.delete(this.#tombstones.oldest()!)
    this.#tombstones.set(id, { expiresAt: Math.max(until, this.#tombstones.get(id)?.expiresAt ?? 0) })
  }

  #put(row: StoredSession): void {
    this.#rows.set(row.id, row)
    for (const key of row.subjectKeys) {
      const ids = this.#idsBySubject.get(key)
      if (ids) ids.add(row.id)
      else this.#idsBySubject.set(key, new Set([row.id]))
    }
  }

  #idsOf(key: string, { limit, after }: SubjectPage): string[] {
    const ids = [...(this.#idsBySubject.get(key) ?? [])]
    return ids
      .filter((id) => after === undefined || id > after)
      .sort()
      .slice(0, limit)
  }

  #unindex({ id, subjectKeys }: StoredSession): void {
    for (const key of subjectKeys) {
      const ids = this.#idsBySubject.get(key)
      ids?.delete(id)
      if (ids?.size === 0) this.#idsBySubject.delete(key)
    }
  }

  /** The last release also deletes the list, or every subject that ever logged in would stay in memory. */
  #release(key: string, id: string): void {
    const left = this.#holders.get(key)?.filter((other) => other !== id)
    if (left?.length) this.#holders.set(key, left)
    else this.#holders.delete(key)
  }
}

/** The store and its callers never share an object. */
function copy(row: StoredSession): StoredSession {
  return { ...row, subjectKeys: [...row.subjectKeys] }
}

import { checkKnown } from '../check'
import { SessionConfigError } from '../errors'
import type { SessionClock } from '../record/clock'
import type { ExpiredCleanup, SessionStore, StoredSession, SubjectIndex, SubjectLimit } from './store'

/** What {@link memoryStore} can be told. */
export interface MemoryStoreOptions {
  /**
   * The most rows it holds. When it is full and a session begins, expired rows go first, then the row that was touched
   * least recently: its user is logged out. A whole number of at least 1. Default 10 000.
   */
  maxSessions?: number
  /** The clock that tells which rows have expired, epoch ms. Default `Date.now`. */
  clock?: SessionClock
}

/** Everything a store can offer, in this process's memory. */
export type MemoryStore = SessionStore & SubjectIndex & SubjectLimit & ExpiredCleanup

/** How many rows each write looks at in search of expired ones: more than it can add, so that the search keeps up. */
const looksPerWrite = 4

/**
 * Keeps sessions in this process: for development, tests, and one process that may forget on a restart. Bounded by
 * `maxSessions`. Expired rows are let go while others are written: no timer runs.
 * @throws SessionConfigError for an unknown option, or a `maxSessions` that is no whole number of at least 1.
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  checkKnown('memoryStore.', options, ['maxSessions', 'clock'])
  const { maxSessions = 10_000, clock = Date.now } = options
  if (!Number.isSafeInteger(maxSessions) || maxSessions < 1) {
    throw new SessionConfigError('memoryStore.maxSessions', 'must be a whole number of at least 1')
  }
  return new BoundedMemory(maxSessions, clock)
}

class BoundedMemory implements MemoryStore {
  readonly inMemory = true
  readonly #maxSessions: number
  readonly #now: SessionClock
  /** Least recently touched first: a Map remembers the order, and a touched row is put at its end. */
  readonly #rows = new Map<string, StoredSession>()
  readonly #idsBySubject = new Map<string, Set<string>>()
  readonly #orders = new Map<string, string[]>()
  /** Where the search for expired rows goes on; a Map's iterator survives any change. */
  #search = this.#rows.values()
  /** No row expires before this instant: it spares a full store the look at every row for each new one. */
  #firstExpiry = Number.POSITIVE_INFINITY

  constructor(maxSessions: number, now: SessionClock) {
    this.#maxSessions = maxSessions
    this.#now = now
  }

  async create(row: StoredSession): Promise<boolean> {
    this.#forgetSome()
    if (this.#rows.has(row.id)) return false
    if (this.#rows.size >= this.#maxSessions) this.#makeRoom()
    this.#put(copy(row))
    return true
  }

  async read(id: string): Promise<StoredSession | null> {
    const row = this.#rows.get(id)
    return row ? copy(row) : null
  }

  async update(row: StoredSession, seen: StoredSession): Promise<boolean> {
    this.#forgetSome()
    const stored = this.#rows.get(row.id)
    if (stored?.version !== seen.version) return false
    const { touchedAt, expiresAt } = stored
    this.#leaveSubjects(stored)
    this.#put({
      ...copy(row),
      touchedAt: Math.max(row.touchedAt, touchedAt),
      expiresAt: Math.max(row.expiresAt, expiresAt),
    })
    return true
  }

  async touch(id: string, touchedAt: number, expiresAt: number): Promise<boolean> {
    this.#forgetSome()
    const stored = this.#rows.get(id)
    if (!stored) return false
    if (touchedAt <= stored.touchedAt) return true
    stored.touchedAt = touchedAt
    stored.expiresAt = Math.max(expiresAt, stored.expiresAt)
    this.#moveToEnd(stored)
    return true
  }

  async delete(id: string): Promise<boolean> {
    const stored = this.#rows.get(id)
    if (stored) this.#remove(stored)
    return stored !== undefined
  }

  async listBySubject(key: string, page: { limit: number; after?: string }): Promise<StoredSession[]> {
    const { limit, after } = page
    const ids = [...(this.#idsBySubject.get(key) ?? [])].filter((id) => after === undefined || id > after)
    return ids
      .sort()
      .slice(0, limit)
      .map((id) => copy(this.#rows.get(id)!))
  }

  async deleteBySubject(key: string, except?: string): Promise<number> {
    const ids = [...(this.#idsBySubject.get(key) ?? [])].filter((id) => id !== except)
    for (const id of ids) this.#remove(this.#rows.get(id)!)
    return ids.length
  }

  async acquire(key: string, id: string, max: number, evict: boolean) {
    let order = this.#orders.get(key) ?? []
    if (!order.includes(id)) {
      if (order.length >= max && !evict) return { admitted: false, evicted: [] }
      order = [...order, id]
      this.#orders.set(key, order)
    }
    const tooMany = evict && order.at(-1) === id ? Math.max(0, order.length - max) : 0
    return { admitted: true, evicted: order.slice(0, tooMany) }
  }

  async holders(key: string): Promise<string[]> {
    return [...(this.#orders.get(key) ?? [])]
  }

  async release(key: string, id: string): Promise<void> {
    this.#release(key, id)
  }

  async deleteExpired(now: number, limit: number): Promise<number> {
    let removed = 0
    for (const row of this.#rows.values()) {
      if (removed >= limit) break
      if (row.expiresAt >= now) continue
      this.#remove(row)
      removed++
    }
    return removed
  }

  #put(row: StoredSession): void {
    this.#moveToEnd(row)
    this.#firstExpiry = Math.min(this.#firstExpiry, row.expiresAt)
    for (const key of row.subjectKeys) {
      const ids = this.#idsBySubject.get(key)
      if (ids) ids.add(row.id)
      else this.#idsBySubject.set(key, new Set([row.id]))
    }
  }

  #moveToEnd(row: StoredSession): void {
    this.#rows.delete(row.id)
    this.#rows.set(row.id, row)
  }

  #remove(row: StoredSession): void {
    this.#rows.delete(row.id)
    this.#leaveSubjects(row)
    for (const key of row.subjectKeys) this.#release(key, row.id)
  }

  #leaveSubjects(row: StoredSession): void {
    for (const key of row.subjectKeys) {
      const ids = this.#idsBySubject.get(key)
      ids?.delete(row.id)
      if (ids?.size === 0) this.#idsBySubject.delete(key)
    }
  }

  /** An order is let go with its last id: otherwise every subject that ever was would stay. */
  #release(key: string, id: string): void {
    const left = this.#orders.get(key)?.filter((other) => other !== id)
    if (left?.length) this.#orders.set(key, left)
    else this.#orders.delete(key)
  }

  #forgetSome(): void {
    const now = this.#now()
    for (let looks = 0; looks < looksPerWrite; looks++) {
      const { value: row, done } = this.#search.next()
      if (done) {
        this.#search = this.#rows.values()
        return
      }
      if (row.expiresAt < now) this.#remove(row)
    }
  }

  #makeRoom(): void {
    const now = this.#now()
    if (this.#firstExpiry < now) {
      this.#firstExpiry = Number.POSITIVE_INFINITY
      for (const row of this.#rows.values()) {
        if (row.expiresAt < now) this.#remove(row)
        else this.#firstExpiry = Math.min(this.#firstExpiry, row.expiresAt)
      }
    }
    const [leastRecent] = this.#rows.values()
    if (leastRecent && this.#rows.size >= this.#maxSessions) this.#remove(leastRecent)
  }
}

/** Nobody shares an object with the store: neither who handed it in nor who is given it. */
function copy(row: StoredSession): StoredSession {
  return { ...row, subjectKeys: [...row.subjectKeys] }
}

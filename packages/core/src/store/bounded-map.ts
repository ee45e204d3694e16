import type { SessionClock } from '../record/timeouts'

/** How many entries each {@link BoundedMap.sweep} looks at: more than a write can add, so that the search keeps up. */
const LOOKS_PER_SWEEP = 4

/** A map with a capacity, for entries that expire. It finds expired entries step by step, without a timer. */
export class BoundedMap<Value extends { expiresAt: number }> {
  /** Least recently set first: a Map keeps the order of insertion. */
  private readonly entries = new Map<string, Value>()
  /** Where the next sweep continues. A Map's iterator survives any change of the Map. */
  private position = this.entries.entries()
  /** No entry expires before this instant, so a full map need not look at every entry for each new one. */
  private firstExpiry = Number.POSITIVE_INFINITY

  /** `capacity` is at least 1. `onDelete` is called for each entry that is deleted, expired or not. */
  constructor(
    private readonly capacity: number,
    private readonly now: SessionClock,
    private readonly onDelete: (value: Value) => void = () => {},
  ) {}

  get(key: string): Value | undefined {
    return this.entries.get(key)
  }

  /** The key that was set least recently; undefined if the map is empty. */
  oldest(): string | undefined {
    return this.entries.keys().next().value
  }

  /** Adds or replaces an entry. It is then the one that was set most recently. */
  set(key: string, value: Value): void {
    this.entries.delete(key)
    this.entries.set(key, value)
    this.firstExpiry = Math.min(this.firstExpiry, value.expiresAt)
  }

  /** False if there is no such entry. */
  delete(key: string): boolean {
    const value = this.entries.get(key)
    if (value === undefined) return false
    this.entries.delete(key)
    this.onDelete(value)
    return true
  }

  /** Looks at the next few entries and deletes those that have expired. To be called by every write. */
  sweep(): void {
    const now = this.now()
    for (let looks = 0; looks < LOOKS_PER_SWEEP; looks++) {
      const { value: entry, done } = this.position.next()
      if (done) {
        this.position = this.entries.entries()
        return
      }
      if (entry[1].expiresAt < now) this.delete(entry[0])
    }
  }

  /** Deletes up to `limit` entries that expired before `now` (epoch ms). Returns how many. */
  deleteExpired(now: number, limit: number): number {
    let deleted = 0
    for (const [key, { expiresAt }] of this.entries) {
      if (deleted >= limit) break
      if (expiresAt < now && this.delete(key)) deleted++
    }
    return deleted
  }

  /** Whether another entry fits. A full map deletes its expired entries first. */
  hasRoom(): boolean {
    const now = this.now()
    if (this.entries.size >= this.capacity && this.firstExpiry < now) {
      this.deleteExpired(now, this.capacity)
      this.firstExpiry = Number.POSITIVE_INFINITY
      for (const { expiresAt } of this.entries.values()) this.firstExpiry = Math.min(this.firstExpiry, expiresAt)
    }
    return this.entries.size < this.capacity
  }
}

/**
 * One session as a store holds it. A store moves these fields and understands none of them beyond what its own
 * methods say; `payload` is sealed by core and opaque.
 */
export interface StoredSession {
  /** The store key: public, at least 128 random bits, fixed for the life of the session. Any string must be safe here. */
  id: string
  /** A fresh random string for every write, chosen by core: a write whose reply was lost is recognised by it. */
  version: string
  /** The sealed record. Opaque text of up to a megabyte. */
  payload: string
  /** Hashes of (audience, subject), made by core; none for an anonymous session. A store never sees a raw subject. */
  subjectKeys: string[]
  /** Last activity, epoch ms. Outside the payload so that a touch seals nothing. */
  touchedAt: number
  /** When the store may forget the row, epoch ms. Garbage collection only: whether a session is over, core decides. */
  expiresAt: number
  /** The end no touch can move, epoch ms: what an index may be built on. */
  absoluteExpiresAt: number
}

/**
 * Where server-side sessions live. Every method is one atomic step on one key. An infrastructure failure rejects with
 * whatever the driver threw (core wraps it); "no such session" and "somebody was faster" are return values, never errors.
 */
export interface SessionStore {
  /** True where rows never leave this process's memory: core then spares itself the sealing. Default false. */
  readonly inMemory?: boolean
  /** Inserts a row. False, and nothing changed, where a row with this id is there already (expired or not). */
  create(row: StoredSession): Promise<boolean>
  /** The row, as last written, in objects of its own; null where there is none. An expired row may or may not be returned. */
  read(id: string): Promise<StoredSession | null>
  /**
   * Replaces the row if and only if the stored version is `seen.version`; else false, and nothing changed. The later of
   * both `touchedAt` and the later of both `expiresAt` are kept, so that an update cannot undo a touch. Never creates.
   */
  update(row: StoredSession, seen: StoredSession): Promise<boolean>
  /**
   * Moves `touchedAt` forward, and `expiresAt` with it, to the later of old and new; leaves the version alone. False where
   * there is no row; true, and nothing changed, where the row was touched at this instant or later. Never creates.
   */
  touch(id: string, touchedAt: number, expiresAt: number): Promise<boolean>
  /** Removes the row, unconditionally. False where there was none. */
  delete(id: string): Promise<boolean>
}

/** What a store that can find the sessions of a subject offers besides. May hold dead entries, never misses a live row. */
export interface SubjectIndex {
  /**
   * Rows whose `subjectKeys` hold `key`, in ascending order of id, those after the id `after` where it is given. A page
   * with fewer than `limit` rows is the last one.
   */
  listBySubject(key: string, page: { limit: number; after?: string }): Promise<StoredSession[]>
  /** Removes every row whose `subjectKeys` hold `key`, but for the id `except`. The number of rows removed. */
  deleteBySubject(key: string, except?: string): Promise<number>
}

/** What a store that can bound the sessions of a subject offers besides. */
export interface SubjectLimit {
  /**
   * Puts `id` into the order of sessions under `key`, in one atomic step. Where it is there already, nothing changes.
   * Where fewer than `max` others are, or with `evict`, it joins as the newest; else it is not admitted and nothing
   * changes. `evicted`: with `evict` and where `id` is the newest, the oldest ones beyond `max`, oldest first. They stay in
   * the order until the caller has removed their rows and withdraws them: if it is lost, the next one is given them again.
   */
  acquire(key: string, id: string, max: number, evict: boolean): Promise<{ admitted: boolean; evicted: string[] }>
  /** The ids in the order under `key`, oldest first. May hold ids of sessions that are over: core withdraws those. */
  holders(key: string): Promise<string[]>
  /** Takes `id` out of the order under `key`; nothing where it is not there. */
  release(key: string, id: string): Promise<void>
}

/** What a store that does not forget expired rows by itself offers besides. */
export interface ExpiredCleanup {
  /** Removes up to `limit` rows whose `expiresAt` is before `now` (epoch ms). The number of rows removed. */
  deleteExpired(now: number, limit: number): Promise<number>
}

/** A mark that ends sealed cookies: see {@link RevocationStore}. */
export interface Revocation {
  /** What began at this instant or earlier has ended, epoch ms. */
  notBefore: number
  /** The id that `notBefore` does not concern, if it began after `exceptSince`. */
  except?: string
  /** What `notBefore` was before that id was excepted, epoch ms; 0 where there was no mark. */
  exceptSince?: number
}

/** Where cookie mode remembers which cookies are dead: tombstones of ids, and not-before instants of subjects. */
export interface RevocationStore {
  /**
   * Marks `key`, in one atomic step: `notBefore` becomes the later of old and new, `except` becomes the given id or none,
   * and `exceptSince` what `notBefore` was before (0 where there was none), so that an exception never revives what an
   * earlier mark has ended. Where the mark excepts that same id already, `exceptSince` stays. The mark is kept until the later of the old and the new `expiresAt` (epoch ms).
   */
  revoke(key: string, mark: { notBefore: number; except?: string; expiresAt: number }): Promise<void>
  /** The mark of each key, null where there is none, in the order of the keys. */
  read(keys: string[]): Promise<(Revocation | null)[]>
}

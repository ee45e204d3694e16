/**
 * One session as a store holds it. A store keeps these fields, and uses them only as its own methods say. It cannot read
 * `payload`, which core has sealed.
 */
export interface StoredSession {
  /** The store key: public, at least 128 random bits, never changes. A store must accept any string here. */
  id: string
  /** A fresh string for every write, chosen by core. By it, core recognises its own write after a lost reply. */
  version: string
  /** The sealed record: opaque text of up to a megabyte. */
  payload: string
  /** Hashes of (audience, subject), made by core; empty for an anonymous session. A store never sees a raw subject. */
  subjectKeys: string[]
  /** Last activity, epoch ms. It is outside the payload, so that a touch need not seal again. */
  touchedAt: number
  /** When the store may delete the row, epoch ms. For garbage collection only: core decides whether a session has expired. */
  expiresAt: number
  /** The end that no touch can move, epoch ms. An index may use it, because a touch leaves it alone. */
  absoluteExpiresAt: number
}

/**
 * Where sessions are kept on the server. Every method is one atomic step on one key. If the infrastructure fails, a method
 * rejects with the driver's error, which core wraps. "No such session" and "another write was faster" are return values,
 * never errors. Optional capabilities are interfaces of their own: {@link SubjectIndex}, {@link SubjectLimit},
 * {@link ExpiredCleanup} and {@link StoreHealth}.
 *
 * @example
 * // Test your own store with storeSuite of @sojourn/session-testing.
 * const store: SessionStore = { create, read, update, touch, delete: remove }
 * const sessions = createSessionManager({ secret, store })
 */
export interface SessionStore {
  /**
   * True if rows never leave the memory of this process. Core then does not seal them.
   * @default false
   */
  readonly inMemory?: boolean
  /**
   * What traces, metrics and `describe` call the store: `redis`. A few stores have one name each, never one for each connection.
   * `cookie` is the name of sealed cookies: a store that has it is called `custom`.
   * @default 'custom'
   */
  readonly kind?: string
  /** Inserts a row. Returns false and changes nothing if a row with this id exists, expired or not. */
  create(row: StoredSession): Promise<boolean>
  /** The row as last written, as a new object; null if there is none. An expired row may or may not be returned. */
  read(id: string): Promise<StoredSession | null>
  /**
   * Replaces the row if the stored version is `seen.version`. Otherwise returns false and changes nothing; never creates a
   * row. Of old and new, the later `touchedAt` and the later `expiresAt` are kept, so an update cannot undo a touch.
   */
  update(row: StoredSession, seen: StoredSession): Promise<boolean>
  /**
   * Sets `touchedAt`, and raises `expiresAt` if the new one is later. Leaves the version alone. Returns false if there is no
   * row; never creates one. Returns true and changes nothing if the row was touched at this instant or later.
   */
  touch(id: string, touchedAt: number, expiresAt: number): Promise<boolean>
  /**
   * Deletes the row, regardless of its version. Returns false if there is none.
   *
   * With `keepOut`, in milliseconds, a tombstone stays for at least as long, row or not: `create` with this id then returns
   * false, and no other method sees the tombstone. So a `create` that was given up, and arrives late, brings nothing back.
   * The store measures the time with its own clock. Without `keepOut`, a store that a network connects leaves
   * one as well, for as long as the row could have lived: a `create` may reach it twice.
   */
  delete(id: string, keepOut?: number): Promise<boolean>
}

/** A part of the rows of a subject, in ascending order of id. */
export interface SubjectPage {
  /** The most rows, at least 1. */
  limit: number
  /** Only ids greater than this. Default: from the first one. */
  after?: string | undefined
}

/** Optional: a store that can find the sessions of a subject. It may return stale entries, and never misses a live row. */
export interface SubjectIndex {
  /**
   * The rows whose `subjectKeys` contain `key`, in ascending order of id; with `after`, only ids greater than that. A page
   * with fewer than `limit` rows is the last one.
   */
  listBySubject(key: string, page: SubjectPage): Promise<StoredSession[]>
  /**
   * Deletes the rows of one page, except the one with the id `except`. `deleted` is the number of deleted rows. If there may be
   * more rows, `next` is the `after` of the next page.
   */
  deleteBySubject(
    key: string,
    page: SubjectPage & { except?: string | undefined },
  ): Promise<{ deleted: number; next?: string }>
}

/** Optional: a store that can limit the sessions of a subject. It keeps the ids of their holders in order of login. */
export interface SubjectLimit {
  /**
   * Adds `id` to the holders under `key` as the newest one, in one atomic step. Changes nothing if it is a holder already.
   * Returns the holders before it, oldest first. A holder stays until it is released, or at least until `expiresAt`
   * (epoch ms).
   */
  acquire(key: string, id: string, expiresAt: number): Promise<string[]>
  /** The holders under `key`, oldest first. May contain ids of sessions that have ended: core releases those. */
  holders(key: string): Promise<string[]>
  /** Removes `id` from the holders under `key`. Does nothing if it is not a holder. */
  release(key: string, id: string): Promise<void>
}

/** Optional: a store that does not delete expired rows by itself. */
export interface ExpiredCleanup {
  /** Deletes up to `limit` rows whose `expiresAt` is before `now` (epoch ms). Returns the number of deleted rows. */
  deleteExpired(now: number, limit: number): Promise<number>
}

/** What a store says of its server. */
export interface StoreReport {
  /** The present of the server, epoch ms. */
  readonly now?: number
  /** What is as it should be, for a person to read: `schema 2`. */
  readonly facts: readonly string[]
  /** What is not, each with what to do about it. */
  readonly problems: readonly string[]
}

/** Optional, also for a {@link RevocationStore}: a store that can say how its server is set up. */
export interface StoreHealth {
  /** Asks the server, and changes nothing. Rejects with the driver's error if the server does not answer. */
  health(): Promise<StoreReport>
}

/** A revocation entry, which ends sealed cookies: see {@link RevocationStore}. */
export interface Revocation {
  /** Sessions that began at this instant or earlier are revoked, epoch ms. */
  notBefore: number
  /** The id of a session that is exempt from `notBefore`, if it began after `exceptSince`. */
  except?: string
  /** The value of `notBefore` before that id was exempt, epoch ms; 0 if there was no entry. */
  exceptSince?: number
  /** The nonce of the first `revoke` of this key that had one. */
  nonce?: string | undefined
}

/** What `revoke` writes: see {@link RevocationStore}. */
export interface RevocationEntry {
  /** Sessions that began at this instant or earlier are revoked, epoch ms. */
  notBefore: number
  /** The id of a session that is exempt. */
  except?: string | undefined
  /** How long the entry is needed, epoch ms. */
  expiresAt: number
  /**
   * Tells one writer from others. Any string, chosen by core.
   * @default no nonce
   */
  nonce?: string | undefined
  /**
   * For stores with a capacity: the entry of a subject that ends the same session, and all others of the subject. A store that
   * is full may write it in place of this one, with `notBefore` at least this, and later than that entry has already. A store
   * without a capacity takes no notice.
   * @default nothing can stand for this entry
   */
  subject?: { key: string; notBefore: number } | undefined
}

/**
 * Where cookie mode keeps its revocation entries: one for each session that was ended by its id, and one for each subject
 * whose sessions were all ended. Core chooses the keys.
 */
export interface RevocationStore {
  /**
   * What traces and metrics call the store, as in {@link SessionStore.kind}.
   * @default 'custom'
   */
  readonly kind?: string
  /**
   * Writes the entry of `key`, in one atomic step:
   * - `notBefore` becomes the later of old and new.
   * - `except` becomes the given id, or none.
   * - `exceptSince` becomes the previous `notBefore` (0 if there was no entry), so that an exemption never restores what an
   *   earlier entry has ended. It stays as it is if the previous entry exempts the same id.
   * - The entry is kept until the later of the old and the new `expiresAt` (epoch ms).
   * - `nonce` stays the first one that was given for this key.
   *
   * Resolves to the nonce that the entry has now; undefined if it has none. By it, of several requests that replace or end
   * one session at once, core tells which came first. A driver that sends a `revoke` twice gets its own nonce both times.
   */
  revoke(key: string, entry: RevocationEntry): Promise<string | undefined>
  /** The entries of the keys, in the same order; null where there is none. */
  read(keys: string[]): Promise<(Revocation | null)[]>
}

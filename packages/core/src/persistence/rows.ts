import { memberOf, own } from '../check'
import { isSessionError, SessionEndedError, SessionStoreError } from '../errors'
import { type Instants, storeAbsoluteExpiry, storeExpiry, type TimeoutPolicy, verdict } from '../record/timeouts'
import { noteVersion, type Versioned, VersionIssuer } from '../record/versions'
import type { SessionStore, StoredSession, SubjectIndex } from '../store/store'
import type { Context } from './context'
import { type Deadline, wasSent } from './deadline'
import { unsupported } from './persistence'

/** A row, the text sealed in it, and the record in that. Others may hold the record too, so it is never changed. */
export interface OpenedRow<R> {
  readonly row: StoredSession
  readonly text: string
  readonly record: R
}

/** What one kind of row holds. */
export interface RowKind<R> {
  /** What its rows are sealed for, so that no row can be read as one of another kind. */
  readonly purpose: string
  timeouts(record: R): TimeoutPolicy
  encode(record: R): string
  /** The last activity is the row's, where a touch can move it. @throws an Error where the text is no record of this kind. */
  decode(text: string, touchedAt: number): R
  /** What its clocks are measured from. */
  instants(record: R): Instants
  /** What the store's index of subjects finds it by. */
  subjectKeys(record: R): Promise<string[]>
}

// Callbacks are no optional members: a member that is not there would be read from Object.prototype.

/** One attempt to write: what the row is to hold, if anything changes, and what follows once that is stored. */
export interface Attempt<R, T> {
  readonly next: R | undefined
  /** @throws an Error if this text of `next` may not be stored. */
  readonly check: ((text: string) => void) | undefined
  /** `later`: the record as it is now, if other writes have followed this one. */
  done(opened: OpenedRow<R>, later?: R): T | Promise<T>
}

/** Callbacks of {@link Rows.rewrite}. */
export interface RewriteOptions<R> {
  /** Another write came first. */
  readonly onConflict: ((id: string) => void) | undefined
  /** The write failed, and may still arrive under one of `versions`, in place of `base`. */
  readonly onFailure: ((base: OpenedRow<R>, versions: ReadonlySet<string>, error: unknown) => Promise<void>) | undefined
}

/**
 * How long the id of a row is kept out whose creation may arrive late, in milliseconds: a driver that has lost its connection
 * may send it as late as that.
 */
export const KEEP_OUT = 3_600_000

/** How many rows {@link Rows.deleteAll} deletes at a time. */
const BATCH = 500

/** After so many store errors in one write, the store is down. */
const MAX_FAILURES = 3

/** Records of one kind as rows of a store: sealed, with what the store must know beside them. */
export class Rows<R extends Versioned & { readonly id: string }> {
  private readonly versions: VersionIssuer

  constructor(
    private readonly context: Context,
    private readonly store: SessionStore,
    private readonly kind: RowKind<R>,
  ) {
    this.versions = new VersionIssuer(context.options.random)
  }

  read(id: string, deadline: Deadline): Promise<StoredSession | null> {
    return deadline.call('read', id, () => this.store.read(id))
  }

  /** The row under an id with its record, where it opens. */
  async find(id: string, deadline: Deadline): Promise<OpenedRow<R> | undefined> {
    const row = await this.read(id, deadline)
    return row ? this.open(row) : undefined
  }

  /** Whether no clock has run out. */
  isAlive(record: R, { touchedAt }: StoredSession, now: number): boolean {
    // Spread, because that takes own members only: an inherited `endsAt` would end the row.
    return verdict({ ...this.kind.instants(record), touchedAt }, this.kind.timeouts(record), now) === 'alive'
  }

  /** A record as a row, unless `check` throws for its text. */
  async seal(record: R, check?: (text: string) => void): Promise<OpenedRow<R>> {
    const { codec } = this.context
    const { kind } = this
    const text = kind.encode(record)
    check?.(text)
    const at = kind.instants(record)
    const timeouts = kind.timeouts(record)
    const payload = await codec.seal(text, kind.purpose)
    const row: StoredSession = {
      id: record.id,
      version: await this.versions.issue(payload),
      payload,
      subjectKeys: await kind.subjectKeys(record),
      touchedAt: at.touchedAt,
      expiresAt: storeExpiry(at, timeouts),
      absoluteExpiresAt: storeAbsoluteExpiry(at, timeouts),
    }
    return { row, text, record }
  }

  /** What a row holds, where we sealed it for this kind and this id. A row that does not open is reported, not thrown. */
  async open(row: StoredSession): Promise<OpenedRow<R> | undefined> {
    try {
      const text = await this.context.codec.unseal(row.payload, this.kind.purpose)
      const record = this.kind.decode(text, row.touchedAt)
      // A text in place of an instant would be appended to, not added to, and no clock would ever run out.
      if (record.id === row.id && Number.isFinite(row.touchedAt)) return { row, text, record }
    } catch {}
    this.context.events.emit({ type: 'rejected', id: row.id, reason: 'row' })
    return undefined
  }

  /**
   * Inserts a row. True also if the reply to an earlier attempt was lost, or the driver sent it twice; false if the id is taken.
   * Attempts share the id, so one that was given up may arrive after the row was deleted: see {@link KEEP_OUT}.
   */
  async insert({ row }: OpenedRow<R>, deadline: Deadline, maxFailures = MAX_FAILURES): Promise<boolean> {
    for (let failures = 0; ; ) {
      try {
        if (await deadline.call('create', row.id, () => this.store.create(row))) return true
      } catch (error) {
        if (deadline.passed || ++failures === maxFailures) throw error
        deadline.retries++
        continue
      }
      const found = await this.read(row.id, deadline)
      return found?.version === row.version && found.payload === row.payload
    }
  }

  /**
   * Writes what `attempt` makes of the newest state of a row, again each time another write comes first.
   * @throws SessionEndedError where the row is gone, SessionStoreError where the time is up.
   */
  async rewrite<T>(
    base: OpenedRow<R>,
    attempt: (base: OpenedRow<R>) => Promise<Attempt<R, T>>,
    deadline: Deadline,
    callbacks?: RewriteOptions<R>,
  ): Promise<T> {
    const written = new Map<string, Attempt<R, T>['done']>()
    let newest = base
    try {
      for (let failures = 0; ; ) {
        const { next, check, done } = await attempt(newest)
        if (next === undefined) return await done(newest)
        noteVersion(next, newest.row.version)
        const sealed = await this.seal(next, check)
        const { id, version } = sealed.row
        written.set(version, done)
        const { row } = newest
        let isStored = false
        try {
          isStored = await deadline.call('update', id, () => this.store.update(sealed.row, row))
        } catch (error) {
          if (!wasSent(error)) written.delete(version)
          if (deadline.passed || ++failures === MAX_FAILURES) throw error
        }
        if (isStored) return await done(sealed)
        // Another write came first, or the reply to our own was lost, and others may have followed. The versions tell which.
        const found = await this.read(id, deadline)
        if (found?.version === version) return await done(sealed)
        const opened = found && (await this.open(found))
        if (!opened) throw new SessionEndedError()
        const own = [found.version, ...opened.record.versions].findLast((each) => written.has(each))
        if (own !== undefined) return await written.get(own)!(opened, opened.record)
        if (found.version !== row.version) callbacks?.onConflict?.(id)
        newest = opened
        if (deadline.passed) {
          const message = 'Too many requests write to this session at once. Nothing was changed; try again.'
          throw new SessionStoreError('ERR_STORE_CONFLICT', 'update', id, message)
        }
        deadline.retries++
      }
    } catch (error) {
      if (written.size > 0 && !isSessionError(error, 'ERR_SESSION_ENDED')) {
        await callbacks?.onFailure?.(newest, new Set(written.keys()), error)
      }
      throw error
    }
  }

  /**
   * Restores the row that a failed write found, under a new version, so that the write fails if it arrives late. Resolves to
   * false if others have written after it, so that it cannot be undone.
   */
  async restore(base: OpenedRow<R>, versions: ReadonlySet<string>, deadline: Deadline): Promise<boolean> {
    const { id, version } = base.row
    for (;;) {
      const found = await this.find(id, deadline)
      if (!found) return true
      const { record, row } = found
      if (row.version !== version && !versions.has(row.version)) {
        return !record.versions.some((each) => versions.has(each))
      }
      const restored = { ...base.row, version: await this.versions.issue(base.row.payload) }
      if (await deadline.call('update', id, () => this.store.update(restored, row))) return true
    }
  }

  /** Moves the last activity to `at.touchedAt`, if that is later. False if there is no row. */
  touch(id: string, at: Instants, timeouts: TimeoutPolicy, deadline: Deadline): Promise<boolean> {
    return deadline.call('touch', id, () => this.store.touch(id, at.touchedAt, storeExpiry(at, timeouts)))
  }

  delete(id: string, deadline: Deadline, keepOut?: number): Promise<boolean> {
    return deadline.call('delete', id, () => this.store.delete(id, keepOut))
  }

  /** The rows under a subject key that `belong`, at most `limit`, after the id `after`. */
  async list(
    key: string,
    limit: number,
    after: string | undefined,
    deadline: Deadline,
    belongs: (opened: OpenedRow<R>) => boolean,
  ): Promise<OpenedRow<R>[]> {
    const index = this.index('listBySubject', 'list sessions')
    const found: OpenedRow<R>[] = []
    for (let last = after; found.length < limit; ) {
      const page = { limit, after: last }
      const rows = await deadline.call('list', undefined, () => index.listBySubject(key, page))
      for (const row of rows) {
        const opened = await this.open(row)
        // An index may hold dead entries, but never misses a live row.
        if (opened && belongs(opened) && found.length < limit) found.push(opened)
      }
      last = rows.at(-1)?.id
      if (rows.length < limit) break
    }
    return found
  }

  /** Deletes all rows under a subject key, but for the one with the id `except`. Yields how many. */
  async deleteAll(key: string, except?: string): Promise<number> {
    let ended = 0
    try {
      for await (const deleted of this.deleteBatches(key, except)) ended += deleted
    } catch (error) {
      if (!isSessionError(error, 'ERR_STORE_UNAVAILABLE')) throw error
      const message = `The session store failed after ${ended} sessions had ended. Call revokeAll() again to go on.`
      throw new SessionStoreError(error.code, error.operation, undefined, message, error.cause, ended)
    }
    return ended
  }

  /** In batches with a time limit each. Yields the size of each batch. */
  private async *deleteBatches(key: string, except?: string): AsyncGenerator<number> {
    const index = this.index('deleteBySubject', 'end all sessions of a subject')
    let after: string | undefined
    do {
      const page = { limit: BATCH, after, except }
      const deadline = this.context.deadline()
      const batch = await deadline.call('delete all', undefined, () => index.deleteBySubject(key, page))
      // Own members only: the last batch has no `next`.
      const { deleted, next } = own(batch)
      yield deleted
      after = next
    } while (after !== undefined)
  }

  private index(method: keyof SubjectIndex, task: string): SubjectIndex {
    if (!memberOf(this.store, method)) throw unsupported(task, 'a store with an index of subjects')
    return this.store as SessionStore & SubjectIndex
  }
}

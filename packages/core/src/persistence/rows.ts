import { SessionEndedError, SessionStoreError } from '../errors'
import { type Instants, storeAbsoluteExpiry, storeExpiry, type TimeoutPolicy, verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { SessionStore, StoredSession } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'

/** A row and the text sealed in it. */
export interface OpenedRow {
  readonly row: StoredSession
  readonly text: string
}

/** What one kind of row holds. */
export interface RowKind<R> {
  /** What its rows are sealed for, so that no row can be read as one of another kind. */
  readonly purpose: string
  readonly timeouts: TimeoutPolicy
  encode(record: R): string
  /** The last activity is the row's, where a touch can move it. @throws an Error where the text is no record of this kind. */
  decode(text: string, touchedAt: number): R
  /** What its clocks are measured from. */
  instants(record: R): Instants
  /** What the store's index of subjects finds it by. */
  subjectKeys(record: R): Promise<string[]>
}

/** One attempt to write: what the row is to hold, if anything changes, and what follows once that is stored. */
export interface Attempt<R, T> {
  readonly next: R | undefined
  done(opened: OpenedRow): T | Promise<T>
}

/** After so many store errors in one write, the store is down. */
const MAX_FAILURES = 3

/** Records of one kind as rows of a store: sealed, with what the store must know beside them. */
export class Rows<R extends { readonly id: string }> {
  constructor(
    private readonly context: Context,
    private readonly store: SessionStore,
    private readonly kind: RowKind<R>,
  ) {}

  read(id: string, deadline: Deadline): Promise<StoredSession | null> {
    return deadline.call('read', id, () => this.store.read(id))
  }

  /** The row under an id with its record, where it opens. */
  async find(id: string, deadline: Deadline): Promise<(OpenedRow & { readonly record: R }) | undefined> {
    const row = await this.read(id, deadline)
    return row ? this.open(row) : undefined
  }

  /** Whether no clock has run out. */
  isAlive(record: R, { touchedAt }: StoredSession, now: number): boolean {
    return verdict({ ...this.kind.instants(record), touchedAt }, this.kind.timeouts, now) === 'alive'
  }

  async seal(record: R): Promise<OpenedRow> {
    const { codec, options } = this.context
    const { kind } = this
    const text = kind.encode(record)
    const at = kind.instants(record)
    const row: StoredSession = {
      id: record.id,
      version: newId(options.random),
      payload: await codec.seal(text, kind.purpose),
      subjectKeys: await kind.subjectKeys(record),
      touchedAt: at.touchedAt,
      expiresAt: storeExpiry(at, kind.timeouts),
      absoluteExpiresAt: storeAbsoluteExpiry(at, kind.timeouts),
    }
    return { row, text }
  }

  /** What a row holds, where we sealed it for this kind and this id. A row that does not open is reported, not thrown. */
  async open(row: StoredSession): Promise<(OpenedRow & { readonly record: R }) | undefined> {
    try {
      const text = await this.context.codec.unseal(row.payload, this.kind.purpose)
      const record = this.kind.decode(text, row.touchedAt)
      // A text in place of an instant would be appended to, not added to, and no clock would ever run out.
      if (record.id === row.id && Number.isFinite(row.touchedAt)) return { row, text, record }
    } catch {}
    this.context.events.emit({ type: 'rejected', id: row.id, reason: 'row' })
    return undefined
  }

  /** Inserts a row. True also if the reply to an earlier try was lost, or the driver sent it twice; false if the id is taken. */
  async insert({ row }: OpenedRow, deadline: Deadline): Promise<boolean> {
    for (let failures = 0; ; ) {
      try {
        if (await deadline.call('create', row.id, () => this.store.create(row))) return true
      } catch (error) {
        if (deadline.passed || ++failures === MAX_FAILURES) throw error
        continue
      }
      const found = await this.read(row.id, deadline)
      if (found) return found.version === row.version && found.payload === row.payload
    }
  }

  /**
   * Writes what `attempt` makes of the newest state of a row, again each time another write comes first.
   * @throws SessionEndedError where the row is gone, SessionStoreError where the time is up.
   */
  async rewrite<T>(
    base: OpenedRow,
    attempt: (base: OpenedRow) => Promise<Attempt<R, T>>,
    deadline: Deadline,
    onConflict: (id: string) => void = () => {},
  ): Promise<T> {
    const written = new Map<string, () => T | Promise<T>>()
    for (let failures = 0; ; ) {
      const { next, done } = await attempt(base)
      if (next === undefined) return done(base)
      const sealed = await this.seal(next)
      const { id, version } = sealed.row
      written.set(version, () => done(sealed))
      const { row } = base
      try {
        if (await deadline.call('update', id, () => this.store.update(sealed.row, row))) return done(sealed)
      } catch (error) {
        if (deadline.passed || ++failures === MAX_FAILURES) throw error
      }
      // Another write came first, or the reply to our own was lost: the stored version tells which.
      const found = await this.read(id, deadline)
      const own = found && written.get(found.version)
      if (own) return own()
      if (found?.version !== row.version) onConflict(id)
      const opened = found && (await this.open(found))
      if (!opened) throw new SessionEndedError()
      base = opened
      if (deadline.passed) {
        const message = 'Too many requests write to this session at once. Nothing was changed; try again.'
        throw new SessionStoreError('ERR_STORE_CONFLICT', 'update', id, message)
      }
    }
  }
}

import { decodeRecord, encodeRecord, type SessionRecord } from '../record/record'
import { storeAbsoluteExpiry, storeExpiry, verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { SessionStore, StoredSession } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'

/** A row and the text sealed in it. */
export interface OpenedRow {
  readonly row: StoredSession
  readonly text: string
}

/** Records as rows of a store: sealed, with what the store must know beside them. */
export class Rows {
  constructor(
    private readonly core: Context,
    private readonly store: SessionStore,
  ) {}

  read(id: string, budget: Deadline): Promise<StoredSession | null> {
    return budget.call('read', id, () => this.store.read(id))
  }

  /** The record under an id, where it opens and no clock has run out. */
  async find(id: string, budget: Deadline): Promise<SessionRecord | undefined> {
    const row = await this.read(id, budget)
    return row ? this.recordOf(row) : undefined
  }

  /** The record of a row, where it opens and no clock has run out. */
  async recordOf(row: StoredSession): Promise<SessionRecord | undefined> {
    const record = (await this.unseal(row))?.record
    return record && this.isAlive(record, row, this.core.now()) ? record : undefined
  }

  /** Whether no clock has run out, by the idle mark that lies in the row. */
  isAlive(record: SessionRecord, { touchedAt }: StoredSession, now: number): boolean {
    return verdict({ ...record, touchedAt }, this.core.options.timeouts, now) === 'alive'
  }

  async seal(record: SessionRecord): Promise<OpenedRow> {
    const { codec, purpose, options } = this.core
    const text = encodeRecord(record)
    const row: StoredSession = {
      id: record.id,
      version: newId(options.random),
      payload: await codec.seal(text, purpose.row),
      subjectKeys: await this.core.subjectKeys(record),
      touchedAt: record.touchedAt,
      expiresAt: storeExpiry(record, options.timeouts),
      absoluteExpiresAt: storeAbsoluteExpiry(record, options.timeouts),
    }
    return { row, text }
  }

  /** What a row says, where it was sealed by us and for this id; a row that does not open is a report, not an error. */
  async unseal(row: StoredSession): Promise<{ text: string; record: SessionRecord } | undefined> {
    try {
      const text = await this.core.codec.unseal(row.payload, this.core.purpose.row)
      const record = decodeRecord(text)
      record.touchedAt = row.touchedAt
      // A text in place of an instant would be appended to, and not added to: no clock would ever run out.
      if (record.id === row.id && Number.isFinite(row.touchedAt)) return { text, record }
    } catch {}
    this.core.events.emit({ type: 'rejected', id: row.id, reason: 'row' })
    return undefined
  }
}

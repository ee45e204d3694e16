import { decodeRecord, encodeRecord, type SessionRecord } from '../record/record'
import { storeAbsoluteExpiry, storeExpiry, verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { SessionStore, StoredSession } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'

/** A row and its decrypted text. */
export interface OpenedRow {
  readonly row: StoredSession
  readonly text: string
}

/** Records as rows of a store: the sealed record, with what the store must know beside it. */
export class Rows {
  constructor(
    private readonly context: Context,
    private readonly store: SessionStore,
  ) {}

  read(id: string, deadline: Deadline): Promise<StoredSession | null> {
    return deadline.call('read', id, () => this.store.read(id))
  }

  /** The record under an id, if its row opens and no clock has run out. */
  async find(id: string, deadline: Deadline): Promise<SessionRecord | undefined> {
    const row = await this.read(id, deadline)
    return row ? this.recordOf(row) : undefined
  }

  /** The record of a row, if it opens and no clock has run out. */
  async recordOf(row: StoredSession): Promise<SessionRecord | undefined> {
    const record = (await this.unseal(row))?.record
    return record && this.isAlive(record, row, this.context.now()) ? record : undefined
  }

  /** Whether no clock has run out. The last activity is the row's. */
  isAlive(record: SessionRecord, { touchedAt }: StoredSession, now: number): boolean {
    return verdict({ ...record, touchedAt }, this.context.options.timeouts, now) === 'alive'
  }

  async seal(record: SessionRecord): Promise<OpenedRow> {
    const { codec, purpose, options } = this.context
    const text = encodeRecord(record)
    const row: StoredSession = {
      id: record.id,
      version: newId(options.random),
      payload: await codec.seal(text, purpose.row),
      subjectKeys: await this.context.subjectKeys(record),
      touchedAt: record.touchedAt,
      expiresAt: storeExpiry(record, options.timeouts),
      absoluteExpiresAt: storeAbsoluteExpiry(record, options.timeouts),
    }
    return { row, text }
  }

  /** The text and record of a row that we sealed for its id. Any other row is an event, not an error. */
  async unseal(row: StoredSession): Promise<{ text: string; record: SessionRecord } | undefined> {
    try {
      const text = await this.context.codec.unseal(row.payload, this.context.purpose.row)
      const record = decodeRecord(text)
      record.touchedAt = row.touchedAt
      // A string in place of an instant would be concatenated instead of added, so no clock would ever run out.
      if (record.id === row.id && Number.isFinite(row.touchedAt)) return { text, record }
    } catch {}
    this.context.events.emit({ type: 'rejected', id: row.id, reason: 'row' })
    return undefined
  }
}

import { platform } from '#platform'
import { SessionEndedError, SessionStoreError } from '../errors'
import {
  applyChange,
  type Change,
  changesNothing,
  dropSuccessors,
  renewSecret,
  replaceSecret,
  tokenChange,
} from '../record/changes'
import { decodeRecord, newRecord, type SessionRecord } from '../record/record'
import { storeExpiry } from '../record/timeouts'
import {
  classifySecret,
  currentSecret,
  formatToken,
  type KnownSecret,
  newId,
  newSecret,
  parseToken,
  withHash,
} from '../record/token'
import type { SessionStore, StoredSession } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { Ending, LoadedSession, Opened, Persistence } from './persistence'
import { KeyedQueue } from './queue'
import { type OpenedRow, Rows } from './rows'
import { SessionLimit } from './session-limit'

/** After so many store errors in one write, the store is down. */
const MAX_FAILURES = 3

/** Sessions in a store: one record, one key, one changing secret. */
export class StoreMode implements Persistence {
  private readonly rows: Rows
  private readonly writes = new KeyedQueue<OpenedRow>()
  private readonly places: SessionLimit | undefined

  constructor(
    private readonly core: Context,
    private readonly store: SessionStore,
  ) {
    this.rows = new Rows(core, store)
    this.places = SessionLimit.of(core, store, {
      find: (id, budget) => this.find(id, budget),
      revoke: (id, budget) => this.revoke(id, budget),
    })
  }

  async open(value: string, budget: Deadline): Promise<Opened> {
    const { events, options } = this.core
    const token = parseToken(value)
    if (!token) return { outcome: 'malformed' }
    const { id, secret } = token
    const row = await this.rows.read(id, budget)
    if (!row) return { outcome: 'unknown' }
    const unsealed = await this.rows.unseal(row)
    if (!unsealed) return { outcome: 'rejected' }

    const { text, record } = unsealed
    const now = this.core.now()
    const hash = await platform.sha256(secret)
    const holder = classifySecret(record, hash, now)
    if (holder === 'unknown') {
      events.emit({ type: 'rejected', id, reason: 'secret' })
      return { outcome: 'rejected' }
    }
    if (holder === 'reused') {
      events.emit({ type: 'reused', id })
      if (options.onReuse === 'destroy') await this.end(record, budget)
      return { outcome: 'reused', record }
    }
    const over = this.core.reportOver(record, now)
    if (over) return over
    const live = await this.live({ row, text }, record, { secret, hash }, holder === 'stale')
    return { outcome: holder === 'stale' ? 'stale' : 'resumed', live }
  }

  async create(id: string, change: Change, budget: Deadline): Promise<LoadedSession> {
    const now = this.core.now()
    const own = await this.nextSecret()
    const record = newRecord(id, now)
    record.secretHash = own.hash
    await applyChange(record, change, this.core.options, now)
    const created = await this.insert(record, budget)
    if (change.kind === 'login' || change.kind === 'restore') await this.placeOrRemove(record, budget)
    this.core.events.emit({ type: 'created', id: record.id })
    return this.handingOut(created, record, own)
  }

  private nextSecret(): Promise<KnownSecret> {
    return withHash(newSecret(this.core.options.random))
  }

  private async insert(record: SessionRecord, budget: Deadline): Promise<OpenedRow> {
    const mine = new Set<string>()
    for (let failures = 0; ; ) {
      const next = await this.rows.seal(record)
      mine.add(next.row.version)
      try {
        if (await budget.call('create', record.id, () => this.store.create(next.row))) return next
      } catch (error) {
        if (budget.spent || ++failures === MAX_FAILURES) throw error
        continue
      }
      // Either the reply to an earlier try was lost, or (with a broken generator) the id is somebody else's.
      const found = await this.rows.read(record.id, budget)
      if (found && mine.has(found.version)) return { row: found, text: next.text }
      record.id = newId(this.core.options.random)
    }
  }

  private async placeOrRemove(record: SessionRecord, budget: Deadline): Promise<void> {
    try {
      await this.places?.take(record, budget)
    } catch (error) {
      // The token was handed to nobody; where the store is down, the row is garbage that expires.
      await budget.call('delete', record.id, () => this.store.delete(record.id)).catch(() => {})
      throw error
    }
  }

  async write(live: LoadedSession, change: Change, budget: Deadline): Promise<LoadedSession> {
    const { row, own } = live.stored!
    let next: Promise<KnownSecret> | undefined
    // The same for every attempt, and made for one that needs it: most changes leave the token as it is.
    const nextSecret = () => {
      next ??= this.nextSecret()
      return next
    }
    let result: LoadedSession | undefined
    const written = this.writes.run(
      row.id,
      async (left) => {
        result = await this.apply(left ?? (await this.known(live, budget)), own, change, nextSecret, budget)
        return { row: result.stored!.row, text: result.text }
      },
      // Store calls keep to the budget by themselves, and so do those that are waited for; somebody else's function does not.
      (work) => (change.kind === 'update' ? budget.within('update', row.id, work) : work()),
    )
    try {
      await written
    } catch (error) {
      if (change.kind === 'login') await this.places?.giveBack(row.id, change.subject, budget)
      throw error
    }
    await this.places?.follow(live.record, result!.record, budget)
    return result!
  }

  /** The session as a request knows it, or anew where a clock has run out since: others may have kept it alive. */
  private async known({ record, text, stored }: LoadedSession, budget: Deadline): Promise<OpenedRow> {
    const { row } = stored!
    if (this.rows.isAlive(record, row, this.core.now())) return { row, text }
    return this.openAgain(await this.rows.read(row.id, budget))
  }

  /** Applies a change to the newest state of a row, as often as somebody else's write comes in between. */
  private async apply(
    base: OpenedRow,
    own: KnownSecret,
    change: Change,
    nextSecret: () => Promise<KnownSecret>,
    budget: Deadline,
  ): Promise<LoadedSession> {
    const { timeouts } = this.core.options
    const mine = new Set<string>()
    for (let failures = 0; ; ) {
      const record = decodeRecord(base.text)
      const now = this.core.now()
      const stale = this.admit(record, base.row, own.hash, now, change)
      const token = tokenChange(change, record, timeouts, now, stale)
      if (changesNothing(change, token)) return this.live(base, record, own, stale)

      const next = token && (await nextSecret())
      await applyChange(record, change, this.core.options, now, next)
      if (next && token === 'replace') replaceSecret(record, next, now)
      if (next && token === 'renew') await renewSecret(record, own, next, now, timeouts.staleTtl)
      dropSuccessors(record, now)
      record.touchedAt = now
      if (change.kind === 'login') await this.places?.take(record, budget)

      const sealed = await this.rows.seal(record)
      mine.add(sealed.row.version)
      const done = () => {
        if (token) this.core.events.emit({ type: token === 'renew' ? 'renewed' : 'regenerated', id: record.id })
        else if (change.kind === 'touch') this.core.events.emit({ type: 'touched', id: record.id })
        return next ? this.handingOut(sealed, record, next) : this.live(sealed, record, own, stale)
      }
      try {
        if (await budget.call('update', record.id, () => this.store.update(sealed.row, base.row))) {
          return done()
        }
      } catch (error) {
        if (budget.spent || ++failures === MAX_FAILURES) throw error
      }
      // Somebody was faster, or the reply to our own write was lost: the stored version tells which.
      const found = await this.rows.read(record.id, budget)
      if (found && mine.has(found.version)) return done()
      if (found?.version !== base.row.version) this.core.events.emit({ type: 'conflict', id: record.id })
      base = await this.openAgain(found)
      if (budget.spent) {
        const message = 'Too many requests write to this session at once. Nothing was changed; try again.'
        throw new SessionStoreError('ERR_STORE_CONFLICT', 'update', record.id, message)
      }
    }
  }

  /** Whether this request's token is a stale one. @throws SessionEndedError where it is not honoured, or a clock ran out. */
  private admit(record: SessionRecord, row: StoredSession, hash: string, now: number, change: Change): boolean {
    const holder = classifySecret(record, hash, now)
    const honoured = holder === 'current' || holder === 'stale' || (change.kind === 'leave' && change.anyToken)
    if (!honoured || !this.rows.isAlive(record, row, now)) throw new SessionEndedError()
    return holder === 'stale'
  }

  private async openAgain(row: StoredSession | null): Promise<OpenedRow> {
    const unsealed = row && (await this.rows.unseal(row))
    if (!unsealed) throw new SessionEndedError()
    return { row, text: unsealed.text }
  }

  async touch(live: LoadedSession, at: number, budget: Deadline): Promise<boolean> {
    const { id } = live.record
    const expiresAt = storeExpiry({ ...live.record, touchedAt: at }, this.core.options.timeouts)
    return budget.call('touch', id, () => this.store.touch(id, at, expiresAt))
  }

  async end(session: Ending, budget: Deadline): Promise<void> {
    const ended = await this.remove(session, budget)
    await this.places?.leave(session, budget)
    if (ended) this.core.events.emit({ type: 'destroyed', id: session.id })
  }

  /** Ends a session that nobody holds here. Whether there was one. */
  async revoke(id: string, budget: Deadline): Promise<boolean> {
    const ended = await this.remove({ id, rememberedBy: await this.rememberedBy(id, budget) }, budget)
    if (ended) this.core.events.emit({ type: 'revoked', id })
    return ended
  }

  /** The id of the remember-me that restores a session: named in the record alone, and perhaps another application's. */
  async rememberedBy(id: string, budget: Deadline): Promise<string | undefined> {
    const row = await this.rows.read(id, budget)
    return row ? (await this.rows.unseal(row))?.record.rememberedBy : undefined
  }

  find(id: string, budget: Deadline): Promise<SessionRecord | undefined> {
    return this.rows.find(id, budget)
  }

  private async remove({ id, rememberedBy }: Ending, budget: Deadline): Promise<boolean> {
    // First what could begin the session anew.
    if (rememberedBy) await budget.call('delete', rememberedBy, () => this.store.delete(rememberedBy))
    return budget.call('delete', id, () => this.store.delete(id))
  }

  /** The record of a row, where it opens and no clock has run out. */
  recordOf(row: StoredSession): Promise<SessionRecord | undefined> {
    return this.rows.recordOf(row)
  }

  private async live(
    opaque: OpenedRow,
    record: SessionRecord,
    own: KnownSecret,
    stale: boolean,
  ): Promise<LoadedSession> {
    const { row, text } = opaque
    const current = stale ? await currentSecret(record, own) : undefined
    const handOut = current && formatToken({ id: record.id, secret: current })
    return { record, text, handOut, touchedAt: row.touchedAt, stale, stored: { row, own } }
  }

  private async handingOut(opaque: OpenedRow, record: SessionRecord, own: KnownSecret): Promise<LoadedSession> {
    const live = await this.live(opaque, record, own, false)
    return { ...live, handOut: formatToken({ id: record.id, secret: own.secret }) }
  }
}

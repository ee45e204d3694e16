import { platform } from '#platform'
import { isSessionError, SessionEndedError, SessionStoreError } from '../errors'
import { applyChange, type Change, changesNothing, tokenChange } from '../record/changes'
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
} from '../record/token'
import type { SessionStore, StoredSession, SubjectIndex } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import { type Ending, endSession } from './end-session'
import { type LoadedSession, type Opened, type Persistence, unsupported } from './persistence'
import { KeyedQueue } from './queue'
import { type OpenedRow, Rows } from './rows'
import { SessionLimit } from './session-limit'

/** How many sessions `revokeAll` deletes at a time. */
const BATCH = 500

/** After this many store errors in one write, the store counts as down. */
const MAX_FAILURES = 3

/** Sessions in a store: one record under one key, with one changing secret. */
export class StoreMode implements Persistence {
  private readonly rows: Rows
  private readonly writes = new KeyedQueue<LoadedSession>()
  private readonly limit: SessionLimit | undefined

  constructor(
    private readonly context: Context,
    private readonly store: SessionStore,
  ) {
    this.rows = new Rows(context, store)
    this.limit = SessionLimit.of(context, store, this)
  }

  async open(value: string, deadline: Deadline): Promise<Opened> {
    const { events, options } = this.context
    const token = parseToken(value)
    if (!token) return { outcome: 'malformed' }
    const { id, secret } = token
    const row = await this.rows.read(id, deadline)
    if (!row) return { outcome: 'unknown' }
    const unsealed = await this.rows.unseal(row)
    if (!unsealed) return { outcome: 'rejected' }

    const { text, record } = unsealed
    const now = this.context.now()
    const presented = { secret, hash: await platform.sha256(secret) }
    const status = classifySecret(record, presented.hash, now)
    if (status === 'unknown') {
      events.emit({ type: 'rejected', id, reason: 'secret' })
      return { outcome: 'rejected' }
    }
    if (status === 'reused') {
      events.emit({ type: 'reused', id })
      if (options.onReuse === 'destroy') await this.end(record, deadline)
      return { outcome: 'reused', record }
    }
    const expired = this.context.reportExpiry(record, now)
    if (expired) return expired
    const session = await this.loaded({ row, text }, record, presented, status)
    return { outcome: status === 'stale' ? 'stale' : 'resumed', session }
  }

  async create(id: string, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const now = this.context.now()
    const secret = await this.newSecret()
    const record = newRecord(id, now)
    record.secretHash = secret.hash
    await applyChange(record, change, this.context.options, now)
    const created = await this.insert(record, deadline)
    try {
      if (change.kind === 'login' || change.kind === 'restore') await this.limit?.acquire(record, deadline)
    } catch (error) {
      // The token was never sent. If the store is down, the row stays until it expires.
      await this.remove(record.id, deadline).catch(() => {})
      throw error
    }
    this.context.events.emit({ type: 'created', id: record.id })
    return this.loaded(created, record, secret, 'new')
  }

  private async insert(record: SessionRecord, deadline: Deadline): Promise<OpenedRow> {
    const ownVersions = new Set<string>()
    for (let failures = 0; ; ) {
      const sealed = await this.rows.seal(record)
      ownVersions.add(sealed.row.version)
      try {
        if (await deadline.call('create', record.id, () => this.store.create(sealed.row))) return sealed
      } catch (error) {
        if (deadline.passed || ++failures === MAX_FAILURES) throw error
        continue
      }
      // Either the reply to an earlier attempt was lost, or (with a broken generator) another session has this id.
      const found = await this.rows.read(record.id, deadline)
      if (found && ownVersions.has(found.version)) return { row: found, text: sealed.text }
      record.id = newId(this.context.options.random)
    }
  }

  async write(session: LoadedSession, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const { row } = session.stored!
    // Store calls enforce the deadline themselves. A user callback (`update(key, fn)`) does not, so it is wrapped here.
    const bounded: Change =
      change.kind === 'update'
        ? { ...change, fn: (value) => deadline.within('update', row.id, async () => change.fn(value)) }
        : change
    try {
      const written = await this.writes.run(row.id, (previous) => this.apply(session, previous, bounded, deadline))
      await this.limit?.releaseLeft(session.record, written.record, deadline)
      return written
    } catch (error) {
      if (change.kind === 'login') await this.limit?.releaseFailed(row.id, change.subject, deadline)
      throw error
    }
  }

  /** Applies a change to the newest state of a row, again and again while other processes write in between. */
  private async apply(
    session: LoadedSession,
    previous: LoadedSession | undefined,
    change: Change,
    deadline: Deadline,
  ): Promise<LoadedSession> {
    const { events, options } = this.context
    const { presented } = session.stored!
    const ownVersions = new Set<string>()
    let newSecret: KnownSecret | undefined
    let base = previous ? rowOf(previous) : await this.current(session, deadline)
    for (let failures = 0; ; ) {
      const record = decodeRecord(base.text)
      const now = this.context.now()
      const status = classifySecret(record, presented.hash, now)
      const honoured = status === 'current' || status === 'stale' || (change.kind === 'leave' && change.anyToken)
      if (!honoured || !this.rows.isAlive(record, base.row, now)) throw new SessionEndedError()
      const token = tokenChange(change, record, options, now, status === 'stale')
      if (changesNothing(change, token)) return this.loaded(base, record, presented, status)

      // One new secret for all attempts.
      if (token) newSecret ??= await this.newSecret()
      const next = token && newSecret
      await applyChange(record, change, options, now, token, next && { presented, next })
      if (change.kind === 'login') await this.limit?.acquire(record, deadline)

      const sealed = await this.rows.seal(record)
      ownVersions.add(sealed.row.version)
      const done = () => {
        if (token) events.emit({ type: token === 'renew' ? 'renewed' : 'regenerated', id: record.id })
        else if (change.kind === 'touch') events.emit({ type: 'touched', id: record.id })
        return next ? this.loaded(sealed, record, next, 'new') : this.loaded(sealed, record, presented, status)
      }
      try {
        if (await deadline.call('update', record.id, () => this.store.update(sealed.row, base.row))) return done()
      } catch (error) {
        if (deadline.passed || ++failures === MAX_FAILURES) throw error
      }
      // Either another process was faster, or the reply to our own write was lost. The stored version tells which.
      const found = await this.rows.read(record.id, deadline)
      if (found && ownVersions.has(found.version)) return done()
      if (found?.version !== base.row.version) events.emit({ type: 'conflict', id: record.id })
      base = await this.reopen(found)
      if (deadline.passed) {
        const message = 'Too many requests write to this session at once. Nothing was changed; try again.'
        throw new SessionStoreError('ERR_STORE_CONFLICT', 'update', record.id, message)
      }
    }
  }

  /** The state this request loaded; if it has expired since, re-read it, because another request may have extended it. */
  private async current(session: LoadedSession, deadline: Deadline): Promise<OpenedRow> {
    const loaded = rowOf(session)
    if (this.rows.isAlive(session.record, loaded.row, this.context.now())) return loaded
    return this.reopen(await this.rows.read(loaded.row.id, deadline))
  }

  private async reopen(row: StoredSession | null): Promise<OpenedRow> {
    const unsealed = row && (await this.rows.unseal(row))
    if (!unsealed) throw new SessionEndedError()
    return { row, text: unsealed.text }
  }

  async touch(session: LoadedSession, at: number, deadline: Deadline): Promise<boolean> {
    const { id } = session.record
    const expiresAt = storeExpiry({ ...session.record, touchedAt: at }, this.context.options.timeouts)
    return deadline.call('touch', id, () => this.store.touch(id, at, expiresAt))
  }

  find(id: string, deadline: Deadline): Promise<SessionRecord | undefined> {
    return this.rows.find(id, deadline)
  }

  async end(ending: Ending, deadline: Deadline): Promise<void> {
    await endSession(ending, 'destroyed', this.context, (id) => this.remove(id, deadline))
    await this.limit?.releaseOf(ending, deadline)
  }

  async revoke(id: string, deadline: Deadline): Promise<boolean> {
    const rememberedBy = await this.rememberedBy(id, deadline)
    return endSession({ id, rememberedBy }, 'revoked', this.context, (ended) => this.remove(ended, deadline))
  }

  async revokeAll(subject: string, except: string | undefined): Promise<number> {
    const { context } = this
    const { audience } = context.options
    const index = this.index('deleteBySubject', 'end all sessions of a subject')
    const key = await context.subjectKey(audience, subject)
    const rememberKey = await context.subjectKey(audience, subject, 'remember')
    // Also if this process has no remember-me: another one may have it.
    const kept = except && (await this.rememberedBy(except, context.deadline()))
    let ended = 0
    try {
      // Revoke remember-me before sessions, so that none can be restored in between.
      for await (const _ of this.deleteBatches(index, rememberKey, kept));
      for await (const deleted of this.deleteBatches(index, key, except)) ended += deleted
    } catch (error) {
      if (!isSessionError(error, 'ERR_STORE_UNAVAILABLE')) throw error
      const message = `The session store failed after ${ended} sessions had ended. Call revokeAll() again to go on.`
      throw new SessionStoreError(error.code, error.operation, undefined, message, error.cause, ended)
    }
    return ended
  }

  /** Deletes all rows under a subject key, in batches with a time limit each. Yields the size of each batch. */
  private async *deleteBatches(index: SubjectIndex, key: string, except: string | undefined): AsyncGenerator<number> {
    let after: string | undefined
    do {
      const page = { limit: BATCH, after, except }
      const deadline = this.context.deadline()
      const { deleted, next } = await deadline.call('delete all', undefined, () => index.deleteBySubject(key, page))
      yield deleted
      after = next
    } while (after !== undefined)
  }

  async list(subject: string, limit: number, after: string | undefined, deadline: Deadline): Promise<SessionRecord[]> {
    const { audience } = this.context.options
    const index = this.index('listBySubject', 'list sessions')
    const key = await this.context.subjectKey(audience, subject)
    const found: SessionRecord[] = []
    for (let last = after; found.length < limit; ) {
      const page = last === undefined ? { limit } : { limit, after: last }
      const rows = await deadline.call('list', undefined, () => index.listBySubject(key, page))
      for (const row of rows) {
        const record = await this.rows.recordOf(row)
        // An index may hold dead entries, but never misses a live row.
        if (record?.audiences.get(audience)?.subject === subject && found.length < limit) found.push(record)
      }
      last = rows.at(-1)?.id
      if (rows.length < limit) break
    }
    return found
  }

  private index(method: keyof SubjectIndex, task: string): SubjectIndex {
    if (!(method in this.store)) throw unsupported(task, 'a store with an index of subjects')
    return this.store as SessionStore & SubjectIndex
  }

  /** The id of the remember-me that restores a session. It may be another application's. */
  private async rememberedBy(id: string, deadline: Deadline): Promise<string | undefined> {
    const row = await this.rows.read(id, deadline)
    return row ? (await this.rows.unseal(row))?.record.rememberedBy : undefined
  }

  private remove(id: string, deadline: Deadline): Promise<boolean> {
    return deadline.call('delete', id, () => this.store.delete(id))
  }

  private async newSecret(): Promise<KnownSecret> {
    const secret = newSecret(this.context.options.random)
    return { secret, hash: await platform.sha256(secret) }
  }

  /** The session as a request knows it from now on. A new secret is sent to the client; a stale one is replaced there. */
  private async loaded(
    { row, text }: OpenedRow,
    record: SessionRecord,
    presented: KnownSecret,
    status: ReturnType<typeof classifySecret> | 'new',
  ): Promise<LoadedSession> {
    let secret: string | undefined
    if (status === 'new') secret = presented.secret
    if (status === 'stale') secret = await currentSecret(record, presented)
    const newToken = secret && formatToken({ id: record.id, secret })
    return { record, text, newToken, touchedAt: row.touchedAt, stale: status === 'stale', stored: { row, presented } }
  }
}

const rowOf = ({ stored, text }: LoadedSession): OpenedRow => ({ row: stored!.row, text })

import { isSessionError, SessionEndedError } from '../errors'
import type { Report } from '../events/event-log'
import { applyChange, type Change, changesNothing, checkSize, continues, tokenChange } from '../record/changes'
import {
  type AudienceEntry,
  copyRecord,
  decodeRecord,
  encodeRecord,
  newRecord,
  type SessionRecord,
  seriesOf,
} from '../record/record'
import { classifySecret, confirmationDue, confirmSuccessor, currentSecret, nextGeneration } from '../record/secrets'
import { formatToken, newId, type Token, TokenIssuer } from '../record/token'
import type { KeyedQueue } from '../store/queue'
import type { SessionStore, StoredSession } from '../store/store'
import type { Context } from './context'
import { type Deadline, wasSent } from './deadline'
import type { Ending, Inspected, LoadedSession, Opened, Persistence } from './persistence'
import { StoredSeries } from './remember'
import { type Attempt, KEEP_OUT, type OpenedRow, Rows } from './rows'
import { SessionLimit } from './session-limit'
import { StoredSuccessors } from './successors'

/** After this many store errors in one operation, the store counts as down. */
const MAX_FAILURES = 3

/** Sessions in a store: one record, one key, one changing secret. */
export class StoreMode implements Persistence {
  readonly tokens: TokenIssuer
  readonly series: StoredSeries
  readonly successors: StoredSuccessors
  private readonly rows: Rows<SessionRecord>
  private readonly writes: KeyedQueue<LoadedSession>
  private readonly limit: SessionLimit | undefined
  /** The expired sessions that are being deleted. */
  private readonly expiring = new Set<string>()

  constructor(
    private readonly context: Context,
    store: SessionStore,
  ) {
    const { cookie, keys, random, timeouts } = context.options
    this.writes = context.writesInTurn((id) => id)
    this.tokens = new TokenIssuer(keys, `${cookie.name} session`, random)
    this.rows = new Rows<SessionRecord>(context, store, {
      purpose: `${cookie.name} session row`,
      timeouts: () => timeouts,
      encode: encodeRecord,
      decode: (text, touchedAt) => Object.assign(decodeRecord(text), { touchedAt }),
      instants: (record) => record,
      subjectKeys: (record) => context.subjectKeys(record),
    })
    this.series = new StoredSeries(context, store, this)
    this.successors = new StoredSuccessors(context, this)
    this.limit = SessionLimit.of(context, store, this)
  }

  async open(value: string, deadline: Deadline): Promise<Opened> {
    const { events } = this.context
    const own = await this.tokens.verify(value)
    if (own === 'malformed') return { outcome: 'malformed' }
    if (own === 'forged') {
      events.emit({ type: 'rejected', id: undefined, reason: 'token' })
      return { outcome: 'rejected' }
    }
    const { id } = own
    const row = await this.rows.read(id, deadline)
    if (!row) return { outcome: 'unknown' }
    const opened = await this.rows.open(row)
    if (!opened) return { outcome: 'rejected' }

    const { record } = opened
    const holder = classifySecret(record, own, this.context.now())
    if (holder === 'rolled-back') {
      events.emit({ type: 'rejected', id, reason: 'rolled-back' })
      return { outcome: 'rejected' }
    }
    const expired = this.context.reportExpiry(record, this.context.now())
    if (expired) {
      if (expired.outcome !== 'rejected') this.removeExpired(id)
      return expired
    }
    if (holder === 'lapsed') {
      // The client never got the successor, so to it the token has simply expired.
      this.context.report({ type: 'expired', id, reason: 'rolling' }, record)
      return { outcome: 'expired:rolling' }
    }
    if (holder === 'reused') {
      // A token from before the last login proves nothing about the subject who is logged in now.
      if (own.generation < record.loginGeneration) return { outcome: 'reused', id }
      return { outcome: 'reused', id, replaced: await this.loaded(opened, record, own, 'current') }
    }
    const session = await this.loaded(opened, record, own, holder)
    // The request was under way while a login or `regenerate` replaced its token: no session, and no alarm.
    if (holder === 'replaced') return { outcome: 'rejected', replaced: session, underway: true }
    return { outcome: holder === 'stale' ? 'stale' : 'resumed', session }
  }

  async inspect(value: string, deadline: Deadline): Promise<Inspected | undefined> {
    const token = await this.tokens.verify(value)
    const found = typeof token === 'string' ? undefined : await this.rows.find(token.id, deadline)
    return found && { record: found.record, token: token as Token }
  }

  async resume(own: Token, deadline: Deadline): Promise<LoadedSession | 'absent' | undefined> {
    const row = await this.rows.read(own.id, deadline)
    if (!row) return 'absent'
    const opened = await this.rows.open(row)
    if (!opened) return undefined
    const now = this.context.now()
    const holder = classifySecret(opened.record, own, now)
    const honoured = holder === 'current' || holder === 'stale'
    if (!honoured || !this.rows.isAlive(opened.record, opened.row, now)) return undefined
    return this.loaded(opened, opened.record, own, holder)
  }

  async reload(session: LoadedSession, detached: boolean, deadline: Deadline): Promise<LoadedSession> {
    const { row, token } = session.stored!
    const opened = await this.rows.find(row.id, deadline)
    if (!opened) throw new SessionEndedError()
    const { record } = opened
    const holder = this.admit(record, opened.row, session, this.context.now(), { kind: 'save', detached })
    return this.loaded(opened, record, token, holder)
  }

  async create(wanted: string, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const now = this.context.now()
    const record = newRecord(wanted, now)
    await applyChange(record, change, this.context.options, now)
    // Each attempt has a new id and a new secret: one that was given up may arrive late.
    for (let failures = 0; ; record.id = newId(this.context.options.random)) {
      const own = await this.tokens.issue(record.id, 1)
      const opened = await this.sealNew(record, own, change)
      try {
        if (!(await this.rows.insert(opened, deadline, 1))) continue
      } catch (error) {
        if (wasSent(error)) this.discard(own.id)
        if (deadline.passed || ++failures === MAX_FAILURES) throw error
        deadline.retries++
        continue
      }
      try {
        return await this.begun(opened, record, own, change, deadline)
      } catch (error) {
        await this.discard(own.id, deadline, error)
        throw error
      }
    }
  }

  /** Creates the session of `own` as of `since`, in place of others. Undefined if the id is taken. */
  async claim(
    own: Token,
    since: number,
    change: Change,
    deadline: Deadline,
    replaced: readonly string[] = [],
  ): Promise<LoadedSession | undefined> {
    const record = newRecord(own.id, since)
    await applyChange(record, change, this.context.options, since)
    const opened = await this.sealNew(record, own, change)
    if (!(await this.rows.insert(opened, deadline))) return undefined
    // Before the limit counts, and after the new row: a revocation of the old id still finds its series.
    for (const id of replaced) await this.leave(id, deadline)
    try {
      return await this.begun(opened, record, own, change, deadline)
    } catch (error) {
      // The token was never sent. If the store is down, the row stays until it expires.
      await this.rows.delete(own.id, deadline).catch(() => {})
      throw error
    }
  }

  private sealNew(record: SessionRecord, own: Token, change: Change): Promise<OpenedRow<SessionRecord>> {
    const { maxBytes } = this.context.options
    Object.assign(record, { secretHash: own.hash, generation: own.generation })
    return this.rows.seal(record, (text) => checkSize(text, change, maxBytes))
  }

  /** What follows once the row of a new session is stored. */
  private async begun(
    opened: OpenedRow<SessionRecord>,
    record: SessionRecord,
    own: Token,
    change: Change,
    deadline: Deadline,
  ): Promise<LoadedSession> {
    const logsIn = isLogin(change) || (change.kind === 'import' && change.subject !== undefined)
    if (logsIn) await this.limit?.acquire(record, opened.row, deadline)
    this.context.report({ type: 'created', id: own.id }, record)
    return this.loaded(opened, record, own, 'new')
  }

  /** Deletes a row whose token was never sent, and keeps its id out. */
  private discard(id: string, deadline?: Deadline, error?: unknown): Promise<void> {
    return this.cleanUp((limit) => this.rows.delete(id, limit, KEEP_OUT), deadline, error)
  }

  /** Cleans up after a failed login: at once if the store works and the session limit refused it, else in the background. */
  private async cleanUp(attempt: (deadline: Deadline) => Promise<unknown>, deadline?: Deadline, error?: unknown) {
    try {
      if (deadline && isSessionError(error, 'ERR_SESSION_LIMIT')) return void (await attempt(deadline))
    } catch {}
    this.context.cleanUp(attempt)
  }

  /** A late touch must not bring back a session that a client was told is over. */
  private removeExpired(id: string): void {
    if (this.expiring.has(id)) return
    this.expiring.add(id)
    const removed = this.rows.delete(id, this.context.deadline()).catch(() => {})
    this.context.background.run(removed.finally(() => this.expiring.delete(id)))
  }

  async write(session: LoadedSession, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const { row, token } = session.stored!
    const entry = session.record.audiences.get(this.context.options.audience)
    // First the series: the session's entry remembers what is still to do.
    if (token.presented && !session.stale && entry?.unconfirmed && entry.series) {
      await this.series.confirm(entry.series, deadline)
    }
    // Store calls enforce the deadline themselves. A user callback (`update(key, fn)`) does not, so it is wrapped here.
    const bounded: Change =
      change.kind === 'update'
        ? { ...change, fn: (value) => deadline.within('update', row.id, async () => change.fn(value)) }
        : change
    const written = await this.writes.run(row.id, (previous) => this.apply(session, previous, bounded, deadline))
    await this.limit?.releaseLeft(session.record, written.record, deadline)
    return written
  }

  private async apply(
    session: LoadedSession,
    previous: LoadedSession | undefined,
    change: Change,
    deadline: Deadline,
  ): Promise<LoadedSession> {
    const loaded = rowOf(previous ?? session)
    // Where the state that this request loaded has expired since, another request may have extended it.
    const isNewest = previous || this.rows.isAlive(session.record, loaded.row, this.context.now())
    const newest = isNewest ? loaded : await this.rows.find(loaded.row.id, deadline)
    if (!newest) throw new SessionEndedError()
    const attempt = (base: OpenedRow<SessionRecord>) => this.attempt(base, session, change, deadline)
    return this.rows.rewrite(newest, attempt, deadline, {
      onConflict: (id) => this.context.report({ type: 'conflict', id }, session.record),
      onFailure: async (base, versions, error) => {
        if (!isLogin(change) && change.kind !== 'regenerate') return
        await this.cleanUp((limit) => this.undo(base, versions, change, limit), deadline, error)
      },
    })
  }

  /** Undoes a change of the token that failed, because its client does not have the new one. */
  private async undo(
    base: OpenedRow<SessionRecord>,
    versions: ReadonlySet<string>,
    change: Change,
    deadline: Deadline,
  ): Promise<void> {
    const { id } = base.row
    if (!(await this.rows.restore(base, versions, deadline))) await this.rows.delete(id, deadline, KEEP_OUT)
    if (isLogin(change)) await this.limit?.releaseFailed(id, change.subject, deadline)
  }

  /** What a change makes of the newest state of a row. */
  private async attempt(
    base: OpenedRow<SessionRecord>,
    session: LoadedSession,
    change: Change,
    deadline: Deadline,
  ): Promise<Attempt<SessionRecord, LoadedSession>> {
    const { options } = this.context
    const own = session.stored!.token
    const record = copyRecord(base.record)
    const now = this.context.now()
    const holder = this.admit(record, base.row, session, now, change)
    const stale = holder === 'stale'
    const token = tokenChange(change, record, options, now, { stale, outdated: own.outdated })
    const entry = record.audiences.get(options.audience)
    const returned = holder === 'current' && own.presented
    const confirms = returned && (confirmationDue(record) || entry?.unconfirmed)
    if (!confirms && changesNothing(change, token)) {
      return { next: undefined, check: undefined, done: () => this.loaded(base, record, own, holder) }
    }

    if (returned) confirmSuccessor(record, options.timeouts, now)
    if (returned && entry) entry.unconfirmed = false
    const next = token && (await this.nextToken(record, change))
    await applyChange(record, change, options, now, token, next && { presented: own, next })
    if (isLogin(change)) await this.limit?.check(record, deadline)
    const proof = next ?? own
    return {
      next: record,
      check: (text) =>
        checkSize(text, change, options.maxBytes, () => encodeRecord({ ...base.record, versions: record.versions })),
      done: async (opened, later) => {
        if (isLogin(change)) await this.limit?.acquire(record, opened.row, deadline)
        if (token) this.context.report({ type: token === 'renew' ? 'renewed' : 'regenerated', id: record.id }, record)
        else if (change.kind === 'touch') this.context.report({ type: 'touched', id: record.id }, record)
        const status = later ? classifySecret(later, proof, now) : holder
        if (later && status !== 'current' && status !== 'stale') throw new SessionEndedError()
        const isNew = next && status !== 'stale'
        return this.loaded(opened, later ?? record, proof, isNew ? 'new' : status)
      },
    }
  }

  /** The token after the record's own. A remember-me has chosen it before. */
  private async nextToken(record: SessionRecord, change: Change): Promise<Token> {
    const generation = nextGeneration(record)
    if (change.kind !== 'restore') return this.tokens.issue(record.id, generation)
    // Another request has replaced the token since.
    if (change.token?.generation !== generation) throw new SessionEndedError()
    return change.token
  }

  /** Classifies this request's token. @throws SessionEndedError if it is not honoured, or if a clock has run out. */
  private admit(record: SessionRecord, row: StoredSession, session: LoadedSession, now: number, change: Change) {
    const own = session.stored!.token
    const holder = classifySecret(record, own, now)
    if (!this.rows.isAlive(record, row, now)) {
      // Only a token of this session may have it deleted.
      if (holder !== 'rolled-back') this.removeExpired(record.id)
      throw new SessionEndedError()
    }
    if (holder === 'current' || holder === 'stale' || (change.kind === 'leave' && change.anyToken)) return holder
    const isEarlier = holder !== 'rolled-back' && change.detached
    if (isEarlier && continues(session.record, record, own.generation, this.context.options)) return 'stale'
    throw new SessionEndedError()
  }

  async touch(session: LoadedSession, at: number, deadline: Deadline): Promise<boolean> {
    const { timeouts } = this.context.options
    return this.rows.touch(session.record.id, { ...session.record, touchedAt: at }, timeouts, deadline)
  }

  async end(ending: Ending, deadline: Deadline): Promise<boolean> {
    // Another request may have logged in since, and begun another series.
    const newest = (await this.rows.find(ending.id, deadline))?.record ?? ending
    const ended = await this.endSession([ending, newest], { type: 'destroyed', id: ending.id }, deadline)
    await this.limit?.releaseOf(newest, deadline)
    return ended
  }

  async revoke(id: string, subject: string | undefined, deadline: Deadline): Promise<boolean> {
    const record = (await this.rows.find(id, deadline))?.record
    const isOthers = record?.audiences.get(this.context.options.audience)?.subject !== subject
    if (subject !== undefined && isOthers) return false
    const report = { type: 'revoked', id, reason: 'revoke' } as const
    return this.endSession([record ?? { id, audiences: new Map() }], report, deadline)
  }

  /**
   * Ends a session with its series. Every way to end a session leads here, because the order matters: first the series,
   * which could restore the session in between. Yields whether the session was there.
   */
  private async endSession(
    [session, ...newer]: [Ending, ...Ending[]],
    report: Report,
    deadline: Deadline,
  ): Promise<boolean> {
    const { id } = session
    for (const series of new Set([session, ...newer].flatMap(seriesOf)))
      await this.series.end({ id: series }, deadline, id)
    // What a claim decides may be created more than once, so that one may still arrive.
    const isShared = [session, ...newer].some(({ audiences }) => [...audiences.values()].some(isClaimed))
    const keepOut = isShared ? KEEP_OUT : undefined
    const ended = await this.rows.delete(id, deadline, keepOut)
    if (ended) this.context.report(report, newer.at(-1) ?? session)
    return ended
  }

  /** Ends a session to make room for another. A series that has another session by now stays. */
  async evict(id: string, deadline: Deadline): Promise<void> {
    const record = (await this.rows.find(id, deadline))?.record
    for (const series of record ? seriesOf(record) : []) await this.series.endIfOf(series, id, deadline)
    if (await this.rows.delete(id, deadline)) this.context.report({ type: 'revoked', id, reason: 'evicted' }, record)
  }

  /** Takes this application out of a session that its series has replaced, and ends it if no other application is in it. */
  async leave(id: string, deadline: Deadline): Promise<void> {
    const opened = await this.rows.find(id, deadline)
    if (!opened) return
    const subject = opened.record.audiences.get(this.context.options.audience)?.subject
    const isShared = await this.rows.rewrite(
      opened,
      async (base) => {
        const record = copyRecord(base.record)
        record.audiences.delete(this.context.options.audience)
        const shared = record.audiences.size > 0
        return { next: shared ? record : undefined, check: undefined, done: () => shared }
      },
      deadline,
    )
    if (!isShared) await this.remove(id, subject, deadline)
  }

  async remove(id: string, subject: string | undefined, deadline: Deadline): Promise<void> {
    if (await this.rows.delete(id, deadline)) this.context.events.emit({ type: 'destroyed', id }, subject)
  }

  async revokeAll(subject: string, except: string | undefined): Promise<number> {
    const { context } = this
    const { audience } = context.options
    const key = await context.subjectKey(audience, subject)
    // Series before sessions: a restore in between finds its series gone, and hands no token out.
    await this.rows.deleteAll(await context.subjectKey(audience, subject, 'remember'))
    const ended = await this.rows.deleteAll(key, except)
    context.events.emit({ type: 'revoked', id: undefined, reason: 'revoke-all' }, subject)
    return ended
  }

  async list(subject: string, limit: number, after: string | undefined, deadline: Deadline): Promise<SessionRecord[]> {
    const { audience } = this.context.options
    const key = await this.context.subjectKey(audience, subject)
    const found = await this.rows.list(key, limit, after, deadline, (opened) => {
      return this.aliveRecord(opened)?.audiences.get(audience)?.subject === subject
    })
    return found.map(({ record }) => record)
  }

  async find(id: string, deadline: Deadline): Promise<SessionRecord | undefined> {
    return this.aliveRecord(await this.rows.find(id, deadline))
  }

  private aliveRecord(opened: OpenedRow<SessionRecord> | undefined): SessionRecord | undefined {
    return opened && this.rows.isAlive(opened.record, opened.row, this.context.now()) ? opened.record : undefined
  }

  /** The session as a request knows it from now on. A new token is sent to the client; a stale one is replaced there. */
  private async loaded(
    { row, text }: OpenedRow<SessionRecord>,
    record: SessionRecord,
    token: Token,
    holder: ReturnType<typeof classifySecret> | 'new',
  ): Promise<LoadedSession> {
    const stale = holder === 'stale'
    const secret = stale ? await currentSecret(record, token) : holder === 'new' ? token.secret : undefined
    const newToken = secret && formatToken({ id: record.id, secret })
    return { record, text, newToken, touchedAt: row.touchedAt, stale, stored: { row, token } }
  }
}

/** Whether a series or an import has decided this session before it began. */
const isClaimed = ({ series, unconfirmed }: AudienceEntry) => series !== undefined || unconfirmed

const rowOf = ({ stored, text, record }: LoadedSession): OpenedRow<SessionRecord> => ({
  row: stored!.row,
  text,
  record,
})

const isLogin = (change: Change): change is Extract<Change, { kind: 'login' | 'restore' }> =>
  change.kind === 'login' || change.kind === 'restore'

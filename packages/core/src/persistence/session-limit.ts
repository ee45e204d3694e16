import { memberOf } from '../check'
import { SessionLimitError } from '../errors'
import { isUsed, type SessionRecord } from '../record/record'
import type { SessionStore, StoredSession, SubjectLimit } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { Ending } from './persistence'

/** What the limit needs of the sessions that it counts. */
export interface LimitedSessions {
  /** The record under an id, if it is alive. */
  find(id: string, deadline: Deadline): Promise<SessionRecord | undefined>
  evict(id: string, deadline: Deadline): Promise<void>
}

/**
 * `maxPerSubject`: each login stores its row, and then acquires a slot in the order of its subject's logins, in one atomic step
 * of the store. What counts is rows: a slot whose session has ended is released. The login that sees too many live sessions
 * before its own ends some of them, or is refused. So at most `max` remain, however many processes log the subject in at once.
 */
export class SessionLimit {
  private constructor(
    private readonly context: Context,
    private readonly store: SessionStore & SubjectLimit,
    private readonly max: number | undefined,
    private readonly sessions: LimitedSessions,
  ) {}

  static of(context: Context, store: SessionStore, sessions: LimitedSessions): SessionLimit | undefined {
    const { enforceSameSubject, maxPerSubject } = context.options
    // `enforceSameSubject` can drop another application's entry, so it releases that slot even if this manager sets no limit.
    const needed = maxPerSubject !== undefined || (enforceSameSubject && memberOf(store, 'release'))
    return needed ? new SessionLimit(context, store as SessionStore & SubjectLimit, maxPerSubject, sessions) : undefined
  }

  /** @throws SessionLimitError if the login will be refused: before it is written, so that the session stays as it was. */
  async check({ id, audiences }: SessionRecord, deadline: Deadline): Promise<void> {
    if (this.max === undefined || this.context.options.onLimit === 'evict-oldest') return
    const subject = this.subjectOf(audiences)
    const key = await this.key(subject)
    const holders = await deadline.call('holders', id, () => this.store.holders(key))
    const before = holders.includes(id) ? holders.slice(0, holders.indexOf(id)) : holders
    const live = await this.liveAmong(before, key, subject, deadline)
    if (live.length >= this.max) throw new SessionLimitError(this.max)
  }

  /**
   * Acquires the slot of a login whose row is stored.
   * @throws SessionLimitError if the subject has `max` live sessions and `onLimit` is `refuse`. The caller removes the row.
   */
  async acquire({ id, audiences }: SessionRecord, row: StoredSession, deadline: Deadline): Promise<void> {
    const { max } = this
    if (max === undefined) return
    const subject = this.subjectOf(audiences)
    const key = await this.key(subject)
    const end = Math.max(row.absoluteExpiresAt, row.expiresAt)
    const before = await deadline.call('acquire', id, () => this.store.acquire(key, id, end))
    const live = await this.liveAmong(before, key, subject, deadline)
    if (live.length < max) return
    const { audience, onLimit } = this.context.options
    if (onLimit !== 'evict-oldest') {
      await this.release(key, id, deadline).catch(() => {})
      throw new SessionLimitError(max)
    }
    // A session that was never used since its login may be one whose login failed: its user does not have it.
    const used = live.filter((each) => isUsed(each, audience))
    const unused = live.filter((each) => !used.includes(each))
    const evicted = [...unused, ...used].slice(0, live.length + 1 - max)
    await Promise.all(evicted.map((other) => this.evict(key, other.id, deadline)))
  }

  /** Delete the row, then release the slot: if we stop in between, the next login cleans up. */
  private async evict(key: string, id: string, deadline: Deadline): Promise<void> {
    await this.sessions.evict(id, deadline)
    await this.release(key, id, deadline).catch(() => {})
  }

  /** The sessions of the subject among these holders, oldest first. Releases the slots of those that have ended. */
  private async liveAmong(ids: string[], key: string, subject: string, deadline: Deadline): Promise<SessionRecord[]> {
    // Too few to reach the limit: not worth a look.
    if (ids.length < this.max!) return []
    const records = await Promise.all(
      ids.map(async (id) => {
        const record = await this.sessions.find(id, deadline)
        if (!record) await this.release(key, id, deadline)
        return record && this.subjectOf(record.audiences) === subject ? record : []
      }),
    )
    return records.flat()
  }

  /** Releases the slot of a session that has ended. */
  async releaseOf({ id, audiences }: Ending, deadline: Deadline): Promise<void> {
    if (this.max === undefined || audiences.get(this.context.options.audience)?.subject === undefined) return
    await this.release(await this.key(this.subjectOf(audiences)), id, deadline)
  }

  /**
   * Releases the slots of subjects who have left the session, in any application. Such a slot would cost its subject a
   * login elsewhere, or evict the session from its new owner. If the store fails, the slot goes when the session does.
   */
  async releaseLeft(before: SessionRecord, after: SessionRecord, deadline: Deadline): Promise<void> {
    for (const [audience, { subject }] of before.audiences) {
      if (subject === undefined || subject === after.audiences.get(audience)?.subject) continue
      const key = await this.context.subjectKey(audience, subject)
      await this.release(key, before.id, deadline).catch(() => {})
    }
  }

  /**
   * Releases the slot of a failed login, if the session did not become its subject's: the slot would evict the session from
   * its owner. If the store fails, the slot goes when the session does.
   */
  async releaseFailed(id: string, subject: string, deadline: Deadline): Promise<void> {
    if (this.max === undefined) return
    const { audience } = this.context.options
    try {
      const session = await this.sessions.find(id, deadline)
      if (session?.audiences.get(audience)?.subject === subject) return
      await this.release(await this.context.subjectKey(audience, subject), id, deadline)
    } catch {}
  }

  private release(key: string, id: string, deadline: Deadline): Promise<unknown> {
    return deadline.call('release', id, () => this.store.release(key, id))
  }

  private subjectOf(audiences: SessionRecord['audiences']): string {
    return audiences.get(this.context.options.audience)?.subject ?? ''
  }

  private key(subject: string): string | Promise<string> {
    return this.context.subjectKey(this.context.options.audience, subject)
  }
}

import { SessionLimitError } from '../errors'
import type { SessionRecord } from '../record/record'
import type { SessionStore, SubjectLimit } from '../store/store'
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
 * `maxPerSubject`: each login acquires a slot of its subject, in one atomic step of the store. The row is stored before its
 * slot is acquired, so a slot without a row belongs to a session that has ended; and a session that loses its slot loses
 * its row. So at most `max` remain, however many processes log the subject in at once.
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
    const needed = maxPerSubject !== undefined || (enforceSameSubject && 'release' in store)
    return needed ? new SessionLimit(context, store as SessionStore & SubjectLimit, maxPerSubject, sessions) : undefined
  }

  /** @throws SessionLimitError if the subject has `max` live sessions and `onLimit` is `refuse`. */
  async acquire({ id, audiences }: SessionRecord, deadline: Deadline): Promise<void> {
    const { max } = this
    if (max === undefined) return
    const key = await this.key(audiences)
    const evict = this.context.options.onLimit === 'evict-oldest'
    const acquire = (last: boolean) =>
      deadline.call('acquire', id, () => this.store.acquire(key, id, max, last && evict))
    if ((await acquire(false)).admitted) return
    // Before evicting or refusing, release the slots of sessions that have already ended.
    const released = await this.releaseEnded(key, id, max, deadline)
    if (!released && !evict) throw new SessionLimitError(max)
    const { admitted, evicted } = await acquire(true)
    if (!admitted) throw new SessionLimitError(max)
    await Promise.all(evicted.map((other) => this.evict(key, other, deadline)))
  }

  /** Delete the row, then release the slot: if we stop in between, the next login cleans up. */
  private async evict(key: string, id: string, deadline: Deadline): Promise<void> {
    await this.sessions.evict(id, deadline)
    await this.release(key, id, deadline).catch(() => {})
  }

  /** Whether a slot was free after all. */
  private async releaseEnded(key: string, id: string, max: number, deadline: Deadline): Promise<boolean> {
    const others = await deadline.call('holders', id, () => this.store.holders(key))
    const released = await Promise.all(
      others.map(async (other) => {
        if (await this.sessions.find(other, deadline)) return false
        await this.release(key, other, deadline)
        return true
      }),
    )
    return released.includes(true) || others.length < max
  }

  /** Releases the slot of a session that has ended. */
  async releaseOf({ id, audiences }: Ending, deadline: Deadline): Promise<void> {
    if (this.max === undefined || audiences.get(this.context.options.audience)?.subject === undefined) return
    await this.release(await this.key(audiences), id, deadline)
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

  private key(audiences: SessionRecord['audiences']): Promise<string> {
    const { audience } = this.context.options
    return this.context.subjectKey(audience, audiences.get(audience)?.subject ?? '')
  }
}

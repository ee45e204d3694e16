import { SessionLimitError } from '../errors'
import type { SessionRecord } from '../record/record'
import type { SessionStore, SubjectLimit } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { Ending } from './persistence'

/** What placing needs to know of, and do to, other sessions. */
interface Sessions {
  /** The record of a session that is not over. */
  find(id: string, budget: Deadline): Promise<SessionRecord | undefined>
  revoke(id: string, budget: Deadline): Promise<boolean>
}

/**
 * `maxPerSubject`: each login takes a place in its subject's order of sessions, in one atomic step of the store. A row is
 * there before its place is taken, so a place without a row belongs to a session that is over, and whoever loses a place
 * loses the row: at most `max` remain, however many processes log the subject in at once.
 */
export class SessionLimit {
  private constructor(
    private readonly core: Context,
    private readonly store: SessionStore & SubjectLimit,
    private readonly max: number | undefined,
    private readonly sessions: Sessions,
  ) {}

  static of(core: Context, store: SessionStore, sessions: Sessions): SessionLimit | undefined {
    const { enforceSameSubject, maxPerSubject } = core.options
    // Whoever drops another application's slot gives back the place in it, without a limit of its own as well.
    const needed = maxPerSubject !== undefined || (enforceSameSubject && 'release' in store)
    return needed ? new SessionLimit(core, store as SessionStore & SubjectLimit, maxPerSubject, sessions) : undefined
  }

  /** @throws SessionLimitError where the subject has `max` live sessions and the oldest must stay. */
  async take({ id, slots }: SessionRecord, budget: Deadline): Promise<void> {
    const { max } = this
    if (max === undefined) return
    const key = await this.key(slots)
    const evict = this.core.options.onLimit === 'evict-oldest'
    const acquire = (last: boolean) => budget.call('acquire', id, () => this.store.acquire(key, id, max, last && evict))
    if ((await acquire(false)).admitted) return
    // Nobody is turned out, or away, for the sake of a session that is over.
    const freed = await this.withdrawEnded(key, id, max, budget)
    if (!freed && !evict) throw new SessionLimitError(max)
    const { admitted, evicted } = await acquire(true)
    if (!admitted) throw new SessionLimitError(max)
    await Promise.all(evicted.map((other) => this.turnOut(key, other, budget)))
  }

  /** The row first: while its place is left, the next login tries again, and a place without a row is soon cleared. */
  private async turnOut(key: string, id: string, budget: Deadline): Promise<void> {
    await this.sessions.revoke(id, budget)
    await budget.call('release', id, () => this.store.release(key, id)).catch(() => {})
  }

  /** Whether anybody's place was free after all. */
  private async withdrawEnded(key: string, id: string, max: number, budget: Deadline): Promise<boolean> {
    const others = await budget.call('holders', id, () => this.store.holders(key))
    const freed = await Promise.all(
      others.map(async (other) => {
        if (await this.sessions.find(other, budget)) return false
        await budget.call('release', other, () => this.store.release(key, other))
        return true
      }),
    )
    return freed.includes(true) || others.length < max
  }

  async leave({ id, slots }: Ending, budget: Deadline): Promise<void> {
    if (this.max === undefined || slots?.get(this.core.options.audience)?.subject === undefined) return
    const key = await this.key(slots)
    await budget.call('release', id, () => this.store.release(key, id))
  }

  /**
   * Gives back the places of subjects who are not the session's any more, in whichever application: they would cost them a
   * login elsewhere, or whoever has the session now their session. Where the store fails, a place goes when the session does.
   */
  async follow(before: SessionRecord, after: SessionRecord, budget: Deadline): Promise<void> {
    for (const [audience, { subject }] of before.slots) {
      if (subject === undefined || subject === after.slots.get(audience)?.subject) continue
      const key = await this.core.subjectKey(audience, subject)
      await budget.call('release', before.id, () => this.store.release(key, before.id)).catch(() => {})
    }
  }

  /**
   * Gives back the place that a login has taken in a session which then did not become its subject's: whoever has that
   * session would be turned out in the subject's name. Where the store fails, the place goes when the session does.
   */
  async giveBack(id: string, subject: string, budget: Deadline): Promise<void> {
    if (this.max === undefined) return
    const { audience } = this.core.options
    try {
      const session = await this.sessions.find(id, budget)
      if (session?.slots.get(audience)?.subject === subject) return
      const key = await this.core.subjectKey(audience, subject)
      await budget.call('release', id, () => this.store.release(key, id))
    } catch {}
  }

  private key(slots: SessionRecord['slots']): Promise<string> {
    const { audience } = this.core.options
    return this.core.subjectKey(audience, slots.get(audience)?.subject ?? '')
  }
}

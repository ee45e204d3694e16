import { checkCall } from '../check'
import { SessionUsageError } from '../errors'
import { ends } from '../record/timeouts'
import type { ExpiredCleanup, RevocationStore, SessionStore, StoredSession, SubjectIndex } from '../store/store'
import type { Context } from './context'
import { idMark, markExpiry, subjectMark } from './cookie-mode'
import type { StoreMode } from './store-mode'

/** One of a subject's sessions, in a list. */
export interface SessionSummary {
  /** The session's public name, for {@link SubjectSessions.revoke}. */
  id: string
  /** The application whose subject this is: the manager's own. */
  audience: string
  /** What `login` was told to call it. */
  label: string | undefined
  /** Epoch ms. */
  createdAt: number
  /** Epoch ms, exact to the touch threshold. */
  lastActiveAt: number
  /** When its nearest clock runs out if nothing more happens, epoch ms; Infinity where all are off. */
  expiresAt: number
}

/** A page of a list. */
export interface ListOptions {
  /** At most so many. Default 100. */
  limit?: number
  /** The id of the last one on the page before. Default from the beginning. */
  after?: string
}

/** Store mode with a {@link SubjectIndex}: a subject's sessions can be listed and ended. */
export interface SubjectSessions {
  /** The live sessions a subject has in this application, in order of id. The next page begins after the last id. */
  list(subject: string, page?: ListOptions): Promise<SessionSummary[]>
  /**
   * Ends all sessions of a subject, each with its remember-me, but for the session with the id `except` where it is given.
   * How many sessions there were.
   */
  revokeAll(subject: string, options?: { except?: string }): Promise<number>
}

/** Store mode: a session can be ended by its id. */
export interface StoredRevocation {
  /** Ends a session without its cookie, and its remember-me. False where there was none. */
  revoke(id: string): Promise<boolean>
}

/** Cookie mode with `revocations`: sessions can be ended, and cannot be counted. */
export interface SealedRevocation {
  /**
   * Ends the session of an id: every cookie that holds it is dead. Its remember-me, which has an id of its own that nothing
   * but a cookie tells, lives on: {@link revokeAll} ends both.
   */
  revoke(id: string): Promise<void>
  /**
   * Ends every session of a subject that began until now, and every remember-me, but for the session with the id `except`
   * where it is given. That one's remember-me is spared as well, unless `regenerate` has changed the id since it was used.
   * A `regenerate` afterwards gives the session another id, and the exception goes with it.
   */
  revokeAll(subject: string, options?: { except?: string }): Promise<void>
}

/** A store that does not forget by itself. */
export interface Cleanup {
  /** Removes up to `limit` (default 1000) expired rows. How many were removed. */
  prune(limit?: number): Promise<number>
}

/** What a manager offers beyond opening sessions. Everything is here; what the store cannot do rejects and says why. */
export class Subjects {
  constructor(
    private readonly core: Context,
    private readonly stored: StoreMode | undefined,
  ) {}

  async list(subject: string, page: ListOptions = {}): Promise<SessionSummary[]> {
    const { core, stored } = this
    checkSubject('list', subject)
    checkCall('list', page, ['limit', 'after'])
    const index = this.require<SubjectIndex>('listBySubject', 'list sessions', 'a store with an index of subjects')
    const key = await core.subjectKey(core.options.audience, subject)
    const limit = page.limit ?? 100
    checkLimit('list', limit)
    const budget = core.budget()
    const found: SessionSummary[] = []
    for (let { after } = page; found.length < limit; ) {
      const rows = await budget.call('list', undefined, () =>
        index.listBySubject(key, after === undefined ? { limit } : { limit, after }),
      )
      for (const row of rows) {
        const summary = await this.summary(row, subject, stored!)
        if (summary && found.length < limit) found.push(summary)
      }
      after = rows.at(-1)?.id
      if (rows.length < limit) break
    }
    return found
  }

  private async summary(row: StoredSession, subject: string, stored: StoreMode): Promise<SessionSummary | undefined> {
    const { audience, timeouts } = this.core.options
    const record = await stored.recordOf(row)
    const slot = record?.slots.get(audience)
    // An index may lag behind its rows, never the other way round.
    if (!record || slot?.subject !== subject) return undefined
    const end = ends(record, timeouts)
    return {
      id: record.id,
      audience,
      label: slot.label,
      createdAt: record.createdAt,
      lastActiveAt: record.touchedAt,
      expiresAt: Math.min(end.idle, end.rolling, end.absolute),
    }
  }

  async revoke(id: string): Promise<boolean | undefined> {
    if (typeof id !== 'string') throw usage('revoke() takes the id of a session, a string')
    if (this.stored) return this.stored.revoke(id, this.core.budget())
    await this.mark([idMark(id)], id)
    this.core.events.emit({ type: 'revoked', id })
    return undefined
  }

  async revokeAll(subject: string, options: { except?: string } = {}): Promise<number | undefined> {
    const { core, stored } = this
    const { audience } = core.options
    checkSubject('revokeAll', subject)
    checkCall('revokeAll', options, ['except'])
    const { except } = options
    const key = await core.subjectKey(audience, subject)
    const rememberKey = await core.subjectKey(audience, subject, 'remember')
    // First, here as below, what could begin the sessions anew.
    if (!stored) {
      const keys = core.options.remember ? [rememberKey, key] : [key]
      return this.mark(keys.map(subjectMark), undefined, except)
    }
    const index = this.require<SubjectIndex>(
      'deleteBySubject',
      'end all sessions of a subject',
      'a store with an index of subjects',
    )
    const budget = core.budget()
    // Another process may remember them, though this one does not.
    const kept = except && (await stored.rememberedBy(except, budget))
    await budget.call('delete all', undefined, () => index.deleteBySubject(rememberKey, kept))
    return budget.call('delete all', undefined, () => index.deleteBySubject(key, except))
  }

  async prune(limit = 1000): Promise<number> {
    const store = this.require<ExpiredCleanup>(
      'deleteExpired',
      'remove expired rows',
      'a store that does not forget by itself',
    )
    checkLimit('prune', limit)
    return this.core.budget().call('prune', undefined, () => store.deleteExpired(this.core.now(), limit))
  }

  private async mark(keys: string[], id: string | undefined, except?: string): Promise<undefined> {
    const { core } = this
    const { revocations } = core.options
    if (!revocations) throw unsupported('end a session it does not hold the cookie of', 'revocations')
    const budget = core.budget()
    for (const key of keys) {
      // The instant is that of this mark: what has begun while an earlier one was on its way ends as well.
      const now = core.now()
      const mark: Parameters<RevocationStore['revoke']>[1] = {
        notBefore: now,
        expiresAt: markExpiry(core.options, now),
      }
      if (except !== undefined) mark.except = except
      await budget.call('revoke', id, () => revocations.revoke(key, mark))
    }
  }

  private require<Capability>(method: string, task: string, needed: string): SessionStore & Capability {
    const { store } = this.core.options
    if (!store || !(method in store)) throw unsupported(task, needed)
    return store as SessionStore & Capability
  }
}

const usage = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)

/** A number is nobody's subject: nothing would be found, and nobody would be told that nobody was signed out. */
function checkSubject(call: string, subject: unknown): void {
  if (typeof subject === 'string' && subject !== '') return
  throw usage(`${call}() takes a subject as login() does, a string that is not empty: String(user.id)`)
}

function checkLimit(call: string, limit: unknown): void {
  if (!Number.isInteger(limit) || (limit as number) < 1) throw usage(`${call}() takes a limit of at least 1`)
}

const unsupported = (task: string, needed: string) =>
  new SessionUsageError('ERR_SESSION_UNSUPPORTED', `This store cannot ${task}: that takes ${needed}.`)

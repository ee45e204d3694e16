import { isSessionError, type SessionErrorCode } from '../errors'
import { EventLog, type SessionEvent } from '../events'
import type { Bound, SessionRecord } from '../record/record'
import { formatToken, newId, parseToken, wrapSecret } from '../record/token'
import { Context } from './context'
import { CookieMode } from './cookie-mode'
import type { Deadline } from './deadline'
import type { LoadedSession, Persistence } from './persistence'
import { StoreMode } from './store-mode'

/** Of what happens to a remember-me itself, only this concerns an observer of sessions. */
const REPORTED = new Set<SessionEvent['type']>(['reused', 'rejected', 'store-slow', 'store-failed'])

/** A session that remember-me has begun anew, and the remember-me under its new token. */
export interface Restored {
  session: LoadedSession
  remember: LoadedSession
}

/**
 * Remember-me is itself a session of another kind: a token and clocks of its own, no data, and a link to the session it
 * belongs to. So renewal, its grace, and the recognition of a stolen token are what they are for sessions.
 */
export class Remember {
  private readonly persistence: Persistence

  private constructor(
    private readonly core: Context,
    private readonly sessions: Persistence,
    own: Context,
  ) {
    const { store, revocations } = own.options
    this.persistence = store ? new StoreMode(own, store) : new CookieMode(own, revocations)
  }

  static of(core: Context, sessions: Persistence): Remember | undefined {
    const { options } = core
    if (!options.remember) return undefined
    const events = new EventLog((event) => REPORTED.has(event.type) && core.events.emit(event))
    const own = new Context(
      { ...options, ...options.remember, maxPerSubject: undefined, onReuse: 'destroy' },
      'remember',
      events,
    )
    return new Remember(core, sessions, own)
  }

  newId(): string {
    return newId(this.core.options.random)
  }

  /** Begins a remember-me for a session that has just logged in, and that names it already. */
  async begin(session: LoadedSession, budget: Deadline): Promise<LoadedSession> {
    const { audience } = this.core.options
    const { id, rememberedBy, slots } = session.record
    const { subject, label } = slots.get(audience)!
    return this.persistence.create(
      rememberedBy!,
      { kind: 'remember', subject: subject!, label, bound: undefined, restores: id },
      budget,
    )
  }

  /**
   * Ends the one that a session names, and in a store whatever other session it has begun since: one of somebody who has its
   * token as well, and would outlive the user's logout.
   */
  async endOf({ id, rememberedBy }: SessionRecord, budget: Deadline): Promise<void> {
    if (!rememberedBy) return
    const remember = await this.persistence.find?.(rememberedBy, budget)
    // First what could begin a session anew.
    await this.persistence.end({ id: rememberedBy }, budget)
    if (remember && restoredBy(remember) !== id) await this.endRestored(remember, budget)
  }

  /** Begins a new session for who is remembered; undefined where nobody is. */
  async restore(value: string, bound: Bound | undefined, budget: Deadline): Promise<Restored | undefined> {
    const opened = await this.persistence.open(value, budget)
    if (!('live' in opened)) {
      // A token that was used up has come back, so two have it, and one of them is not the user: the session goes as well.
      if (opened.outcome === 'reused' && opened.record) await this.endRestored(opened.record, budget)
      return undefined
    }
    if (opened.live.stale) return this.join(opened.live, budget)

    const { audience } = this.core.options
    const { id, slots } = opened.live.record
    const { subject, label } = slots.get(audience) ?? {}
    if (subject === undefined) return undefined
    const session = await this.sessions
      .create(newId(this.core.options.random), { kind: 'restore', subject, label, bound, rememberedBy: id }, budget)
      // Nobody asked to log in, so nobody is told that there are too many sessions: the request goes on without one.
      .catch(undefinedFor('ERR_SESSION_LIMIT'))
    if (!session) return undefined
    const remember = await this.renewFor(session, opened.live, budget)
    if (!remember || remember.stale) {
      // It was ended meanwhile, or another request of the same browser was faster: then both go on in its session.
      await this.discard(session, budget)
      return remember && this.join(remember, budget)
    }
    this.core.events.emit({ type: 'restored', id: session.record.id })
    return { session, remember }
  }

  /** Renews a remember-me, which belongs to `session` from now on; undefined where it has ended. */
  private async renewFor(
    session: LoadedSession,
    live: LoadedSession,
    budget: Deadline,
  ): Promise<LoadedSession | undefined> {
    const restored = { id: session.record.id, secret: session.stored?.own.secret }
    try {
      return await this.persistence
        .write(live, { kind: 'restored', session: restored }, budget)
        .catch(undefinedFor('ERR_SESSION_ENDED'))
    } catch (error) {
      await this.discard(session, budget).catch(() => {})
      throw error
    }
  }

  /** Ends a session whose token nobody has been given; the remember-me is not its own any more. */
  private discard({ record }: LoadedSession, budget: Deadline): Promise<void> {
    return this.sessions.end({ ...record, rememberedBy: undefined }, budget)
  }

  /** Goes on in the session that a faster request has begun by the same remember-me. */
  private async join(remember: LoadedSession, budget: Deadline): Promise<Restored | undefined> {
    const restored = parseToken(remember.record.restores ?? '')
    const current = parseToken(remember.handOut ?? '')
    if (!restored || !current) return undefined
    const token = formatToken({
      id: restored.id,
      secret: await wrapSecret(restored.secret, current.secret, 'restored'),
    })
    const opened = await this.sessions.open(token, budget)
    if (!('live' in opened)) return undefined
    return { session: { ...opened.live, handOut: opened.live.handOut ?? token }, remember }
  }

  private async endRestored(remember: SessionRecord, budget: Deadline): Promise<void> {
    const id = restoredBy(remember)
    if (id) await this.sessions.end({ id }, budget)
  }
}

/** The id of the session that a remember-me belongs to. */
const restoredBy = ({ restores }: SessionRecord) => restores?.split('.')[0]

/** What turns one error into undefined, and passes on all others. */
const undefinedFor = (code: SessionErrorCode) => (error: unknown) => {
  if (!isSessionError(error, code)) throw error
  return undefined
}

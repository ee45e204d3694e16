import type { Budget } from './budget'
import { Core } from './core'
import { EventLog, type SessionEvent } from './events'
import type { Live, Persistence } from './persistence'
import { type Bound, type SessionRecord, slotOf } from './record'
import { SealedSessions } from './sealed'
import { StoredSessions } from './stored'
import { newId } from './token'

/** Of what happens to a remember-me itself, only this concerns an observer of sessions. */
const REPORTED = new Set<SessionEvent['type']>(['reused', 'rejected', 'store-slow', 'store-failed'])

/** A session that remember-me has begun anew, and the remember-me under its new token. */
export interface Restored {
  session: Live
  remember: Live
}

/**
 * Remember-me is itself a session of another kind: a token and clocks of its own, no data, and a link to the session it
 * belongs to. So renewal, its grace, and the recognition of a stolen token are what they are for sessions.
 */
export class Remember {
  private readonly persistence: Persistence

  private constructor(
    private readonly core: Core,
    private readonly sessions: Persistence,
    private readonly own: Core,
  ) {
    const { storage, revocations } = own.options
    this.persistence = storage ? new StoredSessions(own, storage) : new SealedSessions(own, revocations)
  }

  static of(core: Core, sessions: Persistence): Remember | undefined {
    const { options } = core
    if (!options.remember) return undefined
    const events = new EventLog((event) => REPORTED.has(event.type) && core.events.emit(event))
    const own = new Core(
      { ...options, ...options.remember, maxPerSubject: undefined, onReuse: 'destroy' },
      'remember',
      events,
    )
    return new Remember(core, sessions, own)
  }

  /** What stores know the remember-mes of a subject by. */
  subjectKey(audience: string, subject: string): Promise<string> {
    return this.own.subjectKey(audience, subject)
  }

  newId(): string {
    return newId(this.core.options.random)
  }

  /** Begins a remember-me for a session that has just logged in, and that names it already. */
  async begin(session: Live, budget: Budget): Promise<Live> {
    const { audience } = this.core.options
    const { id, rememberedBy, slots } = session.record
    const { subject, label } = slots.get(audience) ?? {}
    return this.persistence.create(
      rememberedBy!,
      {
        apply(record) {
          Object.assign(slotOf(record, audience), { subject, label })
          record.restores = id
        },
      },
      budget,
    )
  }

  /** Ends one that a login has replaced. */
  async end(id: string, budget: Budget): Promise<void> {
    await this.persistence.end({ id }, budget)
  }

  /** Begins a new session for who is remembered; undefined where nobody is. */
  async restore(value: string, bound: Bound | undefined, budget: Budget): Promise<Restored | undefined> {
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
    const session = await this.sessions.create(
      newId(this.core.options.random),
      {
        login: true,
        apply(record) {
          Object.assign(slotOf(record, audience), { subject, label })
          record.rememberedBy = id
          record.bound = bound
        },
      },
      budget,
    )
    // A sealed session is its own cookie, too long to be carried in another.
    const restores = session.stored ? session.handOut! : session.record.id
    const remember = await this.persistence.write(
      opened.live,
      {
        token: 'renew',
        apply(record, _now, stale) {
          if (!stale) record.restores = restores
        },
      },
      budget,
    )
    if (!remember.stale) {
      this.core.events.emit({ type: 'restored', id: session.record.id })
      return { session, remember }
    }
    // Another request of the same browser was faster: both go on in its session.
    await this.sessions.end({ ...session.record, rememberedBy: undefined }, budget)
    return this.join(remember, budget)
  }

  private async join(remember: Live, budget: Budget): Promise<Restored | undefined> {
    const token = remember.record.restores
    const opened = token ? await this.sessions.open(token, budget) : undefined
    if (!opened || !('live' in opened)) return undefined
    return { session: { ...opened.live, handOut: opened.live.handOut ?? token }, remember }
  }

  private async endRestored({ restores }: SessionRecord, budget: Budget): Promise<void> {
    const id = restores?.split('.')[0]
    if (id) await this.sessions.end({ id }, budget)
  }
}

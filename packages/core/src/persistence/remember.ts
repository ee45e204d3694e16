import { isSessionError, SessionEndedError, type SessionErrorCode } from '../errors'
import { EventLog, type SessionEvent } from '../events'
import type { Bound, SessionRecord } from '../record/record'
import { formatToken, newId, parseToken, wrapSecret } from '../record/token'
import { Context } from './context'
import type { Deadline } from './deadline'
import type { Ending } from './end-session'
import type { LoadedSession, Persistence } from './persistence'

/** The only remember-me events passed on to `onEvent`. */
const REPORTED = new Set<SessionEvent['type']>(['reused', 'rejected', 'store-slow', 'store-failed'])

/** A session that remember-me has begun, and the remember-me with its new token. */
export interface Restored {
  session: LoadedSession
  remember: LoadedSession
}

/** The context of a manager's remember-me; undefined if it has none. */
export function rememberContext({ options, events }: Context): Context | undefined {
  if (!options.remember) return undefined
  const reported = new EventLog((event) => REPORTED.has(event.type) && events.emit(event))
  const own = { ...options, ...options.remember, maxPerSubject: undefined, onReuse: 'destroy' } as const
  return new Context(own, 'remember', reported)
}

/**
 * Remember-me is a session of another kind: a token and clocks of its own, no data, and a link to the session it belongs
 * to. So renewal, its grace, and the detection of reused tokens are the same as for sessions.
 */
export class Remember {
  constructor(
    private readonly context: Context,
    private readonly sessions: Persistence,
    /** Where the remember-me themselves are kept. */
    private readonly own: Persistence,
  ) {}

  newId(): string {
    return newId(this.context.options.random)
  }

  /**
   * Begins the remember-me that a session names since its login.
   * @throws SessionEndedError if the session has ended before that was stored, and so could not end with it.
   */
  async begin({ record, newToken }: LoadedSession, deadline: Deadline): Promise<LoadedSession> {
    const { id, rememberedBy, audiences } = record
    const { subject, label } = audiences.get(this.context.options.audience)!
    const change = { kind: 'remember', subject: subject!, label, bound: undefined, restores: id } as const
    const remember = await this.own.create(rememberedBy!, change, deadline)
    if (!('session' in (await this.sessions.open(newToken!, deadline)))) throw new SessionEndedError()
    return remember
  }

  /**
   * What must end with a session: the remember-me that it names, and another session that was restored with that. Only
   * another client with a copy of the remember-me can have done so, and its session must not outlive the user's logout.
   */
  async endingOf({ id, rememberedBy }: SessionRecord, deadline: Deadline): Promise<Ending> {
    const remember = rememberedBy && (await this.own.find?.(rememberedBy, deadline))
    const restored = remember ? restoredBy(remember) : undefined
    return { rememberedBy, restored: restored === id ? undefined : restored }
  }

  /** Begins a new session for the remembered subject; undefined if the value remembers none. */
  async restore(value: string, bound: Bound | undefined, deadline: Deadline): Promise<Restored | undefined> {
    const opened = await this.own.open(value, deadline)
    if (!('session' in opened)) {
      // A used token was replayed, so it may be stolen: end the session it restored as well.
      if (opened.outcome === 'reused' && opened.record) {
        await this.sessions.end({ id: restoredBy(opened.record) }, deadline)
      }
      return undefined
    }
    if (opened.session.stale) return this.join(opened.session, deadline)

    const { id, audiences } = opened.session.record
    const { subject, label } = audiences.get(this.context.options.audience) ?? {}
    if (subject === undefined) return undefined
    const session = await this.sessions
      .create(this.newId(), { kind: 'restore', subject, label, bound, rememberedBy: id }, deadline)
      // No user has asked to log in, so the request is not failed at the session limit: it goes on without a session.
      .catch(undefinedFor('ERR_SESSION_LIMIT'))
    if (!session) return undefined
    const remember = await this.assign(opened.session, session, deadline)
    if (!remember || remember.stale) {
      // It has ended, or a parallel request of the same browser was faster: then both use the session of that request.
      await this.discard(session.record, deadline)
      return remember && this.join(remember, deadline)
    }
    this.context.events.emit({ type: 'restored', id: session.record.id })
    return { session, remember }
  }

  /** Renews a remember-me, which belongs to `session` from now on; undefined if it has ended. */
  private async assign(remember: LoadedSession, { record, stored }: LoadedSession, deadline: Deadline) {
    const change = { kind: 'restored', id: record.id, secret: stored?.presented.secret } as const
    try {
      return await this.own.write(remember, change, deadline).catch(undefinedFor('ERR_SESSION_ENDED'))
    } catch (error) {
      await this.discard(record, deadline).catch(() => {})
      throw error
    }
  }

  /** Ends a session whose token was never sent. The remember-me that it names belongs to another session. */
  private discard({ id, audiences }: SessionRecord, deadline: Deadline): Promise<void> {
    return this.sessions.end({ id, audiences }, deadline)
  }

  /** Opens the session that a faster request has restored with the same remember-me. */
  private async join(remember: LoadedSession, deadline: Deadline): Promise<Restored | undefined> {
    const restored = parseToken(remember.record.restores ?? '')
    const current = parseToken(remember.newToken ?? '')
    if (!restored || !current) return undefined
    const token = formatToken({
      id: restored.id,
      secret: await wrapSecret(restored.secret, current.secret, 'restored'),
    })
    const opened = await this.sessions.open(token, deadline)
    if (!('session' in opened)) return undefined
    return { session: { ...opened.session, newToken: opened.session.newToken ?? token }, remember }
  }
}

/** The id of the session that a remember-me belongs to. */
const restoredBy = ({ restores }: SessionRecord) => restores?.split('.')[0]

/** Turns one error into undefined, and rethrows all others. */
const undefinedFor = (code: SessionErrorCode) => (error: unknown) => {
  if (!isSessionError(error, code)) throw error
  return undefined
}

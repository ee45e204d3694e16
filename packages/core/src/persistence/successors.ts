import { isSessionError } from '../errors'
import { applyChange, type Change, type ImportChange } from '../record/changes'
import { type Bound, entryOf, newRecord, type SessionRecord } from '../record/record'
import { verdict } from '../record/timeouts'
import { formatToken, newId } from '../record/token'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { ClaimableSessions, Claimed, LoadedSession, Successors } from './persistence'
import { hasSubject, isRevoked, type Revocations } from './revocations'

/** Store mode: a successor is the first token of the session that follows. */
export class StoredSuccessors implements Successors {
  constructor(
    private readonly context: Context,
    private readonly sessions: ClaimableSessions,
  ) {}

  async issue(): Promise<string> {
    return formatToken(await this.sessions.tokens.issue(newId(this.context.options.random), 1))
  }

  async begin(successor: string, _: unknown, change: Change, deadline: Deadline): Promise<LoadedSession | undefined> {
    const token = await this.tokenOf(successor)
    const { context, sessions } = this
    const begun = token && (await sessions.claim(token, context.now(), change, deadline).catch(ifRefused))
    if (begun) context.report({ type: 'imported', id: begun.record.id }, begun.record)
    return begun
  }

  async resume(successor: string, deadline: Deadline): Promise<LoadedSession | 'absent' | undefined> {
    const token = await this.tokenOf(successor)
    const session = token && (await this.sessions.resume(token, deadline))
    if (session === undefined || session === 'absent') return session
    return { ...session, newToken: session.newToken ?? successor }
  }

  private async tokenOf(successor: string) {
    const token = await this.sessions.tokens.verify(successor)
    return typeof token === 'string' ? undefined : { ...token, presented: false }
  }
}

/** No login was asked for, so a limit is no error here. */
function ifRefused(error: unknown): undefined {
  if (!isSessionError(error, 'ERR_SESSION_LIMIT')) throw error
}

/**
 * Cookie mode: a successor is the id of the session that follows, and the client that it is bound to. Each request that brings the
 * old cookie makes the session of it, as it was when it was claimed, so its clocks and `revocations` say whether it is over.
 */
export class SealedSuccessors implements Successors {
  // A member, so that none is inherited from Object.prototype.
  readonly resume = undefined

  constructor(
    private readonly context: Context,
    private readonly revocations: Revocations,
    private readonly seal: (record: SessionRecord, change: Change) => Promise<LoadedSession>,
  ) {}

  async issue(bound: Bound | undefined): Promise<string> {
    return JSON.stringify([newId(this.context.options.random), bound])
  }

  async begin(
    successor: string,
    { since, isNew }: Claimed,
    requested: ImportChange,
    deadline: Deadline,
  ): Promise<LoadedSession | undefined> {
    const { context, revocations } = this
    const { options } = context
    // The client of the claim: this request may be another's, with a copy of the old cookie.
    const [id, bound] = JSON.parse(successor) as [string, Bound | null]
    const change: ImportChange = { ...requested, bound: requested.bound && (bound ?? requested.bound) }
    const record = newRecord(id, since)
    await applyChange(record, change, options, since)
    if (verdict(record, options.timeouts, context.now()) !== 'alive') return undefined
    if (isRevoked(record, await revocations.of(record, deadline))) return undefined
    const isConfirmed = !isNew && (await revocations.isConfirmed(id, deadline))
    entryOf(record, options.audience).unconfirmed = hasSubject(record) && !isConfirmed
    const session = await this.seal(record, change)
    if (isNew) {
      context.report({ type: 'created', id }, record)
      context.report({ type: 'imported', id }, record)
    }
    return session
  }
}

/** Whether the cookie of a session that was imported has come back for the first time. */
export const isFirstUse = ({ record, newToken }: LoadedSession, audience: string): boolean =>
  newToken === undefined && record.endsAt !== undefined && record.audiences.get(audience)?.unconfirmed === true

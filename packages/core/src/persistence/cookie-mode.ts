import { SessionEndedError } from '../errors'
import { cutIntoChunks } from '../http/request-cookie'
import { applyChange, type Change, checkSize, tokenChange } from '../record/changes'
import { copyRecord, decodeRecord, encodeRecord, entryOf, newRecord, type SessionRecord } from '../record/record'
import { touchDue, verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { Context } from './context'
import type { Deadline } from './deadline'
import {
  type Ending,
  type Inspected,
  type LoadedSession,
  type Opened,
  type Persistence,
  unsupported,
} from './persistence'
import { dropLeft, hasSubject, isRevoked, keepExemptions, Revocations } from './revocations'
import { SealedRemember } from './sealed-remember'
import { isFirstUse, SealedSuccessors } from './successors'

/**
 * Sessions in the cookie itself: the whole record, sealed. The last response wins, and a copy of a cookie stays valid until
 * its clocks end, unless a `revocations` store remembers which ones have ended.
 */
export class CookieMode implements Persistence {
  readonly series: SealedRemember | undefined
  readonly successors: SealedSuccessors | undefined
  // What only a store can do. Members, so that none is inherited from Object.prototype.
  readonly touch = undefined
  readonly find = undefined
  readonly list = undefined
  private readonly revocations: Revocations
  private readonly purpose: string

  constructor(private readonly context: Context) {
    const { cookie, remember, revocations } = context.options
    this.revocations = new Revocations(context, revocations)
    this.purpose = `${cookie.name} session`
    const seal = (record: SessionRecord, change: Change) => this.seal(record, change)
    this.successors = revocations && new SealedSuccessors(context, this.revocations, seal)
    this.series = remember && new SealedRemember(context, this, this.revocations, remember)
  }

  async open(value: string, deadline: Deadline): Promise<Opened> {
    const { codec, events } = this.context
    let text: string
    let record: SessionRecord
    try {
      text = await codec.unseal(value, this.purpose)
      record = decodeRecord(text)
    } catch {
      events.emit({ type: 'rejected', id: undefined, reason: 'token' })
      return { outcome: 'rejected' }
    }
    const expired = this.context.reportExpiry(record, this.context.now())
    if (expired) return expired
    const findings = await this.revocations.of(record, deadline)
    const session = { record, text, newToken: undefined, touchedAt: record.touchedAt, stale: false, stored: undefined }
    if (isRevoked(record, findings)) {
      this.context.report({ type: 'revoked', id: record.id, reason: 'presented' }, record)
      const underway = this.revocations.isUnderway(record, findings)
      return underway ? { outcome: 'revoked', underway, replaced: session } : { outcome: 'revoked' }
    }
    dropLeft(record, findings.left)
    return { outcome: 'resumed', session }
  }

  async reload(session: LoadedSession, _detached: boolean, deadline: Deadline): Promise<LoadedSession> {
    const record = decodeRecord(session.text)
    this.assertNotExpired(record, this.context.now())
    await this.assertNotRevoked(record, deadline)
    return { ...session, record }
  }

  async inspect(value: string): Promise<Inspected | undefined> {
    try {
      return { record: decodeRecord(await this.context.codec.unseal(value, this.purpose)), token: undefined }
    } catch {
      return undefined
    }
  }

  async create(id: string, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const now = this.context.now()
    const record = newRecord(id, now)
    await applyChange(record, change, this.context.options, now)
    if (change.kind === 'login') await this.revocations.exempt(record, deadline)
    const session = await this.seal(record, change)
    this.context.report({ type: 'created', id }, record)
    return session
  }

  async write(session: LoadedSession, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const record = copyRecord(session.record)
    const now = this.context.now()
    const { options } = this.context
    this.assertNotExpired(record, now)
    if (change.kind === 'leave' && change.anyToken) {
      // The sealed cookie stays as it is, so an entry remembers that this application has left it.
      await this.revocations.leave(record, deadline)
      return session
    }
    const findings = await this.assertNotRevoked(record, deadline)
    if (isFirstUse(session, options.audience)) {
      await this.revocations.confirm(record, deadline)
      entryOf(record, options.audience).unconfirmed = false
    }
    const token = tokenChange(change, record, options, now, { stale: false, outdated: false })
    const isTouch = change.kind === 'touch' || (change.kind === 'commit' && touchDue(record, options.timeouts, now))
    if (token === 'replace') {
      keepExemptions(record, findings)
      record.id = newId(options.random)
    }
    await applyChange(record, change, options, now, token)
    // Sealed before the old cookie ends: a session whose new cookie would not fit stays as it is.
    let next = await this.seal(record, change, session.text)
    if (token === 'replace' && (await this.replace(decodeRecord(session.text), record, change, deadline))) {
      next = await this.seal(record, change, session.text)
    }
    if (token) this.context.report({ type: token === 'renew' ? 'renewed' : 'regenerated', id: record.id }, record)
    else if (isTouch) this.context.report({ type: 'touched', id: record.id }, record)
    return next
  }

  /** Also drops from `record` the applications that have left it. @throws SessionEndedError */
  private async assertNotRevoked(record: SessionRecord, deadline: Deadline) {
    const findings = await this.revocations.of(record, deadline)
    if (isRevoked(record, findings)) throw new SessionEndedError()
    dropLeft(record, findings.left)
    return findings
  }

  /** @throws SessionEndedError */
  private assertNotExpired(record: SessionRecord, now: number): void {
    if (verdict(record, this.context.options.timeouts, now) !== 'alive') throw new SessionEndedError()
  }

  /** Ends the old cookie. True if `next` has changed, so that it must be sealed again. */
  private async replace(
    before: SessionRecord,
    next: SessionRecord,
    change: Change,
    deadline: Deadline,
  ): Promise<boolean> {
    const { revocations } = this
    const { audience } = this.context.options
    const isLogin = change.kind === 'login'
    if (isLogin || hasSubject(before)) await revocations.replace(before, next, deadline)
    const own = isLogin || change.kind === 'restore' ? audience : undefined
    const hasLost = await revocations.dropLate(before, next, own, deadline)
    // After `replace`, which may have ended all sessions of the subject: a store that is full does that.
    return (isLogin && (await revocations.exempt(next, deadline))) || hasLost
  }

  async end(ending: Ending, deadline: Deadline): Promise<true> {
    await this.revocations.end(ending, deadline)
    this.context.report({ type: 'destroyed', id: ending.id }, ending)
    return true
  }

  async revoke(id: string, subject: string | undefined, deadline: Deadline): Promise<undefined> {
    this.revocations.assertThere()
    if (subject !== undefined) throw unsupported('tell whose session an id is', 'a store: only the cookie says it')
    await this.revocations.endId(id, deadline)
    this.context.events.emit({ type: 'revoked', id, reason: 'revoke' })
  }

  async revokeAll(subject: string, except: string | undefined): Promise<undefined> {
    this.revocations.assertThere()
    await this.revocations.endSubject(subject, except, this.context.deadline())
    this.context.events.emit({ type: 'revoked', id: undefined, reason: 'revoke-all' }, subject)
  }

  /** @throws SessionUsageError if it does not fit into its cookies. */
  private async seal(record: SessionRecord, change: Change, before = ''): Promise<LoadedSession> {
    const { codec, options } = this.context
    const text = encodeRecord(record)
    checkSize(text, change, options.maxBytes, () => before)
    const newToken = await codec.seal(text, this.purpose)
    cutIntoChunks(options.cookie, newToken)
    return { record, text, newToken, touchedAt: record.touchedAt, stale: false, stored: undefined }
  }
}

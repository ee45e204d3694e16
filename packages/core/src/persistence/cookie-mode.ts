import { own } from '../check'
import type { ResolvedOptions } from '../config/options'
import { SessionEndedError } from '../errors'
import { cutIntoChunks } from '../http/request-cookie'
import { applyChange, type Change, checkSize, tokenChange } from '../record/changes'
import {
  type AudienceEntry,
  decodeRecord,
  encodeRecord,
  entryOf,
  newRecord,
  type SessionRecord,
  seriesOf,
} from '../record/record'
import type { Series } from '../record/series'
import { FOREVER, MAX_AHEAD, touchDue, verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { Revocation, RevocationStore } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import { type Ending, type LoadedSession, type Opened, type Persistence, unsupported } from './persistence'
import { SealedRemember } from './sealed-remember'

/**
 * Sessions in the cookie itself: the whole record, sealed. The last response wins, and a copy of a cookie stays valid until
 * its clocks end, unless a `revocations` store remembers which ones have ended.
 */
export class CookieMode implements Persistence {
  readonly series: SealedRemember | undefined
  // What only a store can do. Members, so that none is inherited from Object.prototype.
  readonly touch = undefined
  readonly find = undefined
  readonly list = undefined
  private readonly revocations: RevocationStore | undefined
  private readonly purpose: string

  constructor(private readonly context: Context) {
    const { cookie, remember, revocations } = context.options
    this.revocations = revocations
    this.purpose = `${cookie.name} session`
    this.series = remember && new SealedRemember(context, this, remember)
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
    const { id, touchedAt } = record
    const expired = this.context.reportExpiry(record, this.context.now())
    if (expired) return expired
    const revocations = await this.revocationsOf(record, deadline)
    if (isRevoked(record, revocations)) {
      events.emit({ type: 'revoked', id })
      return { outcome: 'revoked' }
    }
    dropLeft(record, revocations)
    return {
      outcome: 'resumed',
      session: { record, text, newToken: undefined, touchedAt, stale: false, stored: undefined },
    }
  }

  async create(id: string, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const now = this.context.now()
    const record = newRecord(id, now)
    await applyChange(record, change, this.context.options, now)
    const session = await this.seal(record, change, deadline)
    this.context.events.emit({ type: 'created', id })
    return session
  }

  async write(session: LoadedSession, change: Change, deadline: Deadline): Promise<LoadedSession> {
    const record = decodeRecord(session.text)
    const now = this.context.now()
    const { events, options } = this.context
    if (verdict(record, options.timeouts, now) !== 'alive') throw new SessionEndedError()
    const revocations = await this.revocationsOf(record, deadline)
    if (isRevoked(record, revocations)) throw new SessionEndedError()
    dropLeft(record, revocations)
    if (change.kind === 'leave' && change.anyToken) {
      // The sealed cookie stays as it is, so an entry remembers that this application has left it.
      if (hasSubject(record)) await this.addRevocation(leftEntry(record.id, options.audience), record.id, deadline)
      return session
    }

    const token = tokenChange(change, record, options, now, { stale: false, outdated: false })
    const isTouch = change.kind === 'touch' || (change.kind === 'commit' && touchDue(record, options.timeouts, now))
    const replaces = token === 'replace' && hasSubject(record)
    if (token === 'replace') {
      keepExemptions(record, revocations)
      record.id = newId(options.random)
    }
    await applyChange(record, change, options, now, token)
    const next = await this.seal(record, change, deadline, session.text)
    // Only once the new cookie is known to fit: a session that cannot be replaced stays as it is.
    if (replaces) await this.addRevocation(replacedEntry(session.record.id), session.record.id, deadline)
    if (token) events.emit({ type: token === 'renew' ? 'renewed' : 'regenerated', id: record.id })
    else if (isTouch) events.emit({ type: 'touched', id: record.id })
    return next
  }

  async end(ending: Ending, deadline: Deadline): Promise<void> {
    for (const series of seriesOf(ending)) await this.revokeId(series, deadline)
    if (hasSubject(ending)) await this.revokeId(ending.id, deadline)
    this.context.events.emit({ type: 'destroyed', id: ending.id })
  }

  async revoke(id: string, deadline: Deadline): Promise<undefined> {
    this.assertRevocable()
    await this.revokeId(id, deadline)
    this.context.events.emit({ type: 'revoked', id })
  }

  async revokeAll(subject: string, except: string | undefined): Promise<undefined> {
    const { audience, remember } = this.context.options
    this.assertRevocable()
    const deadline = this.context.deadline()
    // Revoke remember-me before sessions, so that none can be restored in between.
    const keyOf = async (kind: 'remember' | 'session') =>
      subjectEntry(await this.context.subjectKey(audience, subject, kind))
    if (remember) await this.addRevocation(await keyOf('remember'), undefined, deadline)
    await this.addRevocation(await keyOf('session'), undefined, deadline, except)
  }

  private assertRevocable(): void {
    if (!this.revocations) throw unsupported('end a session without its cookie', 'the option revocations')
  }

  private async seal(
    record: SessionRecord,
    change: Change,
    deadline: Deadline,
    before?: string,
  ): Promise<LoadedSession> {
    const { codec, options } = this.context
    if (change.kind === 'login' || change.kind === 'restore') await this.loginAfterRevocation(record, deadline)
    checkSize(record, change, options.maxBytes, before)
    const text = encodeRecord(record)
    const newToken = await codec.seal(text, this.purpose)
    cutIntoChunks(options.cookie, newToken)
    return { record, text, newToken, touchedAt: record.touchedAt, stale: false, stored: undefined }
  }

  /** Lets a subject log in again in the same millisecond in which all its sessions were revoked. */
  private async loginAfterRevocation(record: SessionRecord, deadline: Deadline): Promise<void> {
    if (!this.revocations) return
    const { audience } = this.context.options
    const entry = entryOf(record, audience)
    const key = subjectEntry(await this.context.subjectKey(audience, entry.subject!))
    const [revocation] = await this.read([key], record.id, deadline)
    if (!revocation) return
    // A restored session has no login instant, so it begins later instead.
    if (entry.authenticatedAt === undefined) record.startedAt = Math.max(record.startedAt, revocation.notBefore + 1)
    else entry.authenticatedAt = Math.max(entry.authenticatedAt, revocation.notBefore + 1)
  }

  private async revocationsOf(record: SessionRecord, deadline: Deadline): Promise<Revocations> {
    if (!this.revocations) return NO_REVOCATIONS
    const entries = [...record.audiences].filter(([, { subject }]) => subject !== undefined)
    const keys = (await this.context.subjectKeys(record)).map(subjectEntry)
    const audiences = [...record.audiences.keys()]
    const ids = [idEntry(record.id), replacedEntry(record.id), ...audiences.map((name) => leftEntry(record.id, name))]
    const found = await this.read([...ids, ...keys], record.id, deadline)
    const [ended, replaced] = found
    const subjects = found.slice(ids.length)
    const left = audiences.filter((_, i) => found[i + 2])
    return {
      id: ended ?? replaced ?? null,
      left,
      subjects: entries.flatMap(([audience, entry], i) =>
        subjects[i] && !left.includes(audience) ? [{ entry, revocation: subjects[i] }] : [],
      ),
    }
  }

  private read(keys: string[], id: string, deadline: Deadline): Promise<(Revocation | null)[]> {
    return deadline.call('read revocations', id, async () => {
      const found = await this.revocations!.read(keys)
      // Fail if the store returned too few entries: a missing entry would be read as "not revoked".
      if (found.length !== keys.length) throw new Error(`${found.length} revocation entries for ${keys.length} keys`)
      // Own members only: a store leaves out what an entry does not have.
      return found.map((entry) => entry && own(entry))
    })
  }

  /** Whether a sealed series has ended: by itself, with its session, or with all sessions of its subject. */
  async isSeriesRevoked({ id, audience, subject, session, createdAt }: Series, deadline: Deadline): Promise<boolean> {
    if (!this.revocations) return false
    const key = subjectEntry(await this.context.subjectKey(audience, subject, 'remember'))
    const [own, ofSession, ofSubject] = await this.read([idEntry(id), idEntry(session.id), key], id, deadline)
    return !!own || !!ofSession || (!!ofSubject && createdAt <= ofSubject.notBefore)
  }

  /** Revokes a session or a series by its id. */
  async revokeId(id: string, deadline: Deadline): Promise<void> {
    await this.addRevocation(idEntry(id), id, deadline)
  }

  private async addRevocation(key: string, id: string | undefined, deadline: Deadline, except?: string): Promise<void> {
    if (!this.revocations) return
    // The instant of this entry: what has begun while an earlier entry was being stored ends as well.
    const now = this.context.now()
    const revocation = { notBefore: now, expiresAt: revocationExpiry(this.context.options, now) }
    const entry = except === undefined ? revocation : { ...revocation, except }
    await deadline.call('revoke', id, () => this.revocations!.revoke(key, entry))
  }
}

/** The revocation entries that concern a record: by its id, and by the subjects of its entries. */
interface Revocations {
  readonly id: Revocation | null
  /** The audiences that have left the session, and whose entries its cookie still holds. */
  readonly left: readonly string[]
  readonly subjects: readonly { readonly entry: AudienceEntry; readonly revocation: Revocation }[]
}

const NO_REVOCATIONS: Revocations = { id: null, left: [], subjects: [] }

/**
 * Whether anyone is logged in. A session without a subject leaves no revocation entries: anybody can begin such sessions, and
 * could fill the store, so that no other user could log out.
 */
const hasSubject = ({ audiences }: Ending) => [...audiences.values()].some(({ subject }) => subject !== undefined)

/** A revocation of the subject ends this entry if it was made at this instant or later. */
const since = (record: SessionRecord, entry: AudienceEntry) =>
  Math.max(entry.authenticatedAt ?? record.startedAt, (entry.exemptUntil ?? -1) + 1)

function isRevoked(record: SessionRecord, { id, left, subjects }: Revocations): boolean {
  if (id || (left.length > 0 && left.length === record.audiences.size)) return true
  return subjects.some(({ entry, revocation }) => {
    const exempt = revocation.except === record.id
    const from = since(record, entry)
    return from <= revocation.notBefore && !(exempt && from > (revocation.exceptSince ?? 0))
  })
}

function dropLeft(record: SessionRecord, { left }: Revocations): void {
  for (const audience of left) record.audiences.delete(audience)
}

/** Exemptions name an id. Before the id changes, remember up to when the session was exempt. */
function keepExemptions(record: SessionRecord, { subjects }: Revocations): void {
  for (const { entry, revocation } of subjects) {
    if (since(record, entry) <= revocation.notBefore) entry.exemptUntil = revocation.notBefore
  }
}

/** The key of a session's revocation entry. */
const idEntry = (id: string) => `id:${id}`
/** The key for an id that a session had before it got a new cookie. The session itself, and its series, live on. */
const replacedEntry = (id: string) => `replaced:${id}`
/** The key for an application that has left a session whose cookie could not be replaced. */
const leftEntry = (id: string, audience: string) => `left:${id} ${audience}`
/** The key of a subject's revocation entry. */
const subjectEntry = (subjectKey: string) => `subject:${subjectKey}`

/** When a revocation made now outlives every cookie that it ends; never, if no clock ends them. */
function revocationExpiry({ timeouts, remember }: ResolvedOptions, now: number): number {
  const { idle, rolling, absolute } = timeouts
  const longest = absolute || Math.max(rolling || idle || Number.POSITIVE_INFINITY, FOREVER)
  // The clock of the machine that made a cookie may have been ahead.
  return Math.min(now + MAX_AHEAD + Math.max(longest, remember?.timeouts.absolute ?? 0), Number.MAX_SAFE_INTEGER)
}

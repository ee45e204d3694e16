import { own } from '../check'
import type { ResolvedOptions } from '../config/options'
import { SessionEndedError } from '../errors'
import { type AudienceEntry, entryOf, type SeriesName, type SessionRecord, seriesNameOf } from '../record/record'
import { quietWindow } from '../record/secrets'
import { type Series, seriesSince } from '../record/series'
import { FOREVER, MAX_AHEAD } from '../record/timeouts'
import type { Revocation, RevocationEntry, RevocationStore } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import { type Ending, unsupported } from './persistence'

/** The revocation entries that concern a record: by its id, and by the subjects of its entries. */
export interface Findings {
  readonly id: Revocation | null
  /** The audiences that have left the session, and whose entries its cookie still holds. */
  readonly left: readonly string[]
  readonly subjects: readonly { readonly entry: AudienceEntry; readonly revocation: Revocation }[]
}

const NOTHING: Findings = { id: null, left: [], subjects: [] }

/**
 * The revocations of cookie mode (decision 25). A session's id has one entry, and what first wrote it decides by its nonce:
 * the id of the session that replaced this one, or its own id if it was ended. So of all requests that replace or end one
 * cookie at once, one succeeds. Without a store, nothing is revoked.
 */
export class Revocations {
  constructor(
    private readonly context: Context,
    private readonly store: RevocationStore | undefined,
  ) {}

  /** @throws SessionUsageError `ERR_SESSION_UNSUPPORTED` without a store. */
  assertThere(): void {
    if (!this.store) throw unsupported('end a session without its cookie', 'the option revocations')
  }

  async of(record: SessionRecord, deadline: Deadline): Promise<Findings> {
    if (!this.store) return NOTHING
    const entries = [...record.audiences].filter(([, { subject }]) => subject !== undefined)
    const keys = (await this.context.subjectKeys(record)).map(subjectKey)
    const audiences = [...record.audiences.keys()]
    const lefts = audiences.map((name) => leftKey(record.id, name))
    const [id = null, ...found] = await this.read([idKey(record.id), ...lefts, ...keys], record.id, deadline)
    const subjects = found.slice(lefts.length)
    const left = audiences.filter((_, i) => found[i])
    return {
      id,
      left,
      subjects: entries.flatMap(([audience, entry], i) =>
        subjects[i] && !left.includes(audience) ? [{ entry, revocation: subjects[i] }] : [],
      ),
    }
  }

  /** Whether a login or `regenerate` replaced this cookie moments ago, while the request was under way. */
  isUnderway({ id }: SessionRecord, findings: Findings): boolean {
    const successor = findings.id?.nonce ?? id
    return successor !== id && this.context.now() <= findings.id!.notBefore + quietWindow(this.context.options.timeouts)
  }

  /**
   * Notes that a session has replaced this one, under the new id.
   * @throws SessionEndedError if another request has ended or replaced it before.
   */
  async replace(before: Ending, next: SessionRecord, deadline: Deadline): Promise<void> {
    const now = this.context.now()
    const wasLoggedIn = hasSubject(before)
    // A cookie without a subject is refused for requests that are under way, and no longer: see `hasSubject`.
    const soon = now + MAX_AHEAD + quietWindow(this.context.options.timeouts)
    const subject = await this.subjectOf(wasLoggedIn ? before : next)
    const entry = { ...this.entry(subject), nonce: next.id }
    const first = await this.add(
      idKey(before.id),
      before.id,
      wasLoggedIn ? entry : { ...entry, expiresAt: soon },
      deadline,
    )
    if (this.store && first !== next.id) throw new SessionEndedError()
  }

  /** Ends a session, and each series that its entries name, before it. */
  async end(ending: Ending, deadline: Deadline): Promise<void> {
    for (const [audience, entry] of ending.audiences) {
      const series = seriesNameOf(entry)
      if (series) await this.endSeries(series, audience, deadline)
    }
    if (hasSubject(ending)) await this.endId(ending.id, deadline, await this.subjectOf(ending))
  }

  async endSeries({ id, subject }: SeriesName, audience: string, deadline: Deadline): Promise<void> {
    await this.endId(id, deadline, await this.entryInstead(audience, subject))
  }

  /** Ends a session or a series by its id, and what has replaced it: that may happen while this request is under way. */
  async endId(id: string, deadline: Deadline, subject?: RevocationEntry['subject']): Promise<void> {
    let ended: string | undefined = id
    while (ended !== undefined) {
      const entry: RevocationEntry = { ...this.entry(subject), nonce: ended }
      const first = await this.add(idKey(ended), ended, entry, deadline)
      ended = first === ended ? undefined : first
    }
  }

  /** Takes this application out of a session whose cookie stays as it is, and out of what has replaced it. */
  async leave(record: SessionRecord, deadline: Deadline): Promise<void> {
    if (!this.store || !hasSubject(record)) return
    const { audience } = this.context.options
    const entry = this.entry(await this.subjectOf(record))
    let id: string | undefined = record.id
    while (id !== undefined) {
      await this.add(leftKey(id, audience), id, entry, deadline)
      // Only now: what replaces the session later reads the entry. See `dropLate`.
      id = await this.successorOf(id, deadline)
    }
  }

  /**
   * After `replace`: takes out the applications that have left the old cookie in between, but for `login`, the one that the
   * new cookie logs in to. True if there were any.
   * @throws SessionEndedError if no application is left.
   */
  async dropLate(before: Ending, next: SessionRecord, login: string | undefined, deadline: Deadline): Promise<boolean> {
    if (!this.store || before.audiences.size < 2) return false
    const audiences = [...next.audiences.keys()].filter((name) => name !== login)
    const keys = audiences.map((name) => leftKey(before.id, name))
    const found = await this.read(keys, before.id, deadline)
    const left = audiences.filter((_, i) => found[i])
    dropLeft(next, left)
    if (left.length > 0 && next.audiences.size === 0) throw new SessionEndedError()
    return left.length > 0
  }

  /** Ends all sessions and series of a subject that have begun until now, on machines whose clock is ahead too. */
  async endSubject(subject: string, except: string | undefined, deadline: Deadline): Promise<void> {
    const { audience } = this.context.options
    const key = subjectKey(await this.context.subjectKey(audience, subject))
    const [before] = await this.read([key], undefined, deadline)
    // Later than the last entry: a login since then is exempt from that one.
    const notBefore = Math.max(this.context.now() + MAX_AHEAD, (before?.notBefore ?? 0) + 1)
    await this.add(key, undefined, { ...this.entry(undefined), notBefore, except }, deadline)
  }

  /** Exempts a login from the entry that its subject has already. True if there is one that would have ended it. */
  async exempt(record: SessionRecord, deadline: Deadline): Promise<boolean> {
    if (!this.store) return false
    const { audience } = this.context.options
    const entry = entryOf(record, audience)
    const key = subjectKey(await this.context.subjectKey(audience, entry.subject!))
    const [revocation] = await this.read([key], record.id, deadline)
    if (!revocation || since(record, entry) > revocation.notBefore) return false
    entry.exemptUntil = revocation.notBefore
    return true
  }

  /** Notes that the cookie of a session has come back, so no answer with it was lost. */
  async confirm({ id }: SessionRecord, deadline: Deadline): Promise<void> {
    await this.add(confirmedKey(id), id, this.entry(undefined), deadline)
  }

  async isConfirmed(id: string, deadline: Deadline): Promise<boolean> {
    const [found] = await this.read([confirmedKey(id)], id, deadline)
    return !!found
  }

  /** Whether a sealed series has ended: by itself, with its session, or with all sessions of its subject. */
  async isSeriesEnded(series: Series, deadline: Deadline): Promise<boolean> {
    if (!this.store) return false
    const { id, audience, subject, session } = series
    const key = subjectKey(await this.context.subjectKey(audience, subject))
    const [ofSeries, ofSession, ofSubject] = await this.read([idKey(id), idKey(session.id), key], id, deadline)
    if (ofSeries || (ofSubject && seriesSince(series) <= ofSubject.notBefore)) return true
    // Another application may have replaced the session's cookie since, and this one not have seen it.
    let [last, found] = [session.id, ofSession]
    while (found && found.nonce !== undefined && found.nonce !== last) {
      last = found.nonce
      found = (await this.read([idKey(last)], id, deadline))[0]
    }
    return !!found
  }

  private async successorOf(id: string, deadline: Deadline): Promise<string | undefined> {
    const [found] = await this.read([idKey(id)], id, deadline)
    return found?.nonce === id ? undefined : found?.nonce
  }

  private read(keys: string[], id: string | undefined, deadline: Deadline): Promise<(Revocation | null)[]> {
    return deadline.call('read revocations', id, async () => {
      const found = await this.store!.read(keys)
      // Fail if the store returned too few entries: a missing entry would be read as "not revoked".
      if (found.length !== keys.length) throw new Error(`${found.length} revocation entries for ${keys.length} keys`)
      // Own members only: a store leaves out what an entry does not have.
      return found.map((entry) => entry && own(entry))
    })
  }

  /** An entry of this instant, with all members: a missing one would be looked up in Object.prototype. */
  private entry(subject: RevocationEntry['subject']): RevocationEntry {
    const now = this.context.now()
    const expiresAt = revocationExpiry(this.context.options, now)
    return { notBefore: now, except: undefined, expiresAt, nonce: undefined, subject }
  }

  /** Writes an entry. Yields the first nonce of its key. */
  private async add(
    key: string,
    id: string | undefined,
    entry: RevocationEntry,
    deadline: Deadline,
  ): Promise<string | undefined> {
    const { store } = this
    if (!store) return entry.nonce
    return deadline.call('revoke', id, async () => {
      const first = await store.revoke(key, entry)
      if (entry.nonce !== undefined && typeof first !== 'string') throw new Error('revoke() yielded no nonce')
      return first
    })
  }

  /** The entry that can stand for those of a session: that of a subject in it, of this application's if there is one. */
  private subjectOf({ audiences }: Ending): Promise<RevocationEntry['subject']> {
    const { audience } = this.context.options
    const entries = [...audiences].filter(([, { subject }]) => subject !== undefined)
    const [name, entry] = entries.find(([name]) => name === audience) ?? entries[0] ?? [audience]
    return this.entryInstead(name, entry?.subject)
  }

  private async entryInstead(audience: string, subject: string | undefined): Promise<RevocationEntry['subject']> {
    if (!this.store || subject === undefined) return undefined
    const key = subjectKey(await this.context.subjectKey(audience, subject))
    return { key, notBefore: this.context.now() + MAX_AHEAD }
  }
}

/**
 * Whether anyone is logged in. A session without a subject leaves no lasting revocation entries: anybody can begin such
 * sessions, and could fill the store, so that no other user could log out.
 */
export const hasSubject = ({ audiences }: Ending) =>
  [...audiences.values()].some(({ subject }) => subject !== undefined)

/** A revocation of the subject ends this entry if it was made at this instant or later. */
const since = (record: SessionRecord, entry: AudienceEntry) =>
  Math.max(entry.authenticatedAt ?? record.startedAt, (entry.exemptUntil ?? -1) + 1)

export function isRevoked(record: SessionRecord, { id, left, subjects }: Findings): boolean {
  if (id || (left.length > 0 && left.length === record.audiences.size)) return true
  return subjects.some(({ entry, revocation }) => {
    const exempt = revocation.except === record.id
    const from = since(record, entry)
    return from <= revocation.notBefore && !(exempt && from > (revocation.exceptSince ?? 0))
  })
}

export function dropLeft(record: SessionRecord, left: readonly string[]): void {
  for (const audience of left) record.audiences.delete(audience)
}

/** Exemptions name an id. Before the id changes, remember up to when the session was exempt. */
export function keepExemptions(record: SessionRecord, { subjects }: Findings): void {
  for (const { entry, revocation } of subjects) {
    if (since(record, entry) <= revocation.notBefore) entry.exemptUntil = revocation.notBefore
  }
}

/** The key of a session's or a series' entry. */
const idKey = (id: string) => `id:${id}`
/** The key for an application that has left a session whose cookie could not be replaced. */
const leftKey = (id: string, audience: string) => `left:${id} ${audience}`
/** The key for a session whose cookie has come back. */
const confirmedKey = (id: string) => `confirmed:${id}`
/** The key of a subject's entry. */
const subjectKey = (hash: string) => `subject:${hash}`

/** When a revocation made now outlives every cookie that it ends; never, if no clock ends them. */
function revocationExpiry({ timeouts, remember }: ResolvedOptions, now: number): number {
  const { idle, rolling, absolute } = timeouts
  const longest = absolute || Math.max(rolling || idle || Number.POSITIVE_INFINITY, FOREVER)
  // The clock of the machine that made a cookie may have been ahead.
  return Math.min(now + MAX_AHEAD + Math.max(longest, remember?.timeouts.absolute ?? 0), Number.MAX_SAFE_INTEGER)
}

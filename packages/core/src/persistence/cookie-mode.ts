import type { ResolvedOptions } from '../config/options'
import { SessionEndedError } from '../errors'
import { cutIntoChunks } from '../http/request-cookie'
import { applyChange, type Change, changesNothing, tokenChange } from '../record/changes'
import { FOREVER } from '../record/clock'
import {
  type AudienceEntry,
  decodeRecord,
  encodeRecord,
  entryOf,
  newRecord,
  type SessionRecord,
} from '../record/record'
import { MAX_AHEAD, verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { Revocation, RevocationStore } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { Ending, LoadedSession, Opened, Persistence } from './persistence'

/**
 * Sessions in the cookie itself: the whole record, sealed. The last response wins, and a copy of a cookie lives until its
 * clocks end, unless `revocations` remember which ones are dead.
 */
export class CookieMode implements Persistence {
  constructor(
    private readonly core: Context,
    private readonly revocations: RevocationStore | undefined,
  ) {}

  async open(value: string, budget: Deadline): Promise<Opened> {
    const { codec, events, purpose } = this.core
    let text: string
    let record: SessionRecord
    try {
      text = await codec.unseal(value, purpose.cookie)
      record = decodeRecord(text)
    } catch {
      events.emit({ type: 'rejected', id: undefined, reason: 'token' })
      return { outcome: 'rejected' }
    }
    const { id } = record
    const over = this.core.reportOver(record, this.core.now())
    if (over) return over
    if (isRevoked(record, await this.marksOf(record, budget))) {
      events.emit({ type: 'revoked', id })
      return { outcome: 'revoked' }
    }
    return { outcome: 'resumed', live: { record, text, handOut: undefined, touchedAt: record.touchedAt, stale: false } }
  }

  async create(id: string, change: Change, budget: Deadline): Promise<LoadedSession> {
    const now = this.core.now()
    const live = await this.seal(newRecord(id, now), change, now, budget)
    this.core.events.emit({ type: 'created', id })
    return live
  }

  async write(live: LoadedSession, change: Change, budget: Deadline): Promise<LoadedSession> {
    const record = decodeRecord(live.text)
    const now = this.core.now()
    const { events, options } = this.core
    if (verdict(record, options.timeouts, now) !== 'alive') throw new SessionEndedError()
    const marks = await this.marksOf(record, budget)
    if (isRevoked(record, marks)) throw new SessionEndedError()

    const token = tokenChange(change, record, options.timeouts, now, false)
    if (changesNothing(change, token)) return live
    if (token) record.renewedAt = now
    if (token === 'replace') {
      noteSpared(record, marks)
      record.id = newId(options.random)
    }
    const next = await this.seal(record, change, now, budget)
    // Not before the new cookie is known to fit: a session that cannot be replaced stays as it is.
    if (token === 'replace') await this.bury(live.record.id, budget)
    if (token) events.emit({ type: token === 'renew' ? 'renewed' : 'regenerated', id: record.id })
    else if (change.kind === 'touch' || (change.kind === 'commit' && change.touch))
      events.emit({ type: 'touched', id: record.id })
    return next
  }

  async end({ id, rememberedBy }: Ending, budget: Deadline): Promise<void> {
    if (rememberedBy) await this.bury(rememberedBy, budget)
    await this.bury(id, budget)
    this.core.events.emit({ type: 'destroyed', id })
  }

  private async seal(record: SessionRecord, change: Change, now: number, budget: Deadline): Promise<LoadedSession> {
    const { codec, options, purpose } = this.core
    await applyChange(record, change, options, now)
    if (change.kind === 'login') await this.loginAfterRevocation(record, budget)
    record.touchedAt = now
    const text = encodeRecord(record)
    const handOut = await codec.seal(text, purpose.cookie)
    cutIntoChunks(options.cookie, handOut)
    return { record, text, handOut, touchedAt: now, stale: false }
  }

  /** A subject who was signed out everywhere in this very millisecond can log in again in it. */
  private async loginAfterRevocation(record: SessionRecord, budget: Deadline): Promise<void> {
    if (!this.revocations) return
    const slot = entryOf(record, this.core.options.audience)
    const key = subjectMark(await this.core.subjectKey(this.core.options.audience, slot.subject!))
    const [mark] = await this.read([key], record.id, budget)
    if (mark && slot.authenticatedAt !== undefined && mark.notBefore >= slot.authenticatedAt) {
      slot.authenticatedAt = mark.notBefore + 1
    }
  }

  private async marksOf(record: SessionRecord, budget: Deadline): Promise<Marks> {
    if (!this.revocations) return { id: null, slots: [] }
    const slots = [...record.slots.values()].filter(({ subject }) => subject !== undefined)
    const keys = (await this.core.subjectKeys(record)).map(subjectMark)
    const [id, ...marks] = await this.read([idMark(record.id), ...keys], record.id, budget)
    return { id: id ?? null, slots: slots.flatMap((slot, i) => (marks[i] ? [{ slot, mark: marks[i] }] : [])) }
  }

  private read(keys: string[], id: string, budget: Deadline): Promise<(Revocation | null)[]> {
    return budget.call('read revocations', id, async () => {
      const marks = await this.revocations!.read(keys)
      // A mark that is not there revokes nothing, so one that is missing must not look like that.
      if (marks.length !== keys.length) throw new Error(`${marks.length} marks for ${keys.length} keys`)
      return marks
    })
  }

  private async bury(id: string, budget: Deadline): Promise<void> {
    if (!this.revocations) return
    const now = this.core.now()
    const mark = { notBefore: now, expiresAt: markExpiry(this.core.options, now) }
    await budget.call('revoke', id, () => this.revocations!.revoke(idMark(id), mark))
  }
}

/** What is marked of a record: its id, and the subjects of its slots. */
interface Marks {
  readonly id: Revocation | null
  readonly slots: { readonly slot: AudienceEntry; readonly mark: Revocation }[]
}

/** When what a mark may end began. */
const began = (record: SessionRecord, slot: AudienceEntry) =>
  Math.max(slot.authenticatedAt ?? record.startedAt, (slot.sparedUntil ?? -1) + 1)

function isRevoked(record: SessionRecord, { id, slots }: Marks): boolean {
  if (id) return true
  return slots.some(({ slot, mark }) => {
    // A remember-me is spared with the session it belongs to.
    const spared = mark.except != null && [record.id, record.restores].includes(mark.except)
    const since = began(record, slot)
    return since <= mark.notBefore && !(spared && since > (mark.exceptSince ?? 0))
  })
}

/** A mark excepts an id. A session that is about to get another one must keep in mind what has spared it so far. */
function noteSpared(record: SessionRecord, { slots }: Marks): void {
  for (const { slot, mark } of slots) if (began(record, slot) <= mark.notBefore) slot.sparedUntil = mark.notBefore
}

/** What a tombstone of one session is kept under. */
export const idMark = (id: string) => `id:${id}`
/** What the not-before instant of a subject is kept under. */
export const subjectMark = (subjectKey: string) => `subject:${subjectKey}`

/** Until when a mark made now must be kept to outlive every cookie it ends; for good where no clock ends them. */
export function markExpiry({ timeouts, remember }: ResolvedOptions, now: number): number {
  const { idle, rolling, absolute } = timeouts
  const longest = absolute || Math.max(rolling || idle || Number.POSITIVE_INFINITY, FOREVER)
  // Another machine's clock may have been ahead when it made the cookie.
  return Math.min(now + MAX_AHEAD + Math.max(longest, remember?.timeouts.absolute ?? 0), Number.MAX_SAFE_INTEGER)
}

import { SessionUsageError } from '@sojourn/session-core'
import type { RowContent, SealedRow } from '@sojourn/session-core/rows'
import { own, subjectFrom } from '#check'
import { applyEdits, Baselines, editsBetween, textsOf } from './baseline'
import { ifEnded, LegacyImport } from './legacy/legacy-import'
import type { Settings } from './options'
import {
  type CookieJson,
  currentCookie,
  isSameCookie,
  type Lifetime,
  lifetimeOf,
  type SessionJson,
  touchedBy,
} from './session-cookie'

/** How long the id of an ended session is kept out, in milliseconds: a save may arrive as late as that. */
const KEEP_OUT = 3_600_000

type Data = Readonly<Record<string, unknown>>

/** What a write makes of the newest data. */
type Change = (newest: Data) => Data

/** What ended one session. */
type Ending = { type: 'destroyed'; id: string } | { type: 'revoked'; id: string; reason: 'revoke' }

/** Sessions of another library as rows: the methods of a store, with promises. */
export class SessionRows {
  readonly baselines = new Baselines()
  private readonly legacy: LegacyImport | undefined

  constructor(readonly settings: Settings) {
    if (settings.legacy)
      this.legacy = new LegacyImport(settings, settings.legacy, (session) => this.contentOf(toJson(session)))
  }

  async get(sid: string): Promise<SessionJson | null> {
    const { rows } = this.settings
    const id = await rows.idOf(sid)
    const found = await rows.find(id)
    const row = this.legacy ? await this.legacy.complete(sid, id, found) : found
    if (!row) return null
    const { data, cookie } = partsOf(row)
    const session = { ...data, cookie: { ...currentCookie(cookie, row) } }
    this.baselines.mark(session, { sid, row, cookie, texts: textsOf(data) })
    return session
  }

  async set(sid: string, session: object): Promise<void> {
    const { rows, now, ttl } = this.settings
    // Now: the request may change its session while earlier saves are under way.
    const json = toJson(session)
    const lifetime = lifetimeOf(json.cookie, now(), ttl)
    if (lifetime.lifetime <= 0) return this.destroy(sid)
    await rows.inTurn(sid, (id, newest) => this.save(sid, id, session, json, lifetime, newest))
  }

  /** The baseline is looked up here, where the saves before this one are done. */
  private async save(
    sid: string,
    id: string,
    session: object,
    json: SessionJson,
    lifetime: Lifetime,
    newest: SealedRow | undefined,
  ): Promise<SealedRow | undefined> {
    const { cookie, ...data } = json
    const texts = textsOf(data)
    const baseline = this.baselines.of(session, sid)
    const edits = baseline && editsBetween(baseline.texts, texts)
    const keepsCookie = baseline !== undefined && isSameCookie(baseline.cookie, cookie)
    if (edits?.size === 0 && keepsCookie && this.namesItsSubject(baseline!.row)) {
      await this.touchRow(baseline!.row, cookie, lifetime)
      return newest
    }
    // What was not read here replaces all, as in any store.
    const change: Change = edits ? (stored) => applyEdits(stored, edits) : () => data
    const content = this.contentOf(json)
    const row = await this.write(id, newest ?? baseline?.row, content, change, keepsCookie)
    const keys = [...(edits ?? texts).keys()]
    if (row) this.baselines.set(session, { sid, row, cookie, texts })
    else this.settings.rows.emit({ type: 'change-dropped', id, keys, reason: 'ended' }, content.subject)
    return row
  }

  async touch(sid: string, session: object): Promise<void> {
    const { rows, now, ttl } = this.settings
    const json = toJson(session)
    const { cookie } = json
    const lifetime = lifetimeOf(cookie, now(), ttl)
    if (lifetime.lifetime <= 0) return this.destroy(sid)
    const id = await rows.idOf(sid)
    const baseline = this.baselines.of(session, sid)
    const row = baseline?.row ?? (await rows.find(id))
    if (!row) return rows.emit({ type: 'touch-skipped', id }, this.subjectOf(json))
    const keepsCookie = isSameCookie(baseline?.cookie ?? partsOf(row).cookie, cookie)
    if (keepsCookie && this.namesItsSubject(row)) return this.touchRow(row, cookie, lifetime)
    // The application has changed the cookie, or the option `subject` is new. The data is not part of a touch.
    const content = this.contentOf(json)
    const changed = await rows.inTurn(sid, (_, newest) =>
      this.write(id, newest ?? row, content, (stored) => stored, keepsCookie),
    )
    if (!changed) rows.emit({ type: 'touch-skipped', id }, row.subject)
    else if (baseline) this.baselines.set(session, { ...baseline, row: changed, cookie })
  }

  async destroy(sid: string): Promise<void> {
    const { rows } = this.settings
    const id = await rows.idOf(sid)
    await this.end({ type: 'destroyed', id })
    await this.legacy?.end(sid, id)
  }

  revoke(id: string): Promise<boolean> {
    return this.end({ type: 'revoked', id, reason: 'revoke' })
  }

  async revokeAll(subject: string, options: { except?: string } | undefined): Promise<number> {
    // First the mark: an import that reads none has created its row before, and the row is deleted.
    await this.legacy?.refuse(subject)
    const { rows } = this.settings
    const ended = await rows.deleteAll(subject, options)
    rows.emit({ type: 'revoked', id: undefined, reason: 'revoke-all' }, subject)
    return ended
  }

  /** Deletes a row, and reports that where there was one. Only the row says whose it was. */
  private async end(event: Ending): Promise<boolean> {
    const { rows, subject } = this.settings
    const row = subject && (await rows.silent().find(event.id))
    const ended = await rows.delete(event.id, this.keepOut)
    if (ended) rows.emit(event, row?.subject)
    return ended
  }

  /** A process on the old store can write an ended session again, as long as it could have lived. */
  private get keepOut(): number {
    return this.legacy ? Math.max(KEEP_OUT, this.legacy.longest) : KEEP_OUT
  }

  /** Undefined where the session has ended: it is not created again. */
  private async write(
    id: string,
    seen: SealedRow | undefined,
    content: RowContent,
    change: Change,
    keepsCookie: boolean,
  ): Promise<SealedRow | undefined> {
    const { rows } = this.settings
    const created = seen ? undefined : await rows.create(id, content)
    const row = seen ?? created ?? (await rows.find(id))
    if (created || !row) return created
    const merged = (newest: SealedRow) => {
      const { data, cookie } = partsOf(newest)
      const asked = keepsCookie ? cookie : (content.data.cookie as CookieJson)
      const { lifetime } = keepsCookie ? newest : content
      return { ...this.contentOf({ ...change(data), cookie: asked }), lifetime, touchedAt: content.touchedAt }
    }
    return rows.change(row, merged).catch(ifEnded)
  }

  /** Whether a row has the subject that its data names. One from before the option `subject` has none. */
  private namesItsSubject(row: SealedRow): boolean {
    const { data, cookie } = partsOf(row)
    return !this.settings.subject || this.subjectOf({ ...data, cookie }) === row.subject
  }

  private async touchRow(row: SealedRow, cookie: CookieJson, lifetime: Lifetime): Promise<void> {
    const { rows } = this.settings
    if (!(await rows.touch(row, touchedBy(cookie, lifetime, row))))
      rows.emit({ type: 'touch-skipped', id: row.id }, row.subject)
  }

  private contentOf(session: SessionJson): RowContent {
    const { now, ttl } = this.settings
    const { cookie, ...data } = session
    return { data: { session: data, cookie }, subject: this.subjectOf(session), ...lifetimeOf(cookie, now(), ttl) }
  }

  private subjectOf(session: SessionJson): string | undefined {
    const { subject } = this.settings
    // A copy: what the function changes is not stored. Without a prototype: a subject is never read from `Object.prototype`.
    return subject && subjectFrom(subject(own(JSON.parse(JSON.stringify(session)))))
  }
}

function partsOf({ data }: SealedRow): { data: Record<string, unknown>; cookie: CookieJson } {
  return { data: data.session as Record<string, unknown>, cookie: data.cookie as CookieJson }
}

function toJson(session: object): SessionJson {
  let text: string
  try {
    text = JSON.stringify(session, (key, value) => (key === '__proto__' ? undefined : value))
  } catch (error) {
    const message = `The session cannot be stored as JSON: ${(error as Error).message}`
    throw new SessionUsageError('ERR_SESSION_NOT_SERIALIZABLE', message)
  }
  const { cookie, ...data } = JSON.parse(text)
  return { ...data, cookie: cookie ?? {} }
}

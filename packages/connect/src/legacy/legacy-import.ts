import { isSessionError } from '@sojourn/session-core'
import type { RowContent, SealedRow, SealedRows } from '@sojourn/session-core/rows'
import { own } from '#check'
import type { Settings } from '../options'
import type { CookieJson, SessionJson } from '../session-cookie'
import type { LegacyRows, LegacySession } from './legacy-rows'

/** How long the mark of a `revokeAll` is kept, in milliseconds. */
const MARK_LIFETIME = 400 * 86_400_000

/**
 * Makes sessions of the old store into ours, each once. The insert-only creation of our row decides: of parallel first requests
 * one creates it and the others find it, and an id that has ended here is never created again.
 */
export class LegacyImport {
  /** How long an ended session is kept out: as long as one without a maxAge lives, or the longest that was imported. */
  longest: number
  /** Who is refused. A mark is no session. */
  private readonly marks: SealedRows

  constructor(
    private readonly settings: Settings,
    private readonly legacy: LegacyRows,
    private readonly contentOf: (session: SessionJson) => RowContent,
  ) {
    this.longest = settings.ttl
    this.marks = settings.rows.silent()
  }

  /** The session of a row, imported first if there is no row, and ended in the old store if that is still to do. */
  async complete(sid: string, id: string, found: SealedRow | undefined): Promise<SealedRow | undefined> {
    const row = found ?? (await this.import(sid, id))
    if (row) this.longest = Math.max(this.longest, row.lifetime)
    if (!row?.data.imported) return row
    await this.end(sid, id)
    const { rows } = this.settings
    return rows.inTurn(sid, async (_, newest = row) => {
      // Another request of this process has removed the mark.
      if (!newest.data.imported) return newest
      return rows.change(newest, ({ data: { imported, ...data }, ...rest }) => ({ ...rest, data })).catch(ifEnded)
    })
  }

  /** Deletes the row in the old store. */
  end(sid: string, id: string): Promise<unknown> {
    return this.settings.rows.call('end a legacy session', id, () => this.legacy.end(sid))
  }

  /** From now on, no session of this subject is imported. */
  async refuse(subject: string): Promise<void> {
    await this.marks.create(await this.markOf(subject), { data: {}, lifetime: MARK_LIFETIME })
  }

  private async import(sid: string, id: string): Promise<SealedRow | undefined> {
    const { rows } = this.settings
    const old = await rows.call('read a legacy session', id, () => this.legacy.read(sid))
    // Another request may have imported it since.
    if (!old) return rows.find(id)
    const content = this.imported(old)
    const created = content && !(await this.isRefused(content)) ? await rows.create(id, content) : undefined
    const row = created ?? (await rows.find(id))
    // Again: a `revokeAll` may have come between the two.
    const isRefused = created && content && (await this.isRefused(content))
    if (isRefused) await rows.delete(id, this.longest)
    if (row && !isRefused) return row
    await this.end(sid, id)
    return undefined
  }

  private async isRefused({ subject }: RowContent): Promise<boolean> {
    return subject !== undefined && (await this.marks.find(await this.markOf(subject))) !== undefined
  }

  /** What the old row holds, as content of ours; undefined if it is over. */
  private imported(old: LegacySession): RowContent | undefined {
    const { session, expiresAt } = own(old)
    const { now } = this.settings
    const given = typeof session.cookie === 'object' && session.cookie !== null ? session.cookie : {}
    const cookie: CookieJson = { ...given }
    // Touches have moved the row's end, and not the cookie's.
    const isMoved = expiresAt !== undefined && typeof cookie.originalMaxAge === 'number'
    const content = this.contentOf({
      ...session,
      cookie: isMoved ? { ...cookie, expires: new Date(expiresAt).toISOString() } : cookie,
    })
    const { lifetime, touchedAt = now() } = content
    if (lifetime <= 0) return undefined
    // A session without a maxAge ends when the old store would have ended it.
    const moved = expiresAt === undefined ? touchedAt : Math.min(touchedAt, expiresAt - lifetime)
    return { ...content, data: { ...content.data, imported: true }, touchedAt: moved }
  }

  private markOf(subject: string): Promise<string> {
    return this.settings.rows.idOf(`revoked subject ${subject}`)
  }
}

/** Undefined for a session that has just ended. @throws every other error. */
export function ifEnded(error: unknown): undefined {
  if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
}

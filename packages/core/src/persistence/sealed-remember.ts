import type { ResolvedOptions } from '../config/options'
import { isSessionError } from '../errors'
import { type Change, NO_EDITS } from '../record/changes'
import type { SeriesName } from '../record/record'
import { decodeSeries, encodeSeries, type Series, seriesInstants, seriesSince } from '../record/series'
import { verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { LoadedSession, Persistence, RememberCookie, RememberMe, Restored, Restoring } from './persistence'
import type { Revocations } from './revocations'

/**
 * Remember-me in cookie mode: the series itself, sealed. Every use replaces the cookie, but a copy restores too: nothing
 * tells it from the original. With `revocations` it is dead once it, its session or its subject was ended.
 */
export class SealedRemember implements RememberMe {
  private readonly purpose: string

  constructor(
    private readonly context: Context,
    private readonly sessions: Pick<Persistence, 'create' | 'write'>,
    private readonly revocations: Revocations,
    private readonly options: NonNullable<ResolvedOptions['remember']>,
  ) {
    this.purpose = `${options.cookie.name} remember`
  }

  newId(): string {
    return newId(this.context.options.random)
  }

  begin({ record }: LoadedSession): Promise<RememberCookie> {
    const { audience } = this.context.options
    const { series, subject, label, exemptUntil } = record.audiences.get(audience)!
    const now = this.context.now()
    return this.seal({
      id: series!,
      audience,
      subject: subject!,
      label,
      createdAt: now,
      usedAt: now,
      secretHash: '',
      generation: 0,
      previous: [],
      session: { id: record.id, secret: '', claimedAt: now, before: [] },
      ended: false,
      exemptUntil,
      versions: [],
    })
  }

  async restore(value: string, request: Restoring, deadline: Deadline): Promise<Restored | undefined> {
    const series = await this.open(value)
    if (!series) {
      this.context.events.emit({ type: 'rejected', id: undefined, reason: 'token' })
      return undefined
    }
    // The cookie that a parallel response carries must not be replaced by that of a session of its own.
    if (request.underway || !(await this.isLive(series, deadline))) return undefined
    const session = await this.begun(series, request, deadline)
    if (!session) return undefined
    this.context.report({ type: 'restored', id: session.record.id }, session.record)
    return { session, cookie: await this.seal(following(series, session, this.context.now())) }
  }

  /** The session that a series begins. Undefined if another request has replaced the one to begin it in. */
  private async begun(
    series: Series,
    { session, bound }: Restoring,
    deadline: Deadline,
  ): Promise<LoadedSession | undefined> {
    const { id, subject, label } = series
    const { keep } = this.options
    const change: Change = {
      kind: 'restore',
      subject,
      label,
      bound,
      series: id,
      keep,
      token: undefined,
      since: seriesSince(series),
      edits: NO_EDITS,
      detached: false,
    }
    if (!session) return this.sessions.create(this.newId(), change, deadline)
    try {
      return await this.sessions.write(session, change, deadline)
    } catch (error) {
      if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
      return undefined
    }
  }

  async replaceToken(session: LoadedSession, value: string | undefined): Promise<RememberCookie | undefined> {
    const series = value === undefined ? undefined : await this.open(value)
    const { audience } = this.context.options
    if (!series || series.id !== session.record.audiences.get(audience)?.series) return undefined
    return this.seal(following(series, session, series.usedAt))
  }

  async identify(value: string, deadline: Deadline): Promise<SeriesName | undefined> {
    const series = await this.open(value)
    return series && (await this.isLive(series, deadline)) ? series : undefined
  }

  end(series: SeriesName, deadline: Deadline): Promise<void> {
    return this.revocations.endSeries(series, this.context.options.audience, deadline)
  }

  private async isLive(series: Series, deadline: Deadline): Promise<boolean> {
    const { context, options } = this
    if (series.audience !== context.options.audience) return false
    if (verdict(seriesInstants(series), options.timeouts, context.now()) !== 'alive') return false
    return !(await this.revocations.isSeriesEnded(series, deadline))
  }

  private async open(value: string): Promise<Series | undefined> {
    try {
      return decodeSeries(await this.context.codec.unseal(value, this.purpose))
    } catch {
      return undefined
    }
  }

  private async seal(series: Series): Promise<RememberCookie> {
    const value = await this.context.codec.seal(encodeSeries(series), this.purpose)
    return { value, instants: seriesInstants(series) }
  }
}

/** The series once it belongs to `session`. */
const following = (series: Series, { record }: LoadedSession, usedAt: number): Series => ({
  ...series,
  usedAt,
  session: { ...series.session, id: record.id },
})

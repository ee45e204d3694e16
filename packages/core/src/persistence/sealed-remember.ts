import type { ResolvedOptions } from '../config/options'
import { NO_EDITS } from '../record/changes'
import { decodeSeries, encodeSeries, type Series, seriesInstants } from '../record/series'
import { verdict } from '../record/timeouts'
import { newId } from '../record/token'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { LoadedSession, Persistence, RememberCookie, RememberMe, Restored, Restoring } from './persistence'

/** What a sealed series needs of the sessions that it begins. */
export interface SealedSessions extends Pick<Persistence, 'create' | 'write'> {
  isSeriesRevoked(series: Series, deadline: Deadline): Promise<boolean>
  revokeId(id: string, deadline: Deadline): Promise<void>
}

/**
 * Remember-me in cookie mode: the series itself, sealed. Every use replaces the cookie, but a copy restores too: nothing
 * tells it from the original. With `revocations` it is dead once it, its session or its subject was ended.
 */
export class SealedRemember implements RememberMe {
  private readonly purpose: string

  constructor(
    private readonly context: Context,
    private readonly sessions: SealedSessions,
    private readonly options: NonNullable<ResolvedOptions['remember']>,
  ) {
    this.purpose = `${options.cookie.name} remember`
  }

  newId(): string {
    return newId(this.context.options.random)
  }

  begin({ record }: LoadedSession): Promise<RememberCookie> {
    const { audience } = this.context.options
    const { series, subject, label } = record.audiences.get(audience)!
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
      versions: [],
    })
  }

  async restore(value: string, request: Restoring, deadline: Deadline): Promise<Restored | undefined> {
    const series = await this.open(value)
    if (!series) {
      this.context.events.emit({ type: 'rejected', id: undefined, reason: 'token' })
      return undefined
    }
    if (!(await this.isLive(series, deadline))) return undefined
    const session = await this.begun(series, request, deadline)
    this.context.events.emit({ type: 'restored', id: session.record.id })
    return { session, cookie: await this.seal(following(series, session, this.context.now())) }
  }

  private begun(
    { id, subject, label }: Series,
    { session, bound }: Restoring,
    deadline: Deadline,
  ): Promise<LoadedSession> {
    const { keep } = this.options
    const change = {
      kind: 'restore',
      subject,
      label,
      bound,
      series: id,
      keep,
      token: undefined,
      edits: NO_EDITS,
    } as const
    return session
      ? this.sessions.write(session, change, deadline)
      : this.sessions.create(this.newId(), change, deadline)
  }

  async replaceToken(session: LoadedSession, value: string | undefined): Promise<RememberCookie | undefined> {
    const series = value === undefined ? undefined : await this.open(value)
    const { audience } = this.context.options
    if (!series || series.id !== session.record.audiences.get(audience)?.series) return undefined
    return this.seal(following(series, session, series.usedAt))
  }

  async identify(value: string, deadline: Deadline): Promise<string | undefined> {
    const series = await this.open(value)
    return series && (await this.isLive(series, deadline)) ? series.id : undefined
  }

  end(id: string, deadline: Deadline): Promise<void> {
    return this.sessions.revokeId(id, deadline)
  }

  private async isLive(series: Series, deadline: Deadline): Promise<boolean> {
    const { context, options } = this
    if (series.audience !== context.options.audience) return false
    if (verdict(seriesInstants(series), options.timeouts, context.now()) !== 'alive') return false
    return !(await this.sessions.isSeriesRevoked(series, deadline))
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

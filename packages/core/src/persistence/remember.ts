import { isSessionError } from '../errors'
import { type Change, NO_EDITS } from '../record/changes'
import type { SeriesName } from '../record/record'
import {
  classifySecret,
  confirmationDue,
  confirmSuccessor,
  currentSecret,
  dropEndedSecrets,
  nextGeneration,
  renewSecret,
  replaceSecret,
  wrapSecret,
} from '../record/secrets'
import { decodeSeries, encodeSeries, type Series, seriesInstants } from '../record/series'
import { type TimeoutPolicy, verdict } from '../record/timeouts'
import { formatToken, newId, type Token, TokenIssuer } from '../record/token'
import type { SessionStore } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import type { ClaimableSessions, LoadedSession, RememberCookie, RememberMe, Restored, Restoring } from './persistence'
import { KEEP_OUT, type OpenedRow, Rows } from './rows'

/** What a series needs of the sessions that it begins and ends. */
export interface SeriesSessions extends ClaimableSessions {
  write(live: LoadedSession, change: Change, deadline: Deadline): Promise<LoadedSession>
  /** Takes this application out of a session, and ends it if no other application is in it. */
  leave(id: string, deadline: Deadline): Promise<void>
  /** Ends a session of a subject, without its series. */
  remove(id: string, subject: string | undefined, deadline: Deadline): Promise<void>
}

/** A series whose session the holder of `secret`, its current one, gets. `session`: undefined if it has to be created. */
interface Claim {
  readonly series: Series
  readonly secret: string
  readonly session: LoadedSession | undefined
}

/** How long an earlier token of a series is honoured at least: browsers write cookies to disk late. In milliseconds. */
const MIN_GRACE = 60_000

/**
 * Remember-me in a store: one row for each series (decision 16). A use claims first: a compare-and-set on the series decides
 * id and secret of the session that follows. Then any request that can read the claim creates that session, insert-only, and
 * hands its token out only if the series is still there.
 */
export class StoredSeries implements RememberMe {
  private readonly rows: Rows<Series>
  private readonly tokens: TokenIssuer
  private readonly policy: TimeoutPolicy

  constructor(
    private readonly context: Context,
    private readonly store: SessionStore,
    private readonly sessions: SeriesSessions,
  ) {
    const { cookie, keys, random, remember, timeouts } = context.options
    const { staleTtl, graceFrom } = timeouts
    const clocks = remember?.timeouts ?? { ...timeouts, idle: 0, rolling: 0, absolute: 0 }
    const grace = graceFrom === 'renewal' ? staleTtl : Math.max(staleTtl, MIN_GRACE)
    this.policy = { ...clocks, staleTtl: grace }
    this.tokens = new TokenIssuer(keys, `${remember?.cookie.name} remember`, random)
    this.rows = new Rows<Series>(context, store, {
      // By the session cookie's name: a process that remembers no one must read it too, to end it.
      purpose: `${cookie.name} series row`,
      timeouts: () => this.policy,
      encode: encodeSeries,
      decode: decodeSeries,
      instants: seriesInstants,
      subjectKeys: async ({ audience, subject }) => [await context.subjectKey(audience, subject, 'remember')],
    })
  }

  newId(): string {
    return newId(this.context.options.random)
  }

  async begin({ record }: LoadedSession, deadline: Deadline): Promise<RememberCookie> {
    const { audience } = this.context.options
    const { series: id, subject, label } = record.audiences.get(audience)!
    const now = this.context.now()
    const token = await this.tokens.issue(id!, 1)
    const series: Series = {
      id: id!,
      audience,
      subject: subject!,
      label,
      createdAt: now,
      usedAt: now,
      secretHash: token.hash,
      generation: token.generation,
      previous: [],
      session: { id: record.id, secret: '', claimedAt: now, before: [] },
      ended: false,
      exemptUntil: undefined,
      versions: [],
    }
    await this.rows.insert(await this.rows.seal(series), deadline)
    return cookieOf(series, token.secret)
  }

  async restore(value: string, request: Restoring, deadline: Deadline): Promise<Restored | undefined> {
    const token = await this.tokens.verify(value)
    if (token === 'malformed') return undefined
    if (token === 'forged') {
      this.context.events.emit({ type: 'rejected', id: undefined, reason: 'token' })
      return undefined
    }
    const opened = await this.rows.find(token.id, deadline)
    if (!opened || opened.record.audience !== this.context.options.audience) return undefined
    return this.use(opened, token, request, deadline)
  }

  private async use(
    opened: OpenedRow<Series>,
    own: Token,
    request: Restoring,
    deadline: Deadline,
  ): Promise<Restored | undefined> {
    const claim = await this.claim(opened, own, request, deadline)
    if (claim === 'reused') {
      // Two parties hold the series, and one of them is not the user.
      this.context.events.emit({ type: 'reused', id: own.id }, opened.record.subject)
      await this.end(own, deadline)
      return undefined
    }
    return claim && this.finish(claim, request, deadline)
  }

  /**
   * Decides the session that the holder of `own` gets. A stale token joins the claim that made it stale, as long as the
   * session of that can still live.
   */
  private async claim(
    opened: OpenedRow<Series>,
    own: Token,
    request: Restoring,
    deadline: Deadline,
  ): Promise<Claim | 'reused' | undefined> {
    const { events, options } = this.context
    const leave = (result: Claim | 'reused' | undefined) => ({
      next: undefined,
      check: undefined,
      done: () => result,
    })
    return this.rows
      .rewrite<Claim | 'reused' | undefined>(
        opened,
        async ({ row, text }) => {
          const series = decodeSeries(text)
          const now = this.context.now()
          const holder = classifySecret(series, own, now)
          if (holder === 'rolled-back') events.emit({ type: 'rejected', id: own.id, reason: 'rolled-back' })
          if (series.ended || (holder !== 'current' && holder !== 'stale')) {
            return leave(holder === 'reused' ? holder : undefined)
          }
          if (!this.rows.isAlive(series, row, now)) return leave(undefined)
          const secret = holder === 'current' ? own.secret : await currentSecret(series, own)
          if (secret === undefined) return leave(undefined)
          const joined = holder === 'stale' ? await this.join(series, secret, now, deadline) : undefined
          if (joined) return leave(joined)

          const next = await this.tokens.issue(series.id, nextGeneration(series))
          const anonymous = request.session?.record
          const session = await (anonymous
            ? this.sessions.tokens.issue(anonymous.id, nextGeneration(anonymous))
            : this.sessions.tokens.issue(newId(options.random), 1))
          if (holder === 'current') confirmSuccessor(series, this.policy, now)
          dropEndedSecrets(series, now)
          renewSecret(
            series,
            next,
            await wrapSecret(next.secret, secret, 'next'),
            seriesInstants(series),
            this.policy,
            now,
          )
          const { before, id } = series.session
          series.usedAt = now
          series.session = {
            id: session.id,
            secret: await wrapSecret(session.secret, next.secret, 'session'),
            claimedAt: now,
            before: [...before, id].filter((earlier) => earlier !== session.id),
          }
          return { next: series, check: undefined, done: () => ({ series, secret: next.secret, session: undefined }) }
        },
        deadline,
      )
      .catch(undefinedFor('ERR_SESSION_ENDED'))
  }

  /** The claim of an earlier request, if its session lives, or may not have been created yet. */
  private async join(series: Series, secret: string, now: number, deadline: Deadline): Promise<Claim | undefined> {
    const { claimedAt } = series.session
    const token = await this.sessionToken(series, secret)
    if (!token) return undefined
    const session = await this.sessions.resume(token, deadline)
    if (session !== 'absent') return session && { series, secret, session }
    const at = { startedAt: claimedAt, renewedAt: claimedAt, touchedAt: claimedAt, idle: undefined }
    const canLive = verdict(at, this.context.options.timeouts, now) === 'alive'
    return canLive ? { series, secret, session: undefined } : undefined
  }

  /** The first token of the session that a series has claimed. */
  private async sessionToken({ session }: Series, secret: string): Promise<Token | undefined> {
    if (!session.secret) return undefined
    const value = formatToken({ id: session.id, secret: await wrapSecret(session.secret, secret, 'session') })
    const token = await this.sessions.tokens.verify(value)
    return typeof token === 'string' ? undefined : { ...token, presented: false }
  }

  /** Gives the request the claimed session: as it is, or created now. */
  private async finish(
    { series, secret, session: there }: Claim,
    request: Restoring,
    deadline: Deadline,
  ): Promise<Restored | undefined> {
    const token = await this.sessionToken(series, secret)
    if (!token) return undefined
    const cookie = cookieOf(series, secret)
    if (there) return { session: { ...there, newToken: there.newToken ?? formatToken(token) }, cookie }

    const begun = await this.begun(series, token, request, deadline)
    if (!begun) {
      // Another request has created it at the same time, or a limit refused it.
      const session = await this.sessions.resume(token, deadline)
      return { session: session === 'absent' ? undefined : session, cookie }
    }
    if (!(await this.stillHas(series, token.id, deadline))) {
      await this.sessions.remove(token.id, series.subject, deadline)
      return undefined
    }
    this.context.events.emit({ type: 'restored', id: token.id }, series.subject)
    return { session: begun, cookie }
  }

  /** Creates the claimed session, or logs in to the request's own. Undefined if it exists, or a limit refused it. */
  private async begun(
    { id, subject, label, session }: Series,
    token: Token,
    request: Restoring,
    deadline: Deadline,
  ): Promise<LoadedSession | undefined> {
    const keep = this.context.options.remember?.keep
    const change: Change = {
      kind: 'restore',
      subject,
      label,
      bound: request.bound,
      series: id,
      keep,
      token,
      since: undefined,
      edits: NO_EDITS,
      detached: false,
    }
    try {
      if (request.session?.record.id === token.id) {
        const written = await this.sessions.write(request.session, change, deadline)
        for (const before of session.before) await this.sessions.leave(before, deadline)
        return written
      }
      return await this.sessions.claim(token, session.claimedAt, change, deadline, session.before)
    } catch (error) {
      // No login was asked for, so a limit is no error here: the request goes on without a session.
      if (isSessionError(error, 'ERR_SESSION_LIMIT')) {
        const had = request.session?.record.id
        this.context.events.emit({ type: 'limited', id: had, reason: 'remember-me' }, subject)
      } else if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
      return undefined
    }
  }

  private async stillHas({ id }: Series, session: string, deadline: Deadline): Promise<boolean> {
    const series = (await this.rows.find(id, deadline))?.record
    return series !== undefined && !series.ended && series.session.id === session
  }

  /** The session of a series has come back, so its response has arrived: the grace of earlier tokens ends. */
  async confirm(id: string, deadline: Deadline): Promise<void> {
    await this.change(id, deadline, (series, now) => {
      if (!confirmationDue(series) && series.session.before.length === 0) return false
      confirmSuccessor(series, this.policy, now)
      series.session = { ...series.session, before: [] }
      return true
    })
  }

  async replaceToken(
    { record }: LoadedSession,
    _value: string | undefined,
    deadline: Deadline,
  ): Promise<RememberCookie | undefined> {
    const id = record.audiences.get(this.context.options.audience)?.series
    if (!id) return undefined
    let token: Token | undefined
    const series = await this.change(id, deadline, async (series, now) => {
      if (series.ended || series.session.id !== record.id) return false
      token = await this.tokens.issue(id, nextGeneration(series))
      dropEndedSecrets(series, now)
      replaceSecret(series, token, this.policy, now)
      series.session = { ...series.session, secret: '' }
      return true
    })
    return token && series && cookieOf(series, token.secret)
  }

  async identify(value: string, deadline: Deadline): Promise<SeriesName | undefined> {
    const token = await this.tokens.verify(value)
    if (typeof token === 'string') return undefined
    const opened = await this.rows.find(token.id, deadline)
    if (!opened || opened.record.ended || opened.record.audience !== this.context.options.audience) return undefined
    const now = this.context.now()
    const holder = classifySecret(opened.record, token, now)
    const isHonoured = holder === 'current' || holder === 'stale'
    return isHonoured && this.rows.isAlive(opened.record, opened.row, now) ? opened.record : undefined
  }

  /**
   * Ends a series: first it is marked, so that no request restores any more, then its session ends, then its row goes.
   * Every way to end a remembered session goes through here.
   */
  async end({ id }: SeriesName, deadline: Deadline, except?: string): Promise<void> {
    const series = await this.change(id, deadline, (series) => {
      if (series.ended) return false
      series.ended = true
      return true
    })
    for (const session of series ? [series.session.id, ...series.session.before] : []) {
      if (session !== except) await this.sessions.remove(session, series?.subject, deadline)
    }
    // Its creation may have been sent more than once.
    await deadline.call('delete', id, () => this.store.delete(id, KEEP_OUT))
  }

  /** Ends the series only if `session` is the one that it has. */
  async endIfOf(id: string, session: string, deadline: Deadline): Promise<void> {
    const series = (await this.rows.find(id, deadline))?.record
    if (series?.session.id === session) await this.end({ id }, deadline, session)
  }

  /** Changes the newest state of a series where `apply` says so. Undefined if there is no such series. */
  private async change(
    id: string,
    deadline: Deadline,
    apply: (series: Series, now: number) => boolean | Promise<boolean>,
  ): Promise<Series | undefined> {
    const opened = await this.rows.find(id, deadline)
    if (!opened) return undefined
    return this.rows
      .rewrite(
        opened,
        async ({ text }) => {
          const series = decodeSeries(text)
          const changed = await apply(series, this.context.now())
          return { next: changed ? series : undefined, check: undefined, done: () => series }
        },
        deadline,
      )
      .catch(undefinedFor('ERR_SESSION_ENDED'))
  }
}

const cookieOf = (series: Series, secret: string): RememberCookie => ({
  value: formatToken({ id: series.id, secret }),
  instants: seriesInstants(series),
})

/** Turns one error into undefined, and passes on all others. */
const undefinedFor = (code: 'ERR_SESSION_ENDED') => (error: unknown) => {
  if (!isSessionError(error, code)) throw error
  return undefined
}

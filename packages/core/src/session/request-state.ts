import { SessionEndedError, SessionStoreError, SessionUsageError } from '../errors'
import type { HttpCarrier } from '../http/carrier'
import type { RequestCookie } from '../http/request-cookie'
import type { Context } from '../persistence/context'
import type { LoadedSession, Persistence, SessionOutcome } from '../persistence/persistence'
import type { Remember } from '../persistence/remember'
import { type Change, replacesToken } from '../record/changes'
import type { AudienceEntry } from '../record/record'
import { cookieMaxAge, remaining } from '../record/timeouts'
import { newId } from '../record/token'
import { WorkingData } from './data'

/** What a request's session works with. */
export interface Surroundings {
  readonly core: Context
  readonly persistence: Persistence
  readonly remember: Remember | undefined
  readonly carrier: HttpCarrier
  readonly cookies: { readonly session: RequestCookie; readonly remember: RequestCookie | undefined }
}

/** One request's session as far as it is known, and what the response owes the client. */
export class RequestState {
  /** Whether a handler made use of the handle, so that the response depends on the cookie. */
  consulted = false
  /** The handler ended the session: only a login may follow. */
  over = false
  /** A commit failed: the error's own response must not try again. */
  failed = false
  readonly openedAt: number
  working: WorkingData
  private reservedId: string | undefined
  private queue: Promise<void> | undefined

  constructor(
    readonly around: Surroundings,
    readonly outcome: SessionOutcome,
    public live: LoadedSession | undefined,
  ) {
    this.openedAt = around.core.now()
    this.working = new WorkingData(this.slot?.data ?? {})
    this.setPendingCookie()
  }

  get slot(): AudienceEntry | undefined {
    return this.live?.record.slots.get(this.audience)
  }

  get audience(): string {
    return this.around.core.options.audience
  }

  get id(): string {
    if (this.live) return this.live.record.id
    this.reservedId ??= newId(this.around.core.options.random)
    return this.reservedId
  }

  get isNew(): boolean {
    return !this.slot
  }

  get createdAt(): number | undefined {
    return this.live?.record.createdAt
  }

  get remaining() {
    const now = this.around.core.now()
    const fresh = { startedAt: now, renewedAt: now, touchedAt: now }
    const at = this.live ? { ...this.live.record, touchedAt: this.live.touchedAt } : fresh
    return remaining(at, this.around.core.options.timeouts, now)
  }

  get data(): Record<string, unknown> {
    return this.working.value
  }

  set data(value: Record<string, unknown>) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SessionUsageError(
        'ERR_SESSION_USAGE',
        'session.data must be an object; to end the session, await session.destroy()',
      )
    }
    this.working.replace(value)
  }

  /** Makes a change, or begins a session with it, and takes over what came of it. */
  async change(asked: Change, budget = this.around.core.budget()): Promise<void> {
    const change = asked.edits ? asked : { ...asked, edits: this.working.edits() }
    if (change.kind !== 'login') this.assertOpen()
    if (this.outcome === 'unavailable' && !this.live) throw this.unavailable('write')
    // A store's session keeps its cookie unless the token changes; everything else needs the response's headers.
    if (!this.live?.stored || replacesToken(change)) this.assertHeadersLeft()
    this.live = this.live
      ? await this.around.persistence.write(this.live, change, budget)
      : await this.around.persistence.create(this.id, change, budget)
    this.setPendingCookie()
    this.working.settle(this.slot?.data ?? {}, change.edits!)
  }

  /** The awaited methods that have been called and are not done; undefined where there are none. */
  get underway(): Promise<void> | undefined {
    return this.queue
  }

  /** Runs the awaited methods one after another. */
  protected serially<T>(job: () => Promise<T>): Promise<T> {
    const result = (this.queue ?? Promise.resolve()).then(job)
    const done = () => {
      if (this.queue === last) this.queue = undefined
    }
    const last: Promise<void> = result.then(done, done)
    this.queue = last
    return result
  }

  /** Nothing of the session so far is left, not even what the response owed. */
  forget(): void {
    this.live = undefined
    this.reservedId = undefined
    this.around.cookies.session.dropPending()
    this.working = new WorkingData({})
  }

  /** @throws where nothing but a login may change the session any more, or nothing at all. */
  assertOpen(): void {
    if (this.over) throw new SessionEndedError()
    if (this.outcome === 'unavailable' && !this.live) throw this.unavailable('write')
  }

  /** @throws SessionUsageError where the response has begun. */
  assertHeadersLeft(): void {
    if (!this.around.carrier.headersSent) return
    throw new SessionUsageError(
      'ERR_SESSION_HEADERS_SENT',
      'The response has begun, so no cookie can follow: change the session before the first byte is written.',
    )
  }

  unavailable(operation: string): SessionStoreError {
    const message = 'The session store was down when this request began, so the session cannot be changed; try again.'
    return new SessionStoreError('ERR_STORE_UNAVAILABLE', operation, undefined, message)
  }

  /** The response carries the session's new token, if it has one. */
  private setPendingCookie(): void {
    if (!this.live?.handOut) return
    const { core, cookies } = this.around
    cookies.session.setPending(this.live.handOut, cookieMaxAge(this.live.record, core.options.timeouts, core.now()))
  }
}

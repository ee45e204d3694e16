import { own } from '../check'
import type { SessionImporter } from '../config/session-import'
import { SessionEndedError, SessionStoreError, SessionUsageError, SessionWithheldError } from '../errors'
import { channels, traced } from '../events/channels'
import type { SessionOperationMessage } from '../events/messages'
import type { SessionOutcome } from '../events/outcome'
import type { HttpCarrier } from '../http/carrier'
import type { RequestCookies } from '../http/withheld'
import type { Context } from '../persistence/context'
import type { Deadline } from '../persistence/deadline'
import {
  hasSession,
  type LoadedSession,
  type Opened,
  type Persistence,
  type RememberCookie,
  type RememberMe,
} from '../persistence/persistence'
import { type Change, replacesToken } from '../record/changes'
import type { AudienceEntry } from '../record/record'
import { cookieMaxAge } from '../record/timeouts'
import { newId } from '../record/token'
import { WorkingData } from './data'

/** The parts of a manager that every request works with. */
export interface Engine {
  readonly context: Context
  readonly persistence: Persistence
  /** Undefined if this application has no remember-me. */
  readonly remember: RememberMe | undefined
  /** Undefined without the option `imports`. */
  readonly importer: SessionImporter | undefined
}

/** What the session cookies of a request yielded. */
export interface Found {
  readonly opened: Opened
  /** Valid sessions of other cookies of the same name. */
  readonly unchosen: readonly LoadedSession[]
  /** Whether every cookie of the name holds a valid session, so none belongs to an application with another secret. */
  readonly allValid: boolean
}

/** One request: its session, what its handlers did to it, and the cookies that its response must send. */
export class RequestState {
  /** A handler used the handle, so the response depends on the cookie. */
  accessed = false
  /** A handler ended the session: only a login can follow. */
  ended = false
  /** The response leaves this application: what the browser keeps of it can go. A login after that takes it back. */
  left = false
  /** The commit failed: the response that reports the error must not try again. */
  failed = false
  /** The response is over: it was sent, or the client has left. */
  isOver = false
  /** Changes that are made now will be reported: see `watchLateChanges`. */
  isWatched = false
  /** The keys of `data` whose loss an event or an error has told. */
  reported: ReadonlySet<string> | undefined
  /** How often writes of this request were attempted again. */
  retries = 0
  /** A commit was told to who listens. */
  isCommitTold = false
  readonly openedAt: number
  readonly outcome: SessionOutcome
  session: LoadedSession | undefined
  /** A session whose token was replaced before this request came: it can be left and ended, and nothing else. */
  readonly replaced: LoadedSession | undefined
  /** Valid sessions of other cookies of the same name, which this application has to leave with a login or a logout. */
  unchosen: readonly LoadedSession[]
  /** Whether all session cookies of the request are this application's, so that any of them may be cleared. */
  private readonly isCookieOurs: boolean
  /** The Set-Cookie lines that clear cookies of other libraries. */
  clearForeign: readonly string[] = []
  working: WorkingData
  private reservedId: string | undefined
  private queue: Promise<void> | undefined

  constructor(
    readonly engine: Engine,
    readonly carrier: HttpCarrier,
    readonly cookies: RequestCookies,
    found: Found,
  ) {
    const opened = own(found.opened)
    this.openedAt = engine.context.now()
    this.outcome = opened.outcome
    this.unchosen = found.unchosen
    this.isCookieOurs = found.allValid
    if (hasSession(opened)) this.session = opened.session
    else {
      this.replaced = opened.replaced
      this.ended = opened.underway ?? false
    }
    this.working = new WorkingData(this.entry?.data ?? {})
    this.setPendingSession()
  }

  get audience(): string {
    return this.engine.context.options.audience
  }

  /** What this application keeps in the session. */
  get entry(): AudienceEntry | undefined {
    return this.session?.record.audiences.get(this.audience)
  }

  get id(): string {
    if (this.session) return this.session.record.id
    this.reservedId ??= newId(this.engine.context.options.random)
    return this.reservedId
  }

  /** Writes a change to the session, or begins a session with it, together with the edits of `session.data` so far. */
  async change(requested: Change, deadline = this.engine.context.deadline()): Promise<void> {
    const { persistence } = this.engine
    const edits = Object.hasOwn(requested, 'edits') ? requested.edits! : this.working.edits()
    const change = { ...requested, edits, detached: this.carrier.headersSent }
    if (change.kind !== 'login') this.assertNotEnded()
    this.assertAvailable()
    // A session in a store keeps its cookie unless the token is replaced. Everything else sends a cookie.
    if (!this.session?.stored || replacesToken(change)) this.assertHeadersNotSent()
    const before = deadline.retries
    try {
      this.session = this.session
        ? await persistence.write(this.session, change, deadline)
        : await this.begin(change, deadline)
    } finally {
      this.retries += deadline.retries - before
    }
    this.setPendingSession()
    this.working.rebase(this.entry?.data ?? {}, edits)
  }

  /** Reads the session again, and drops what is not stored. */
  async reload(): Promise<void> {
    const { context, persistence } = this.engine
    const { headersSent } = this.carrier
    if (this.session) this.session = await persistence.reload(this.session, headersSent, context.deadline())
    this.setPendingSession()
    this.working = new WorkingData(this.entry?.data ?? {})
  }

  private async begin(change: Change, deadline: Deadline): Promise<LoadedSession> {
    try {
      return await this.engine.persistence.create(this.id, change, deadline)
    } catch (error) {
      // The id was given up, and its clean-up may still be on the way.
      this.reservedId = undefined
      throw error
    }
  }

  /** Resolves when the awaited methods called so far are done; undefined if none is running. */
  get running(): Promise<void> | undefined {
    return this.queue
  }

  /** Runs the awaited methods of this request one after another. */
  enqueue<T>(method: () => Promise<T>): Promise<T> {
    const result = (this.queue ?? Promise.resolve()).then(method)
    const done = () => {
      if (this.queue === last) this.queue = undefined
    }
    const last: Promise<void> = result.then(done, done)
    this.queue = last
    return result
  }

  /** Runs an awaited method of the session in its turn, and tells who listens. */
  operate<T>(operation: SessionOperationMessage['operation'], method: () => Promise<T>): Promise<T> {
    return channels.operation.hasSubscribers ? this.operateTraced(operation, method) : this.enqueue(method)
  }

  private operateTraced<T>(operation: SessionOperationMessage['operation'], method: () => Promise<T>): Promise<T> {
    return this.enqueue(() => {
      const before = this.retries
      const message: SessionOperationMessage = { ...this.engine.context.source, operation, id: this.session?.record.id }
      return traced(channels.operation, message, method, () => {
        message.id = this.session?.record.id ?? message.id
        message.retries = this.retries - before
      })
    })
  }

  /**
   * Cookie mode without `revocations`: the response clears our cookies under all other paths, too. Anywhere else an old
   * cookie is dead once its session is.
   */
  clearOtherPaths(): void {
    const { revocations, store } = this.engine.context.options
    if (store || revocations || !this.isCookieOurs) return
    this.cookies.session.clearOtherPaths()
    this.cookies.remember?.clearOtherPaths()
  }

  /** Resets to an empty session and drops a pending Set-Cookie. */
  reset(): void {
    this.session = undefined
    this.reservedId = undefined
    this.cookies.session.dropPending()
    this.working = new WorkingData({})
  }

  /** Whether the browser withheld the cookie, and no login has begun a session since. */
  get isWithheld(): boolean {
    return this.outcome === 'withheld' && !this.session && !this.ended
  }

  /**
   * @throws SessionEndedError if a handler ended the session; SessionWithheldError if the browser withheld its cookie;
   * SessionStoreError if the store was down at opening.
   */
  assertNotEnded(): void {
    if (this.isWithheld) throw new SessionWithheldError()
    if (this.ended) throw new SessionEndedError()
    this.assertAvailable()
  }

  /** @throws SessionStoreError if the store was down at opening, and no login has begun a session since. */
  assertAvailable(): void {
    if (this.outcome === 'unavailable' && !this.session) throw this.unavailable('write')
  }

  /** @throws SessionUsageError `ERR_SESSION_HEADERS_SENT` if no cookie can be sent any more. */
  assertHeadersNotSent(): void {
    if (!this.carrier.headersSent) return
    throw new SessionUsageError(
      'ERR_SESSION_HEADERS_SENT',
      'The response headers are sent, so no cookie can be set: change the session before the first byte is written.',
    )
  }

  unavailable(operation: string): SessionStoreError {
    const message = 'The session store was down when this request began, so the session cannot be changed; try again.'
    return new SessionStoreError('ERR_STORE_UNAVAILABLE', operation, undefined, message)
  }

  /** The response sends the remember-me's new token. */
  setPendingRemember({ value, instants }: RememberCookie): void {
    const { clock, remember } = this.engine.context.options
    if (remember) this.cookies.remember?.setPending(value, cookieMaxAge(instants, remember.timeouts, clock()))
  }

  private setPendingSession(): void {
    if (!this.session?.newToken) return
    const { timeouts, clock } = this.engine.context.options
    this.cookies.session.setPending(this.session.newToken, cookieMaxAge(this.session.record, timeouts, clock()))
  }
}

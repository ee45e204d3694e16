import { checkCall, memberOf, own } from '../check'
import type { SessionImporter } from '../config/session-import'
import { SessionUsageError } from '../errors'
import { channels, traced } from '../events/channels'
import type { SessionOperationMessage } from '../events/messages'
import type { SessionRecord } from '../record/record'
import { ends } from '../record/timeouts'
import type { RevocationStore, SessionStore, StoreHealth, StoreReport } from '../store/store'
import type { Context } from './context'
import type { Deadline } from './deadline'
import { type Persistence, unsupported } from './persistence'

/** One of a subject's sessions, in a list. */
export interface SessionSummary {
  /** The session's public id, for {@link StoredRevocation.revoke}. */
  id: string
  /** The application that the subject is logged in to: the manager's own. */
  audience: string
  /** The label given to `login`. */
  label: string | undefined
  /** When the session began, epoch ms. */
  createdAt: number
  /** The last activity, epoch ms, exact to `timeouts.touchThreshold`. */
  lastActiveAt: number
  /** When the nearest clock runs out if nothing more happens, epoch ms; Infinity if all clocks are off. */
  expiresAt: number
}

/** Which part of a list to return. */
export interface ListOptions {
  /**
   * The most sessions to return, at least 1.
   * @default 100
   */
  limit?: number
  /**
   * The last id of the previous page.
   * @default none: from the beginning
   */
  after?: string
}

/** What a manager offers in store mode if its store has a {@link SubjectIndex}. */
export interface SubjectSessions {
  /**
   * The live sessions of a subject in this application, in order of id.
   * @example
   * const first = await sessions.list(user.id, { limit: 20 })
   * const next = await sessions.list(user.id, { limit: 20, after: first.at(-1)?.id })
   * @throws SessionUsageError `ERR_SESSION_USAGE` for a subject that is not a string, or is empty, and for a wrong option.
   * @throws SessionStoreError if the store fails.
   */
  list(subject: string, page?: ListOptions): Promise<SessionSummary[]>
  /**
   * Ends all sessions and every remember-me of a subject in this application, but for the session with the id `except`. Its
   * remember-me ends too, because a copy may be in other hands. Call `regenerate` first, so that a copy of its session cookie
   * ends as well. Resolves to how many sessions ended. They end in batches with a time limit each, so any number works.
   * @example
   * await req.session.regenerate()
   * await sessions.revokeAll(user.id, { except: req.session.id })   // sign out on all other devices
   * @throws SessionUsageError `ERR_SESSION_USAGE` for a subject that is not a string, or is empty.
   * @throws SessionStoreError if the store fails. `error.revoked` is how many sessions ended before; call it again to go on.
   */
  revokeAll(subject: string, options?: { except?: string }): Promise<number>
}

/** What a manager offers in store mode. */
export interface StoredRevocation {
  /**
   * Ends the session with this id, and its remember-me, without its cookie. False if there is none. With `subject`, a session in
   * which that subject is not logged in to this application counts as none: so a route that takes an id from its user ends no
   * other user's session.
   * @example
   * await sessions.revoke(req.body.id, { subject: req.session.subject! })
   * @throws SessionUsageError `ERR_SESSION_USAGE` for an id that is not a string, and for a subject that is none, undefined too.
   * @throws SessionStoreError with the id, if the store fails. The session may live on, so call it again.
   */
  revoke(id: string, options?: { subject: string }): Promise<boolean>
}

/** What a manager offers in cookie mode with `revocations`. Sessions can be ended, and cannot be counted. */
export interface SealedRevocation {
  /**
   * Ends the session with this id: every cookie that holds it is refused, and so is its remember-me. If a login or
   * `regenerate` has given the session another id since, it ends all the same. It takes no `subject`, as it does with a store: only
   * the cookie says whose session an id is. In a route that takes an id from its user, keep the ids of each user yourself.
   * @throws SessionUsageError `ERR_SESSION_USAGE` for an id that is not a string.
   * @throws SessionStoreError if the revocation store fails.
   */
  revoke(id: string): Promise<void>
  /**
   * Ends every session of a subject that has begun until now, and every remember-me, but for the session with the id
   * `except`. The remember-me of that session ends too. A later `regenerate` changes the id, and the session stays exempt.
   * A machine whose clock is up to five minutes ahead may have begun the session. The subject can log in again at once.
   * @throws SessionUsageError `ERR_SESSION_USAGE` for a subject that is not a string, or is empty.
   * @throws SessionStoreError if the revocation store fails.
   */
  revokeAll(subject: string, options?: { except?: string }): Promise<void>
}

/** What `check` found. */
export interface StoreCheck {
  /** Whether the store has answered within `storeTimeout`. True if there is none. */
  readonly reachable: boolean
  /** How long the answer took, in milliseconds. */
  readonly ms: number
  /** How far the clock of the store's server is ahead of ours, in milliseconds, exact to half of `ms`; undefined if it does not say. */
  readonly clockAhead: number | undefined
  /** What is as it should be, for a person to read. */
  readonly facts: readonly string[]
  /** What is not, each with what to do. Empty: all is well. */
  readonly problems: readonly string[]
  /** The driver's error, if the store has not answered. For logs: it may have the address of the server. */
  readonly cause: unknown
}

/** Stores keep rows a minute longer than their clocks: half of that may be lost to a clock that is wrong. In ms. */
const MAX_SKEW = 30_000

/** Lists and ends sessions without their cookies. What the persistence cannot do rejects and says why. */
export class Administration {
  private checking: Promise<StoreCheck> | undefined

  constructor(
    private readonly context: Context,
    private readonly persistence: Persistence,
    private readonly importer?: SessionImporter,
  ) {}

  async list(subject: string, page: ListOptions = {}): Promise<SessionSummary[]> {
    const { context, persistence } = this
    checkSubject('list', subject)
    const { limit = 100, after } = checkCall('list', page, ['limit', 'after'])
    if (!persistence.list) throw unsupported('list sessions', 'a store with an index of subjects')
    if (!Number.isInteger(limit) || limit < 1) throw misuse('list() takes a limit of at least 1')
    const records = await this.operate('list', undefined, () =>
      persistence.list!(subject, limit, after, context.deadline()),
    )
    return records.map((record) => this.summary(record))
  }

  private summary(record: SessionRecord): SessionSummary {
    const { audience, timeouts } = this.context.options
    const { idle, rolling, absolute } = ends(record, timeouts)
    return {
      id: record.id,
      audience,
      label: record.audiences.get(audience)?.label,
      createdAt: record.createdAt,
      lastActiveAt: record.touchedAt,
      expiresAt: Math.min(idle, rolling, absolute),
    }
  }

  /** Asks the store once, for all who ask at the same time. Never rejects: what goes wrong is a problem of the result. */
  check(): Promise<StoreCheck> {
    this.checking ??= this.askStore().finally(() => {
      this.checking = undefined
    })
    return this.checking
  }

  private async askStore(): Promise<StoreCheck> {
    const { context } = this
    const store = context.options.store ?? context.options.revocations
    const nothing = { clockAhead: undefined, facts: [], problems: [], cause: undefined }
    if (!store) return { ...nothing, reachable: true, ms: 0 }
    const started = performance.now()
    try {
      const { now, facts, problems } = await context.insistentDeadline().call('check', undefined, () => ask(store))
      const ms = performance.now() - started
      const ahead = now === undefined ? undefined : Math.round(now - (context.now() - ms / 2))
      return {
        reachable: true,
        ms,
        clockAhead: ahead,
        facts,
        problems: [...skewOf(ahead), ...problems],
        cause: undefined,
      }
    } catch (error) {
      const problems = ['The store does not answer: check that it runs, and that this machine reaches it.']
      return { ...nothing, reachable: false, ms: performance.now() - started, problems, cause: (error as Error).cause }
    }
  }

  async revoke(id: string, options: { subject?: string } = {}): Promise<boolean | undefined> {
    if (typeof id !== 'string') throw misuse('revoke() takes the id of a session, a string')
    const given = checkCall('revoke', options, ['subject'])
    // A subject that is undefined comes from a route without a login, and must not end any session.
    if (Object.hasOwn(given, 'subject')) checkSubject('revoke', given.subject)
    return this.operate('revoke', id, async () => {
      const deadline = this.context.deadline()
      await this.refuseOlder(id, given.subject, deadline)
      return this.persistence.revoke(id, given.subject, deadline)
    })
  }

  async revokeAll(subject: string, options: { except?: string } = {}): Promise<number | undefined> {
    checkSubject('revokeAll', subject)
    const { except } = checkCall('revokeAll', options, ['except'])
    return this.operate('revokeAll', undefined, async () => {
      // First the mark: an import that reads none has begun its session before, and that is ended now.
      await this.importer?.refuse(subject, 'revoked', this.context.deadline())
      return this.persistence.revokeAll(subject, except)
    })
  }

  private operate<T>(
    operation: SessionOperationMessage['operation'],
    id: string | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.context.isQuiet || !channels.operation.hasSubscribers) return work()
    const message: SessionOperationMessage = { ...this.context.source, operation, id, retries: 0 }
    return traced(channels.operation, message, work)
  }

  /** A copy of the old cookie of a session that is about to end begins no other one. */
  private async refuseOlder(id: string, given: string | undefined, deadline: Deadline): Promise<void> {
    if (!this.importer) return
    const record = await this.persistence.find?.(id, deadline)
    const subject = record?.audiences.get(this.context.options.audience)?.subject
    if (subject === undefined || (given !== undefined && given !== subject)) return
    await this.importer.refuse(subject, 'logout', deadline)
  }
}

const misuse = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)

/** Reject non-strings: a numeric id would match nothing, and the caller would think everyone was signed out. */
export function checkSubject(call: string, subject: unknown): void {
  if (typeof subject === 'string' && subject !== '') return
  throw misuse(`${call}() takes the subject that login() was given, a string that is not empty: String(user.id)`)
}

/** A store that says nothing of itself is asked for a session that does not exist. */
async function ask(store: SessionStore | RevocationStore): Promise<StoreReport> {
  const health = memberOf(store, 'health') as StoreHealth['health'] | undefined
  if (health) return own(await health.call(store))
  await ('create' in store ? store.read('check') : store.read(['check']))
  return { facts: [], problems: [] }
}

function skewOf(ahead: number | undefined): string[] {
  if (ahead === undefined || Math.abs(ahead) <= MAX_SKEW) return []
  const seconds = Math.round(Math.abs(ahead) / 1000)
  const side = ahead > 0 ? 'ahead of' : 'behind'
  return [
    `The clock of the store's server is ${seconds} s ${side} this machine's: set both by NTP, or sessions end at wrong times.`,
  ]
}

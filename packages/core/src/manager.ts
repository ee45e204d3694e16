import { own } from './check'
import { describe, type SessionPolicy } from './config/describe'
import { type ResolvedOptions, resolveOptions } from './config/options'
import type {
  CookieModeOptions,
  SessionManagerOptions,
  SessionStoreOptions,
  StoreModeOptions,
} from './config/options-of-modes'
import type { PresetName } from './config/presets'
import type { ImportSettings } from './config/session-import'
import type { SessionOptions } from './config/session-options'
import { configWarnings } from './config/warnings'
import { SessionUsageError } from './errors'
import type { SessionCounters } from './events/counters'
import type { HttpCarrier } from './http/carrier'
import { markerName } from './http/withheld'
import {
  Administration,
  type SealedRevocation,
  type StoreCheck,
  type StoredRevocation,
  type SubjectSessions,
} from './persistence/administration'
import { Context } from './persistence/context'
import { CookieMode } from './persistence/cookie-mode'
import { StoreMode } from './persistence/store-mode'
import type { JsonData } from './record/json-data'
import { commit } from './session/commit'
import { type ExplainOptions, type Explanation, explain } from './session/explain'
import { createHandle, stateOf } from './session/handle'
import { openSession } from './session/open'
import type { Session } from './session/session'
import type { Engine } from './session/state'
import type { RevocationStore, SubjectIndex } from './store/store'

/** One application's sessions. Make one per process and pass it to an adapter. */
export interface SessionManager<Data = Record<string, unknown>> {
  /**
   * Opens the session that the request's cookies name, or a new one, which costs nothing until it is used. Called by
   * adapters. With `request`, an object that can be extended, {@link of} finds the session again.
   * @throws SessionStoreError if the store is down and `onUnavailable` is `fail`. Never clear a cookie because of it.
   * @throws SessionUsageError `ERR_SESSION_ALREADY_OPEN` if `request` already has a session with this cookie name, of this
   * manager or of another: each would overwrite the cookie that the other sends.
   */
  open(carrier: HttpCarrier, request?: object): Promise<Session<Data>>
  /**
   * Stores what the request changed and sets the cookies. Called by adapters at the last point before the response headers
   * leave, on error responses as well. Undefined: nothing to wait for. Else the headers must wait for the promise, and a
   * rejection is the response's error. Call it once more when the response is over, sent or given up by the client: changes that
   * came too late are then reported (`change-dropped`).
   * @throws SessionUsageError `ERR_SESSION_USAGE` for a session that this manager has not opened.
   */
  commit(session: Session<Data>): Promise<void> | undefined
  /**
   * The session of a request, typed with this manager's data.
   * @example
   * const { data } = sessions.of(req)
   * @throws SessionUsageError `ERR_SESSION_USAGE` if no adapter of this manager has opened the request's session.
   */
  of(request: object): Session<Data>
  /**
   * The policy in force, for a start-up log or a test. With `preset`, its warnings name what is looser than the preset.
   * @throws SessionConfigError for an unknown preset.
   */
  describe(preset?: PresetName): SessionPolicy
  /**
   * How many requests there were by outcome, and how many events by type, since the manager was made. Counting costs a request
   * nothing that is worth measuring.
   * @example
   * const { events, outcomes } = sessions.counters()
   * console.log(events.login, events.logout, events.limited, outcomes.resumed, outcomes['expired:idle'])
   */
  counters(): SessionCounters
  /**
   * Why a request with these cookies has a session, or none: which cookie counts, its outcome with the reason, its clocks, its
   * token's generation, and the subject's other sessions. For support staff: "why was I logged out?". It changes nothing: no
   * write, no touch, no event, no count. It has no request, so it cannot tell `mismatch`, nor what Fetch Metadata would add to
   * `withheld`; what it says of bound sessions is what their own client gets.
   * @param cookieHeader The Cookie header as the browser sent it: `__Host-session=…; other=…`. Keep it as secret as a password.
   * @param options `data: true` adds the session's data of this application. Default: false, because data may be private.
   * @example
   * const { outcome, why, cookies } = await sessions.explain(request.headers.cookie)
   * console.log(outcome, why) // expired:idle, The idle clock ended at 2026-11-30T08:15:00.000Z: …
   * @throws SessionUsageError `ERR_SESSION_USAGE` for a header that is neither a string nor undefined, and for an unknown option.
   * @throws SessionStoreError if the store does not answer.
   */
  explain(cookieHeader: string | undefined, options?: ExplainOptions): Promise<Explanation>
  /**
   * Whether the store answers, and whether its server is set up for sessions: a Redis that may evict them, tables of an older
   * schema, a clock that is wrong. For a readiness route or a deployment. It asks
   * while the circuit breaker is open too; calls at the same time share one answer. Never rejects.
   * @example
   * const { reachable, problems } = await sessions.check()
   * res.status(reachable ? 200 : 503).json(problems)
   */
  check(): Promise<StoreCheck>
  /** Waits for background work, such as touches. Does not close the store's client: close it where you made it. */
  close(): Promise<void>
}

/**
 * Makes the object that adapters, handlers and administration share. A method that its store cannot serve is missing from
 * its type, and rejects with `ERR_SESSION_UNSUPPORTED`. Options that have no effect together do not compile, nor does a type
 * of `data` that JSON cannot hold ({@link JsonData}).
 * @example
 * const sessions = createSessionManager({ secret: process.env.SESSION_SECRET!, store: redisStore(client) })
 * app.use(expressSession(sessions))
 * @throws SessionConfigError naming the option that is missing, unknown, out of range, or contradicts another.
 */
export function createSessionManager<Data extends JsonData<Data> = Record<string, unknown>>(
  options: SessionStoreOptions & { store: SubjectIndex },
): SessionManager<Data> & StoredRevocation & SubjectSessions
export function createSessionManager<Data extends JsonData<Data> = Record<string, unknown>>(
  options: SessionStoreOptions,
): SessionManager<Data> & StoredRevocation
export function createSessionManager<Data extends JsonData<Data> = Record<string, unknown>>(
  options: CookieModeOptions & { revocations: RevocationStore },
): SessionManager<Data> & SealedRevocation
export function createSessionManager<Data extends JsonData<Data> = Record<string, unknown>>(
  options: SessionManagerOptions,
): SessionManager<Data>
// Last, because TypeScript reports what keeps options from fitting the last overload.
export function createSessionManager<Data extends JsonData<Data> = Record<string, unknown>>(
  options: CookieModeOptions | StoreModeOptions,
): SessionManager<Data>
export function createSessionManager<Data extends JsonData<Data> = Record<string, unknown>>(
  options: SessionManagerOptions,
): SessionManager<Data> {
  const resolved = resolveOptions(options)
  const importer = resolved.imports?.attach(settingsOf(options as SessionOptions, resolved))
  const engine: Engine = { ...engineOf(resolved), importer }
  const { context, persistence } = engine
  const administration = new Administration(context, persistence, importer)
  // The symbol is derived from the cookie name, so a second manager with the same cookie is detected on the same request.
  // Not a WeakMap: V8's minor GC treats the values of an old WeakMap as live, so finished requests would survive until the
  // next full GC.
  const opened = Symbol.for(`@sojourn/session ${resolved.cookie.name}`)
  type Request = { [opened]?: Session<Data> }
  const isOwn = (request: object): request is Request =>
    stateOf((request as Request | undefined)?.[opened])?.engine === engine
  const warnings = configWarnings(options as SessionOptions, resolved, importer)
  for (const { isLikelyMistake, ...warning } of warnings) {
    context.events.emit({ type: 'config-warning', ...warning }, undefined, isLikelyMistake)
  }

  const manager: SessionManager<Data> & Pick<Administration, 'list' | 'revoke' | 'revokeAll'> = {
    async open(carrier, request) {
      if (request && opened in request) throw alreadyOpen(isOwn(request), resolved.cookie.name)
      const session = createHandle<Data>(await openSession(engine, carrier))
      if (request) Object.defineProperty(request, opened, { value: session, configurable: true })
      return session
    },
    commit(session) {
      const state = stateOf(session)
      if (state?.engine !== engine) throw misuse('commit() takes a session that this manager has opened')
      return commit(state)
    },
    of(request) {
      if (!isOwn(request)) throw misuse(NOT_OPEN)
      return request[opened]!
    },
    describe: (preset) => describe(resolved, warnings, preset),
    counters: () => context.events.counters,
    check: () => administration.check(),
    explain: (cookieHeader, options) => explain(resolved, engineOf, cookieHeader, options),
    async close() {
      await context.background.drained()
      await context.events.delivered
    },
    list: (subject, page) => administration.list(subject, page),
    revoke: (id, options) => administration.revoke(id, options),
    revokeAll: (subject, except) => administration.revokeAll(subject, except),
  }
  return manager
}

/** What an import needs of the options. */
function settingsOf(options: SessionOptions, { cookie, remember }: ResolvedOptions): ImportSettings {
  const { secret, store, revocations, audience, codec, storeTimeout, onEvent, clock } = own(options)
  const cookieNames = [cookie.name, markerName(cookie.name), ...(remember ? [remember.cookie.name] : [])]
  return { secret, store, revocations, audience, codec, storeTimeout, onEvent, clock, cookieNames }
}

function engineOf(options: ResolvedOptions, isQuiet = false): Engine {
  const context = new Context(options, isQuiet)
  const persistence = options.store ? new StoreMode(context, options.store) : new CookieMode(context)
  return { context, persistence, remember: options.remember && persistence.series, importer: undefined }
}

const alreadyOpen = (own: boolean, cookie: string) =>
  new SessionUsageError(
    'ERR_SESSION_ALREADY_OPEN',
    own
      ? 'This request has a session of this manager already: mount the adapter once, before the routes that need it.'
      : `This request has a session of another manager under the cookie ${cookie}: give each manager a cookie.name of its ` +
          'own, or leave the request out of one of them (skip).',
  )

const NOT_OPEN =
  'This request has no session of this manager: mount the adapter before this handler, and do not skip the request.'

const misuse = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)

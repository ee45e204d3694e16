import { configWarnings, describe, type SessionPolicy } from './config/describe'
import { resolveOptions, type SessionManagerOptions } from './config/options'
import type { PresetName } from './config/presets'
import { SessionUsageError } from './errors'
import type { SessionCounters } from './events'
import type { HttpCarrier } from './http/carrier'
import {
  type Cleanup,
  type SealedRevocation,
  type StoredRevocation,
  type SubjectSessions,
  Subjects,
} from './persistence/administration'
import { Context } from './persistence/context'
import { CookieMode } from './persistence/cookie-mode'
import { Remember } from './persistence/remember'
import { StoreMode } from './persistence/store-mode'
import { Commit } from './session/commit'
import { createHandle, stateOf } from './session/handle'
import { Opener } from './session/open'
import type { Session } from './session/session'
import type { ExpiredCleanup, RevocationStore, SessionStore, SubjectIndex } from './store/store'

/** One application's sessions. Make one per process and hand it to an adapter. */
export interface SessionManager<Data = Record<string, unknown>> {
  /**
   * Opens the session that a request's cookies name, or a new one that costs nothing until it is used. Adapters call it;
   * with `request`, an object that can be extended, {@link of} finds the handle again.
   * @throws SessionStoreError where the store is down (and `onUnavailable` is `fail`): never a reason to clear a cookie.
   * @throws SessionUsageError `ERR_SESSION_ALREADY_OPEN` where `request` has a session under this manager's cookie already:
   * of this one, or of another, and then each would overwrite what the other one sends.
   */
  open(carrier: HttpCarrier, request?: object): Promise<Session<Data>>
  /**
   * What adapters call at the last point before the response's headers leave, on error responses as well. Undefined where
   * there is nothing to wait for; else the headers must wait for the promise, and a rejection is the response's error.
   */
  commit(session: Session<Data>): Promise<void> | undefined
  /** The handle of a request, with its data's type. @throws SessionUsageError where no adapter has opened one. */
  of(request: object): Session<Data>
  /**
   * The policy in force; with `preset`, its warnings say where it is looser than that.
   * @throws SessionConfigError where there is no preset of that name.
   */
  describe(preset?: PresetName): SessionPolicy
  /** How often each event has happened. */
  counters(): SessionCounters
  /** Waits for touches under way. The store's client is its owner's to close. */
  close(): Promise<void>
}

type Base = Omit<SessionManagerOptions, 'store' | 'revocations'>
type AnyData = Record<string, unknown>

/**
 * Makes the one object that adapters, handlers and administration share. What its store cannot do is missing from its
 * type; called all the same, it rejects with `ERR_SESSION_UNSUPPORTED`.
 * @throws SessionConfigError naming the option that is missing, unknown, out of range, or at odds with another.
 */
export function createSessionManager<Data = AnyData>(
  options: Base & { store: SessionStore & SubjectIndex & ExpiredCleanup },
): SessionManager<Data> & StoredRevocation & SubjectSessions & Cleanup
export function createSessionManager<Data = AnyData>(
  options: Base & { store: SessionStore & SubjectIndex },
): SessionManager<Data> & StoredRevocation & SubjectSessions
export function createSessionManager<Data = AnyData>(
  options: Base & { store: SessionStore & ExpiredCleanup },
): SessionManager<Data> & StoredRevocation & Cleanup
export function createSessionManager<Data = AnyData>(
  options: Base & { store: SessionStore },
): SessionManager<Data> & StoredRevocation
export function createSessionManager<Data = AnyData>(
  options: Base & { store?: undefined; revocations: RevocationStore },
): SessionManager<Data> & SealedRevocation
export function createSessionManager<Data = AnyData>(options: Base & { store?: undefined }): SessionManager<Data>
export function createSessionManager<Data = AnyData>(options: SessionManagerOptions): SessionManager<Data>
export function createSessionManager<Data = AnyData>(options: SessionManagerOptions): SessionManager<Data> {
  const resolved = resolveOptions(options)
  const core = new Context(resolved)
  const stored = resolved.store && new StoreMode(core, resolved.store)
  const persistence = stored ?? new CookieMode(core, resolved.revocations)
  const remember = Remember.of(core, persistence)
  const opener = new Opener(core, persistence, remember)
  const subjects = new Subjects(core, stored)
  // A WeakMap that is older than its requests would keep them, and all that hangs on them, until V8's next full collection.
  // One symbol for a cookie, whoever has it: two managers would each overwrite what the other one sends.
  const opened = Symbol.for(`@sojourn/session ${resolved.cookie.name}`)
  type Request = { [opened]?: Session<Data> }
  const isOwn = (request: object): request is Request =>
    stateOf((request as Request | undefined)?.[opened])?.around.core === core
  for (const warning of configWarnings(resolved)) core.events.emit({ type: 'config-warning', ...warning })

  const manager: SessionManager<Data> & Pick<Subjects, 'list' | 'revoke' | 'revokeAll' | 'prune'> = {
    async open(carrier, request) {
      if (request && opened in request) throw alreadyOpen(isOwn(request), resolved.cookie.name)
      const session = createHandle<Data>(await opener.open(carrier))
      if (request) Object.defineProperty(request, opened, { value: session, configurable: true })
      return session
    },
    commit(session) {
      const state = stateOf(session)
      if (state?.around.core !== core) throw foreign()
      return new Commit(state).run()
    },
    of(request) {
      if (!isOwn(request)) throw notOpen()
      return request[opened]!
    },
    describe: (preset) => describe(resolved, preset),
    counters: () => ({ ...core.events.counters }),
    close: () => core.settled(),
    list: (subject, page) => subjects.list(subject, page),
    revoke: (id) => subjects.revoke(id),
    revokeAll: (subject, except) => subjects.revokeAll(subject, except),
    prune: (limit) => subjects.prune(limit),
  }
  return manager
}

const alreadyOpen = (own: boolean, cookie: string) =>
  new SessionUsageError(
    'ERR_SESSION_ALREADY_OPEN',
    own
      ? 'This request has a session of this manager already: mount the adapter once, before the routes that need it.'
      : `This request has a session of another manager under the cookie ${cookie}: give each manager a cookie.name of its ` +
          'own, or leave the request out of one of them (skip).',
  )

const foreign = () =>
  new SessionUsageError('ERR_SESSION_USAGE', 'commit() takes a session that this manager has opened')

const notOpen = () =>
  new SessionUsageError(
    'ERR_SESSION_USAGE',
    'This request has no session of this manager: mount the adapter before this handler, and do not skip the request.',
  )

import {
  anything,
  checkMethods,
  type Kind,
  listOf,
  listOfText,
  type Mode,
  memberOf,
  numberFrom,
  type OptionTable,
  type OptionValues,
  ofType,
  oneOf,
  own,
  readOptions,
  wholeNumberFrom,
  withMethods,
} from '../check'
import { SessionConfigError } from '../errors'
import type { SessionEvent } from '../events/events'
import { COOKIE, type CookieOptions, checkCookie, type ResolvedCookie, resolveCookie } from '../http/cookie'
import type { SiteData } from '../http/headers'
import { isPartOf } from '../http/request-cookie'
import { markerName } from '../http/withheld'
import type { BindTrait } from '../record/record'
import { FOREVER, type SessionClock, type TimeoutPolicy } from '../record/timeouts'
import { randomBytes } from '../seal/bytes'
import type { SessionCodec } from '../seal/codec'
import { KeyRing, type SessionSecret } from '../seal/keys'
import type { RevocationStore, SessionStore, SubjectLimit } from '../store/store'
import { insteadOf } from './other-libraries'
import type { SessionImport } from './session-import'

/**
 * How long a session lasts, in seconds (fractions allowed). Three clocks, each of which ends a session by itself when more
 * than its time has passed; 0 switches one off. Checked against the current configuration on every request.
 * @example
 * createSessionManager({ secret, timeouts: { ...presets.nistAal2, idle: 1800 } })
 */
export interface TimeoutOptions {
  /**
   * Seconds since the last activity. Kong: `idling_timeout`; OWASP asks for 15 to 30 minutes.
   * @default 900
   */
  idle?: number
  /**
   * Seconds since the token was last renewed. Kong: `rolling_timeout`.
   * @default 3600, or 4 × `idle` if that is longer
   */
  rolling?: number
  /**
   * Seconds since login. Kong: `absolute_timeout`; NIST SP 800-63B-4 asks for a day at AAL2.
   * @default 86400, or `rolling` if that is longer
   */
  absolute?: number
  /**
   * The share of `rolling` after which a request gets a new token: more than 0, less than 1.
   * @default 0.75
   */
  renewAfter?: number
  /**
   * Seconds for which a replaced token still works once its grace period has begun (`graceFrom`), for requests that were
   * under way. Kong: `stale_ttl`.
   * @default 10
   */
  staleTtl?: number
  /**
   * When the grace period of a renewed token begins. `first-use`: when its successor has come back, so that a lost response
   * logs no user out. `renewal`: at the renewal, as with Kong.
   * @default 'first-use'
   */
  graceFrom?: 'first-use' | 'renewal'
  /**
   * Seconds: activity is stored at most this often. Less than `idle`. Kong: `touch_threshold`.
   * @default 60, or a tenth of `idle` if that is less
   */
  touchThreshold?: number
  /**
   * Seconds: the longest lifetime that a session may have of its own, by `login(subject, { idle })` and `setIdle(seconds)`, since
   * its last activity. At least `idle`, at most 400 days. `absolute` ends such a session as any other.
   * @default `idle`, so that a lifetime can only be shorter; `absolute` if `idle` is off
   */
  longest?: number
}

/**
 * Remember-me: a second, persistent cookie that a login may ask for. When the session is over, it begins a new one for the
 * same subject, without `authenticatedAt`. Each use replaces its token; in a store, a token that comes back later ends
 * it. A session has one, that of the last login that asked for it, and it ends with the session.
 */
export interface RememberOptions {
  /**
   * The cookie's name; its other attributes are the session cookie's. It must differ from the session cookie's, and from
   * the names of its chunks: `session.2` to `session.9` for `session`.
   * @default '__Host-remember'
   */
  name?: string
  /**
   * Seconds since its last use; 0 for no limit. Kong: `remember_rolling_timeout`.
   * @default 604800
   */
  rolling?: number
  /**
   * Seconds since the login; 0 for no limit. Kong: `remember_absolute_timeout`.
   * @default 2592000
   */
  absolute?: number
  /**
   * Whether every login is remembered that does not say otherwise, as with Kong.
   * @default false
   */
  everyLogin?: boolean
  /**
   * Which keys of `data` an anonymous visitor keeps when remember-me logs them in. Name them if `data` holds what must not
   * cross a login: a CSRF secret, an OAuth `state`.
   * @default all
   */
  keep?: readonly string[]
}

/**
 * When a store that does not answer is left alone. In a row means: no call was answered in between. Only calls count that ran
 * out of time or whose connection failed, never an answer of the store.
 */
export interface CircuitBreakerOptions {
  /**
   * After so many failures in a row, a whole number of at least 1. The default is more than one request can cause: a write is
   * attempted three times.
   * @default 5
   */
  failures?: number
  /**
   * For so many seconds: 0.001 to 2147483. Then one call at a time is let through, and the first answer ends it.
   * @default 1
   */
  openFor?: number
}

/** Every option of a manager. {@link SessionManagerOptions} says which of them go together. */
export interface SessionOptions {
  /** At least 32 random bytes, as text or bytes. A list rotates secrets: the first seals, all unseal. */
  secret: SessionSecret
  /**
   * Where sessions live.
   * @default none: the sealed cookie holds the session
   */
  store?: SessionStore
  /**
   * Cookie mode: where ended sessions are remembered, so that copies of their cookies are refused.
   * @default none
   */
  revocations?: RevocationStore
  /**
   * Name and attributes of the cookie.
   * @default a `__Host-session` that is Secure, HttpOnly and Strict
   */
  cookie?: CookieOptions
  /**
   * The three clocks.
   * @default 900, 3600 and 86 400 seconds
   */
  timeouts?: TimeoutOptions
  /**
   * Which application's slot of the session this manager uses. Applications that share a cookie share its session, but one
   * request is served by one of them: two would each send a cookie of their own.
   * @default 'default'
   */
  audience?: string
  /**
   * Whether a login drops the slots of other audiences that have another subject. Kong: `enforce_same_subject`.
   * @default false
   */
  enforceSameSubject?: boolean
  /**
   * Whether `login` may ask for remember-me, and its cookie and clocks.
   * @default false
   */
  remember?: boolean | RememberOptions
  /**
   * Which traits of the client a login binds the session to; for another client its outcome is `mismatch`. Kong: `bind`. A
   * session without a login is bound to nothing, and neither is remember-me: the session that it begins is bound to the
   * client that brought it. A manager without `bind` keeps the binding that another audience's login made.
   *
   * `ip` is the whole address. Devices replace their IPv6 address within days or hours (privacy addresses, RFC 8981), so that
   * their session is a mismatch: `ip/64` compares the first 64 bits, which a home or a phone keeps longer.
   * @default []: phones change networks
   */
  bind?: readonly BindTrait[]
  /**
   * Cookie mode: deflate sessions above a kilobyte. The length of a compressed text tells something about a secret beside
   * text that an attacker chooses.
   * @default false
   */
  compress?: boolean
  /**
   * How many sessions a subject may have, a whole number of at least 1. Needs a store with a {@link SubjectLimit}.
   * @default no limit
   */
  maxPerSubject?: number
  /**
   * The most that a session may hold: bytes of UTF-8 of its JSON, with what all applications keep in it. A change of data that
   * exceeds it is refused with `ERR_SESSION_TOO_LARGE`, and nothing is written. At least 1024.
   * @default 262_144
   */
  maxBytes?: number
  /**
   * What a login beyond `maxPerSubject` does: it ends the oldest session, but first those that were never used since their
   * login; or it rejects with `ERR_SESSION_LIMIT`.
   * @default 'evict-oldest'
   */
  onLimit?: 'evict-oldest' | 'refuse'
  /**
   * Store mode: what follows when a token comes back after its grace period: an event, or the end of the session as well.
   * @default 'report'
   */
  onReuse?: 'report' | 'destroy'
  /**
   * What browsers are told to clear with `logout` and `destroy`, by the header Clear-Site-Data (W3C; OWASP ASVS 5.0, 14.3.1). True is
   * `['cache', 'storage']`: cached pages, local storage, IndexedDB and service workers of the whole origin. `cookies` clears those of
   * the whole registrable domain, also of other subdomains and applications; our own cookie is cleared without it. Sent over https
   * only. A route that logs out should refuse requests of other sites then: see `sameOriginOnly`.
   * @default false
   */
  clearSiteData?: boolean | readonly SiteData[]
  /**
   * When the store fails while a session is opened: fail the request with 503, or go on with an empty session that cannot
   * be changed.
   * @default 'fail'
   */
  onUnavailable?: 'fail' | 'empty'
  /**
   * Seconds that all store calls of one open, one commit or one awaited operation may take together: 0.001 to 2147483,
   * which is as long as timers run. Time in which this process was blocked does not count. A write that waits as long behind
   * other writes of this process to the same session rejects with `ERR_SESSION_BUSY`.
   * @default 2
   */
  storeTimeout?: number
  /**
   * Sessions that another library has begun: `importFrom(…)` of `@sojourn/session-compat/import`. A request without a cookie of
   * ours that brings an old one goes on with that session, as one of ours.
   * @default none
   */
  imports?: SessionImport
  /**
   * Whether calls are refused at once while the store does not answer, with `ERR_STORE_UNAVAILABLE`, and when. All managers of
   * this process that use the same store object share what is known of it. Background clean-up and `check()` are not refused.
   * @default true
   */
  circuitBreaker?: boolean | CircuitBreakerOptions
  /**
   * Called with every {@link SessionEvent}. What it throws is ignored.
   * @default none
   */
  onEvent?: (event: SessionEvent) => void
  /**
   * How rows, or cookies in cookie mode, are sealed. Not with a store in memory, which seals nothing.
   * @default iron
   */
  codec?: SessionCodec
  /**
   * The current time in epoch ms, a whole number.
   * @default Date.now
   */
  clock?: SessionClock
  /**
   * Random bytes, fit for keys.
   * @default the runtime's generator
   */
  random?: (length: number) => Uint8Array
}

declare const refused: unique symbol
/** The type of an option that has no effect without the named one: no value has it. */
export interface OptionNeeds<Option extends string> {
  /** Names the option that is missing. */
  readonly [refused]: Option
}
/** The type of an option that has no effect beside the named one: no value has it. */
export interface OptionNotWith<Option extends string> {
  /** Names the option that it cannot stand beside. */
  readonly [refused]: Option
}

/** Options of a manager that keeps its sessions in sealed cookies. */
export interface CookieModeOptions
  extends Omit<SessionOptions, 'store' | 'maxPerSubject' | 'onLimit' | 'onReuse' | 'imports'> {
  /**
   * Left out: the sealed cookie holds the session.
   * @default none
   */
  store?: undefined
  /** Needs a store that keeps the order of logins. */
  maxPerSubject?: OptionNeeds<'store'>
  /** Needs a store, and `maxPerSubject`. */
  onLimit?: OptionNeeds<'store'>
  /** Needs a store: a sealed cookie cannot tell that another one has replaced it. */
  onReuse?: OptionNeeds<'store'>
  /** Needs a store, which remembers what was imported. */
  imports?: OptionNeeds<'store'>
}

/** Options of a manager that keeps its sessions in a store. */
export interface StoreModeOptions
  extends Omit<SessionOptions, 'store' | 'cookie' | 'revocations' | 'compress' | 'maxPerSubject' | 'onLimit'> {
  /** Where sessions live. */
  store: SessionStore
  /**
   * Name and attributes of the cookie.
   * @default a `__Host-session` that is Secure, HttpOnly and Strict
   */
  cookie?: StoreCookieOptions
  /** For cookie mode: a store forgets ended sessions by itself. */
  revocations?: OptionNotWith<'store'>
  /**
   * For cookie mode: with a store the cookie is short.
   * @default false
   */
  compress?: false | OptionNotWith<'store'>
  /** Needs a store that keeps the order of logins. */
  maxPerSubject?: OptionNeeds<'a store with SubjectLimit'>
  /** Needs `maxPerSubject`. */
  onLimit?: OptionNeeds<'maxPerSubject'>
}

/** Options of a manager whose store also bounds how many sessions a subject has. */
export interface LimitedStoreOptions
  extends Omit<StoreModeOptions, 'store' | 'maxPerSubject' | 'onLimit'>,
    Pick<SessionOptions, 'onLimit'> {
  /** Where sessions live, and the order of each subject's logins. */
  store: SessionStore & SubjectLimit
  /** How many sessions a subject may have, a whole number of at least 1; undefined for no limit. */
  maxPerSubject: number | undefined
}

/** The same, where the limit itself may be left out: `onLimit` has no effect then. */
export interface OptionalLimitOptions extends Omit<StoreModeOptions, 'store' | 'maxPerSubject'> {
  /** Where sessions live, and the order of each subject's logins. */
  store: SessionStore & SubjectLimit
  /**
   * How many sessions a subject may have, a whole number of at least 1.
   * @default no limit
   */
  maxPerSubject?: number
}

/** {@link CookieOptions} for store mode, where the cookie holds a short token. */
export interface StoreCookieOptions extends Omit<CookieOptions, 'chunks'> {
  /** For cookie mode: with a store the cookie is short. */
  chunks?: OptionNotWith<'store'>
}

/** The options that go together with a store. */
export type SessionStoreOptions = StoreModeOptions | LimitedStoreOptions | OptionalLimitOptions

/** What {@link createSessionManager} takes: the options that go together. */
export type SessionManagerOptions = CookieModeOptions | SessionStoreOptions

/** Timeouts that a standard, or the reference system, asks for. Spread one and change what you need. */
export const presets = {
  /** Kong's Session plugin, and our own defaults. */
  kong: { idle: 900, rolling: 3600, absolute: 86_400 },
  /** NIST SP 800-63B-4, AAL1: an overall limit of 30 days; no idle limit is asked for. */
  nistAal1: { idle: 0, rolling: 86_400, absolute: 2_592_000 },
  /** NIST SP 800-63B-4, AAL2: an hour of inactivity, a day overall. */
  nistAal2: { idle: 3600, rolling: 14_400, absolute: 86_400 },
  /** NIST SP 800-63B-4, AAL3: a quarter of an hour of inactivity, twelve hours overall. */
  nistAal3: { idle: 900, rolling: 3600, absolute: 43_200 },
  /** OWASP Session Management Cheat Sheet, high-value applications: five minutes, and a working day at most. */
  owaspHighValue: { idle: 300, rolling: 1200, absolute: 28_800 },
} as const satisfies Record<string, TimeoutOptions>

/** The name of a preset. */
export type PresetName = keyof typeof presets

/** As long as timers run, in seconds: longer ones than 2³¹ ms fire at once. */
const MAX_TIMER = 2_147_483

const share: Kind = (option, value) => {
  numberFrom(0)(option, value)
  if (value === 0 || Number(value) >= 1) {
    throw new SessionConfigError(option, `must be more than 0 and less than 1, and is ${value}`)
  }
}

// What comes of a wrong clock, or of wrong bytes, would show only when sessions do not open.
const clock: Kind = (option, value) => {
  ofType('function')(option, value)
  // Stores keep times in columns for whole numbers.
  if (Number.isInteger((value as SessionClock)())) return
  throw new SessionConfigError(option, 'must return epoch milliseconds, a whole number')
}

const random: Kind = (option, value) => {
  ofType('function')(option, value)
  const draw = value as typeof randomBytes
  const [one, other] = [draw(16), draw(16)]
  if (!(one instanceof Uint8Array)) throw new SessionConfigError(option, 'must return a Uint8Array')
  if (one.every((byte, i) => byte === other[i])) {
    throw new SessionConfigError(
      option,
      'returned the same 16 bytes twice: it must be a cryptographic random generator',
    )
  }
}

/** What `clearSiteData: true` clears. Not cookies: ours is cleared anyway, and the others are not ours. */
const SITE_DATA = ['cache', 'storage'] as const satisfies SiteData[]

const siteData: Kind = (option, value) => {
  if (typeof value !== 'boolean') listOf('cache', 'cookies', 'storage')(option, value)
}

export const TIMEOUTS = {
  idle: { kind: numberFrom(0), unit: 'seconds', default: 900 },
  rolling: { kind: numberFrom(0), unit: 'seconds', derive: ({ idle }) => Math.max(3600, 4 * idle) },
  absolute: { kind: numberFrom(0), unit: 'seconds', derive: ({ rolling }) => Math.max(86_400, rolling) },
  renewAfter: { kind: share, default: 0.75 },
  staleTtl: { kind: numberFrom(0), unit: 'seconds', default: 10 },
  graceFrom: { kind: oneOf('first-use', 'renewal'), default: 'first-use' as 'first-use' | 'renewal' },
  touchThreshold: { kind: numberFrom(0), unit: 'seconds', derive: ({ idle }) => Math.min(60, idle / 10) },
  longest: {
    kind: numberFrom(0, FOREVER / 1000),
    unit: 'seconds',
    derive: ({ idle, absolute }) => Math.min(idle || absolute, FOREVER / 1000),
  },
} satisfies OptionTable<TimeoutOptions>

export const REMEMBER = {
  name: { kind: ofType('string'), default: '__Host-remember' },
  rolling: { kind: numberFrom(0), unit: 'seconds', default: 604_800 },
  absolute: { kind: numberFrom(0), unit: 'seconds', default: 2_592_000 },
  everyLogin: { kind: ofType('boolean'), default: false },
  keep: { kind: listOfText },
} satisfies OptionTable<RememberOptions>

export const CIRCUIT_BREAKER = {
  failures: { kind: wholeNumberFrom(1), default: 5 },
  openFor: { kind: numberFrom(0.001, MAX_TIMER), unit: 'seconds', default: 1 },
} satisfies OptionTable<CircuitBreakerOptions>

export const OPTIONS = {
  secret: { kind: anything, internal: true },
  store: { kind: withMethods('create', 'read', 'update', 'touch', 'delete'), internal: true },
  revocations: {
    kind: withMethods('revoke', 'read'),
    mode: 'cookie',
    because: 'a store forgets ended sessions by itself',
    internal: true,
  },
  cookie: { kind: ofType('object'), default: {} },
  timeouts: { kind: ofType('object'), default: {} },
  audience: { kind: ofType('string'), default: 'default' },
  enforceSameSubject: { kind: ofType('boolean'), default: false },
  maxBytes: { kind: wholeNumberFrom(1024), default: 256 * 1024 },
  maxPerSubject: { kind: wholeNumberFrom(1), mode: 'store', because: 'it keeps the order of logins' },
  onLimit: { kind: oneOf('evict-oldest', 'refuse'), default: 'evict-oldest', needs: 'maxPerSubject' },
  remember: { kind: ofType('boolean', 'object'), default: false },
  bind: { kind: listOf('ip', 'ip/64', 'ip/56', 'ip/48', 'scheme', 'user-agent'), default: [] as readonly BindTrait[] },
  compress: { kind: ofType('boolean'), default: false, mode: 'cookie', because: 'with a store the cookie is short' },
  onReuse: {
    kind: oneOf('report', 'destroy'),
    default: 'report',
    mode: 'store',
    because: 'a sealed cookie cannot tell that another one has replaced it',
  },
  clearSiteData: { kind: siteData, default: false as boolean | readonly SiteData[] },
  onUnavailable: { kind: oneOf('fail', 'empty'), default: 'fail' },
  storeTimeout: { kind: numberFrom(0.001, MAX_TIMER), unit: 'seconds', default: 2 },
  imports: {
    kind: withMethods('attach'),
    mode: 'store',
    because: 'it remembers what was imported',
    internal: true,
  },
  circuitBreaker: { kind: ofType('boolean', 'object'), default: true },
  onEvent: { kind: ofType('function'), internal: true },
  codec: { kind: withMethods('seal', 'unseal'), internal: true },
  clock: { kind: clock, default: Date.now, internal: true },
  random: { kind: random, default: randomBytes, internal: true },
} satisfies OptionTable<SessionOptions>

/** Names of options below the root, and names in other libraries: the option that is meant. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...Object.keys(COOKIE).map((name) => [name, `cookie.${name}`] as const),
  ...Object.keys(TIMEOUTS).map((name) => [name, `timeouts.${name}`] as const),
  ['cookieName', 'cookie.name'],
  ['cookieOptions', 'cookie'],
  ['key', 'cookie.name'],
  ['password', 'secret'],
  ['keys', 'secret'],
  ['storage', 'store'],
  ['maxAge', 'timeouts'],
  ['expires', 'timeouts'],
  ['ttl', 'timeouts'],
])

type Values = OptionValues<SessionOptions, typeof OPTIONS>

/** Options with every default filled in and every rule checked; durations in milliseconds. */
export interface ResolvedOptions
  extends Omit<Values, 'secret' | 'cookie' | 'timeouts' | 'remember' | 'clearSiteData' | 'circuitBreaker'> {
  readonly keys: KeyRing
  readonly cookie: ResolvedCookie
  readonly timeouts: TimeoutPolicy
  readonly remember: ResolvedRemember | undefined
  /** Empty if the header is not sent. */
  readonly clearSiteData: readonly SiteData[]
  /** Undefined if it is off. */
  readonly circuitBreaker: OptionValues<CircuitBreakerOptions, typeof CIRCUIT_BREAKER> | undefined
}

/** Remember-me as configured, with its cookie and clocks. */
interface ResolvedRemember extends OptionValues<RememberOptions, typeof REMEMBER> {
  readonly cookie: ResolvedCookie
  readonly timeouts: TimeoutPolicy
}

/** @throws SessionConfigError naming the first option that is missing, unknown, out of range, or at odds with another. */
export function resolveOptions(given: object): ResolvedOptions {
  if (typeof given !== 'object' || given === null) {
    throw new SessionConfigError('options', 'are missing: createSessionManager({ secret })')
  }
  const options = own(given as SessionOptions)
  const mode: Mode = options.store ? 'store' : 'cookie'
  const context = { elsewhere: ELSEWHERE, insteadOf, mode }
  const { secret, ...values } = readOptions('', options, OPTIONS, context)
  const { store, maxPerSubject, codec } = values
  if (store && maxPerSubject !== undefined) {
    checkMethods(
      'maxPerSubject',
      store,
      ['acquire', 'holders', 'release'],
      'needs a store that keeps the order of logins; this one ',
    )
  }
  if (store && memberOf(store, 'inMemory') && codec) {
    throw new SessionConfigError(
      'codec',
      'has nothing to seal; what this store holds never leaves the process: leave it out',
    )
  }
  const cookie = resolveCookie(values.cookie, context)
  const timeouts = resolveTimeouts(values.timeouts)
  return {
    ...values,
    keys: new KeyRing(secret),
    clearSiteData: values.clearSiteData === true ? SITE_DATA : values.clearSiteData || [],
    cookie,
    timeouts,
    circuitBreaker: values.circuitBreaker
      ? readOptions('circuitBreaker.', values.circuitBreaker === true ? {} : values.circuitBreaker, CIRCUIT_BREAKER)
      : undefined,
    remember: values.remember ? resolveRemember(values.remember, cookie, timeouts) : undefined,
  }
}

function resolveTimeouts(given: TimeoutOptions): TimeoutPolicy {
  const options = own(given, 'timeouts')
  const timeouts = readOptions('timeouts.', options, TIMEOUTS)
  const { idle, touchThreshold } = timeouts
  // Only one that was given: rounded to a millisecond, the default can be as long as a very short idle.
  if (options.touchThreshold !== undefined && idle > 0 && touchThreshold >= idle) {
    throw new SessionConfigError(
      'timeouts.touchThreshold',
      `would let active sessions idle out after ${idle / 1000} s: leave it out, or choose at most ${idle / 10_000}`,
    )
  }
  if (options.longest !== undefined && timeouts.longest < idle) {
    throw new SessionConfigError('timeouts.longest', `must be at least idle, which is ${idle / 1000} s`)
  }
  return timeouts
}

function resolveRemember(
  options: true | RememberOptions,
  session: ResolvedCookie,
  { staleTtl, graceFrom }: TimeoutPolicy,
): ResolvedRemember {
  const values = readOptions('remember.', options === true ? ({} as RememberOptions) : options, REMEMBER)
  const { name, rolling, absolute } = values
  if (isPartOf(name, session.name) || isPartOf(session.name, name)) {
    throw new SessionConfigError('remember.name', 'must differ from cookie.name, and from the names of its chunks')
  }
  if (session.marker && name === markerName(session.name)) {
    throw new SessionConfigError(
      'remember.name',
      'is the name of the marker beside the session cookie: see cookie.marker',
    )
  }
  return {
    ...values,
    cookie: rememberCookie(session, name),
    // Renewed at every use, however soon, so that a stolen token is noticed at its next use.
    timeouts: {
      idle: 0,
      rolling: rolling || FOREVER,
      absolute: absolute || FOREVER,
      renewAfter: -1,
      staleTtl,
      graceFrom,
      touchThreshold: 0,
      longest: 0,
    },
  }
}

function rememberCookie(session: ResolvedCookie, name: string): ResolvedCookie {
  try {
    return checkCookie({ ...session, name, persistent: true })
  } catch (error) {
    // The session's cookie has passed with these attributes, so it is this name that does not go with them.
    throw new SessionConfigError(
      'remember.name',
      `does not go with the attributes of cookie (${(error as Error).message})`,
    )
  }
}

import { checkChoice, checkKnown, checkNumber, checkType } from '../check'
import { SessionConfigError } from '../errors'
import type { SessionEvent } from '../events'
import { type CookieOptions, type ResolvedCookie, resolveCookie } from '../http/cookie'
import { isPartOf } from '../http/request-cookie'
import type { BindTrait } from '../record/record'
import type { TimeoutPolicy } from '../record/timeouts'
import { FOREVER, type SessionClock } from '../record/timeouts'
import { type RandomBytes, randomBytes } from '../seal/bytes'
import type { SessionCodec } from '../seal/codec'
import { KeyRing, type SessionSecret } from '../seal/keys'
import type { RevocationStore, SessionStore } from '../store/store'

/**
 * How long a session lasts, in seconds (fractions allowed). Three clocks, each of which ends a session by itself when more
 * than its time has passed; 0 switches one off. Checked against the current configuration on every request.
 */
export interface TimeoutOptions {
  /** Since the last activity. Default 900 (Kong `idling_timeout`, OWASP: 15 minutes). */
  idle?: number
  /** Since the token was last renewed. Default 3600 (Kong `rolling_timeout`), or 4 × `idle` where that is given and longer. */
  rolling?: number
  /** Since login. Default 86400 (Kong `absolute_timeout`, NIST 800-63B-4 AAL2), or `rolling` where that is longer. */
  absolute?: number
  /** The share of `rolling` after which a request gets a new token: more than 0, less than 1. Default 0.75. */
  renewAfter?: number
  /**
   * How long a token that was renewed away still works after its grace has begun (see `graceFrom`), for requests under way.
   * Default 10 (Kong `stale_ttl`).
   */
  staleTtl?: number
  /**
   * When the grace of a token that was renewed away begins to end. `first-use`: when its successor has come back, so that a
   * response that was lost logs nobody out. `renewal`: at the renewal, as Kong has it. Default `first-use`.
   */
  graceFrom?: 'first-use' | 'renewal'
  /** Activity is noted at most this often. Default 60 (Kong `touch_threshold`), never more than a tenth of `idle`. */
  touchThreshold?: number
}

/**
 * Remember-me: a second, persistent cookie that a login may ask for. When the session is over, it begins a new one for the
 * same subject, without `authenticatedAt`; each use replaces its token, and (in a store) a token that comes back later ends
 * it. A session has one, that of the last login that asked for it, and it ends with the session.
 */
export interface RememberOptions {
  /**
   * The cookie's name; its other attributes are the session cookie's. Default `__Host-remember`. Not the session cookie's,
   * nor that of one of its chunks: `session.2` to `session.9` for `session`.
   */
  name?: string
  /** Seconds since its last use. Default 604800 (Kong `remember_rolling_timeout`); 0 for no limit. */
  rolling?: number
  /** Seconds since the login. Default 2592000 (Kong `remember_absolute_timeout`); 0 for no limit. */
  absolute?: number
  /** Whether a login that does not say so is remembered, as all are with Kong. Default false. */
  everyLogin?: boolean
  /**
   * Which keys of `data` an anonymous visitor keeps when remember-me logs them in. Default all. Name them where `data`
   * holds what must not cross a login: a CSRF secret, an OAuth `state`.
   */
  keep?: readonly string[]
}

/** What {@link createSessionManager} takes. */
export interface SessionManagerOptions {
  /** At least 32 random bytes, as text or bytes; a list rotates: the first seals, all unseal. Required. */
  secret: SessionSecret
  /** Where sessions live. Left out, the sealed cookie holds the session. */
  store?: SessionStore
  /** For cookie mode: where ended cookies are remembered, so that copies of them are dead. Default none. */
  revocations?: RevocationStore
  /** Name and attributes of the cookie. */
  cookie?: CookieOptions
  /** The three clocks. */
  timeouts?: TimeoutOptions
  /**
   * Which application's slot of the session this is. Default `default`. Applications that share a cookie share its session,
   * one of them in each request: two that answer the same one would each hand out a cookie of their own.
   */
  audience?: string
  /** At login, whether slots of other audiences with another subject are dropped (Kong `enforce_same_subject`). Default false. */
  enforceSameSubject?: boolean
  /** Whether `login` may ask for remember-me, and its cookie and clocks. Default false. */
  remember?: boolean | RememberOptions
  /**
   * Which traits of the client a login binds the session to (Kong `bind`); `mismatch` for any other client. Default none:
   * phones change networks. A session without a login is bound to nothing, and neither is remember-me: the session that it
   * begins is bound to whoever brought it. An application without `bind` leaves the binding by another one's login alone.
   *
   * `ip` is the whole address. Devices replace their IPv6 address within days or hours (privacy addresses, RFC 8981), so that
   * their session is a mismatch: `ip/64` compares the first 64 bits, which a home or a phone keeps longer.
   */
  bind?: readonly BindTrait[]
  /**
   * Cookie mode: deflate sessions above a kilobyte. Default false: the length of what was compressed tells something
   * about secrets beside text that an attacker chooses.
   */
  compress?: boolean
  /** How many sessions a subject may have. Default no limit. Needs a store with a subject limit. */
  maxPerSubject?: number
  /** At the limit: end the oldest session, or refuse the login with `ERR_SESSION_LIMIT`. Default `evict-oldest`. */
  onLimit?: 'evict-oldest' | 'refuse'
  /**
   * When a token comes back whose grace is over: report it, or end the session as well. Default `report`. Needs a store:
   * a sealed cookie cannot tell.
   */
  onReuse?: 'report' | 'destroy'
  /** When the store is down as a session is opened: fail the request with 503, or go on with an empty session that cannot be changed. Default `fail`. */
  onUnavailable?: 'fail' | 'empty'
  /**
   * Seconds that all store calls of one open, one commit or one awaited operation may take together. Default 2. A
   * millisecond to 2147483, which is as long as timers run.
   */
  storeTimeout?: number
  /** Called with every {@link SessionEvent}. What it throws is ignored. */
  onEvent?: (event: SessionEvent) => void
  /** How rows, or cookies in cookie mode, are sealed. Default iron. Not with a store in memory, which seals nothing. */
  codec?: SessionCodec
  /** The current time in epoch ms, a whole number. Default `Date.now`. */
  clock?: SessionClock
  /** Random bytes, fit for keys. Default the runtime's generator. */
  random?: RandomBytes
}

/** Options with every default filled in and every rule checked. */
export interface ResolvedOptions {
  readonly keys: KeyRing
  readonly store: SessionStore | undefined
  readonly revocations: RevocationStore | undefined
  readonly cookie: ResolvedCookie
  readonly timeouts: TimeoutPolicy
  readonly audience: string
  readonly enforceSameSubject: boolean
  /** Cookie and clocks of remember-me, where it is switched on. */
  readonly remember:
    | {
        readonly cookie: ResolvedCookie
        readonly timeouts: TimeoutPolicy
        readonly everyLogin: boolean
        readonly keep: readonly string[] | undefined
      }
    | undefined
  readonly bind: readonly BindTrait[]
  readonly compress: boolean
  readonly maxPerSubject: number | undefined
  readonly onLimit: 'evict-oldest' | 'refuse'
  readonly onReuse: 'report' | 'destroy'
  readonly onUnavailable: 'fail' | 'empty'
  /** In milliseconds, as the rest of core counts. */
  readonly storeTimeout: number
  readonly onEvent: ((event: SessionEvent) => void) | undefined
  readonly codec: SessionCodec | undefined
  readonly clock: SessionClock
  readonly random: RandomBytes
}

/** Seconds: longer timers than 2³¹ ms fire at once. */
const MAX_TIMER = 2_147_483

const TIMEOUTS = ['idle', 'rolling', 'absolute', 'renewAfter', 'staleTtl', 'graceFrom', 'touchThreshold']
const COOKIE = [
  'name',
  'path',
  'domain',
  'secure',
  'httpOnly',
  'sameSite',
  'partitioned',
  'priority',
  'persistent',
  'chunks',
]
const OPTIONS = [
  ...[
    'secret',
    'store',
    'revocations',
    'cookie',
    'timeouts',
    'audience',
    'enforceSameSubject',
    'maxPerSubject',
    'onLimit',
  ],
  ...[
    'remember',
    'bind',
    'compress',
    'onReuse',
    'onUnavailable',
    'storeTimeout',
    'onEvent',
    'codec',
    'clock',
    'random',
  ],
]

/** Options that lie deeper here, and what other libraries call some of ours. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...COOKIE.map((name) => [name, `cookie.${name}`] as const),
  ...TIMEOUTS.map((name) => [name, `timeouts.${name}`] as const),
  ['cookieName', 'cookie.name'],
  ['cookieOptions', 'cookie'],
  ['password', 'secret'],
  ['storage', 'store'],
  ['maxAge', 'timeouts'],
  ['expires', 'timeouts'],
  ['ttl', 'timeouts'],
])

/** @throws SessionConfigError naming the first option that is missing, unknown, out of range, or at odds with another. */
export function resolveOptions(options: SessionManagerOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new SessionConfigError('options', 'are missing: createSessionManager({ secret })')
  }
  checkKnown('', options, OPTIONS, ELSEWHERE)
  checkTypes(options)
  checkSources(options)
  checkStorage(options)
  checkLimit(options)
  const { store, revocations, maxPerSubject } = options
  const cookie = resolveCookie(options.cookie ?? {})
  const timeouts = resolveTimeouts(options.timeouts ?? {})
  return {
    keys: new KeyRing(options.secret),
    store,
    revocations,
    cookie,
    timeouts,
    remember: options.remember ? resolveRemember(options.remember, cookie, timeouts) : undefined,
    bind: [...(options.bind ?? [])],
    compress: options.compress ?? false,
    audience: options.audience ?? 'default',
    enforceSameSubject: options.enforceSameSubject ?? false,
    maxPerSubject,
    onLimit: options.onLimit ?? 'evict-oldest',
    onReuse: options.onReuse ?? 'report',
    onUnavailable: options.onUnavailable ?? 'fail',
    storeTimeout: (options.storeTimeout ?? 2) * 1000,
    onEvent: options.onEvent,
    codec: options.codec,
    clock: options.clock ?? Date.now,
    random: options.random ?? randomBytes,
  }
}

/** What comes of a wrong clock, or of wrong bytes, would show only when sessions do not open. */
function checkSources({ clock, random }: SessionManagerOptions): void {
  // Stores keep instants in columns for whole numbers.
  if (clock && !Number.isInteger(clock())) {
    throw new SessionConfigError('clock', 'must return epoch milliseconds, a whole number')
  }
  if (!random) return
  const [one, other] = [random(16), random(16)]
  if (!(one instanceof Uint8Array)) throw new SessionConfigError('random', 'must return a Uint8Array')
  if (one.every((byte, i) => byte === other[i])) {
    throw new SessionConfigError(
      'random',
      'returned the same 16 bytes twice: it must be a cryptographic random generator',
    )
  }
}

/** What the chosen store makes no use of is refused: an option that does nothing looks like one that does. */
function checkStorage({ store, revocations, compress, cookie, codec, onReuse }: SessionManagerOptions): void {
  const refuse = (option: string, message: string): never => {
    throw new SessionConfigError(option, `${message}: leave it out`)
  }
  if (!store) {
    if (onReuse) refuse('onReuse', 'needs a store; a sealed cookie cannot tell that another has replaced it')
    return
  }
  if (compress) refuse('compress', 'is for cookie mode')
  if (cookie?.chunks !== undefined) refuse('cookie.chunks', 'is for cookie mode; with a store the cookie is short')
  if (codec && store.inMemory) refuse('codec', 'has nothing to seal; what this store holds never leaves the process')
  if (revocations) {
    throw new SessionConfigError(
      'revocations',
      'are for cookie mode; a store forgets ended sessions by itself: leave one out',
    )
  }
}

function checkLimit({ store, maxPerSubject, onLimit }: SessionManagerOptions): void {
  if (maxPerSubject === undefined) {
    if (onLimit) throw new SessionConfigError('onLimit', 'needs maxPerSubject')
    return
  }
  if (!(Number.isSafeInteger(maxPerSubject) && maxPerSubject > 0)) {
    throw new SessionConfigError('maxPerSubject', 'must be a whole number of at least 1; leave it out for no limit')
  }
  if (!store) throw new SessionConfigError('maxPerSubject', 'needs a store that keeps the order of logins')
  checkMethods(
    'maxPerSubject',
    store,
    ['acquire', 'holders', 'release'],
    'needs a store that keeps the order of logins; this one ',
  )
}

function checkTypes(options: SessionManagerOptions): void {
  for (const name of ['store', 'revocations', 'cookie', 'timeouts', 'codec'] as const)
    checkType(name, options[name], 'object')
  for (const name of ['onEvent', 'clock', 'random'] as const) checkType(name, options[name], 'function')
  checkMethods('store', options.store, ['create', 'read', 'update', 'touch', 'delete'])
  checkMethods('revocations', options.revocations, ['revoke', 'read'])
  checkMethods('codec', options.codec, ['seal', 'unseal'])
  checkType('audience', options.audience, 'string')
  checkType('enforceSameSubject', options.enforceSameSubject, 'boolean')
  checkType('compress', options.compress, 'boolean')
  checkType('remember', options.remember, 'boolean', 'object')
  if (options.bind !== undefined && !Array.isArray(options.bind)) throw new SessionConfigError('bind', 'must be a list')
  for (const trait of options.bind ?? [])
    checkChoice('bind', trait, ['ip', 'ip/64', 'ip/56', 'ip/48', 'scheme', 'user-agent'])
  checkChoice('onLimit', options.onLimit, ['evict-oldest', 'refuse'])
  checkChoice('onReuse', options.onReuse, ['report', 'destroy'])
  checkChoice('onUnavailable', options.onUnavailable, ['fail', 'empty'])
  checkNumber('storeTimeout', options.storeTimeout, 0.001, MAX_TIMER)
  const cookie = options.cookie ?? {}
  checkKnown('cookie.', cookie, COOKIE, ELSEWHERE)
  for (const name of ['name', 'path', 'domain'] as const) checkType(`cookie.${name}`, cookie[name], 'string')
  for (const name of ['secure', 'httpOnly', 'partitioned', 'persistent'] as const)
    checkType(`cookie.${name}`, cookie[name], 'boolean')
  checkType('cookie.chunks', cookie.chunks, 'number')
  checkChoice('cookie.sameSite', cookie.sameSite, ['strict', 'lax', 'none', 'default'])
  checkChoice('cookie.priority', cookie.priority, ['low', 'medium', 'high'])
}

function resolveRemember(
  options: true | RememberOptions,
  session: ResolvedCookie,
  { staleTtl, graceFrom }: TimeoutPolicy,
): ResolvedOptions['remember'] {
  const given = options === true ? {} : options
  const { name = '__Host-remember', rolling = 604_800, absolute = 2_592_000, everyLogin = false, keep } = given
  checkKnown('remember.', given, ['name', 'rolling', 'absolute', 'everyLogin', 'keep'])
  checkType('remember.name', name, 'string')
  checkNumber('remember.rolling', rolling, 0)
  checkNumber('remember.absolute', absolute, 0)
  checkType('remember.everyLogin', everyLogin, 'boolean')
  if (keep !== undefined && !(Array.isArray(keep) && keep.every((key) => typeof key === 'string'))) {
    throw new SessionConfigError('remember.keep', 'must be a list of keys of session.data')
  }
  if (isPartOf(name, session.name) || isPartOf(session.name, name)) {
    throw new SessionConfigError('remember.name', 'must differ from cookie.name, and from the names of its chunks')
  }
  const ms = (seconds: number) => milliseconds(seconds) || FOREVER
  return {
    cookie: rememberCookie(session, name),
    everyLogin,
    keep: keep && [...keep],
    // Renewed at every use, however soon: that is what makes a stolen one come back as reused.
    timeouts: {
      idle: 0,
      rolling: ms(rolling),
      absolute: ms(absolute),
      renewAfter: -1,
      staleTtl,
      graceFrom,
      touchThreshold: 0,
    },
  }
}

function rememberCookie(session: ResolvedCookie, name: string): ResolvedCookie {
  try {
    return resolveCookie({ ...session, name, persistent: true })
  } catch (error) {
    // The session's cookie has passed with these attributes: it is this name that they do not go with.
    throw new SessionConfigError(
      'remember.name',
      `does not go with the attributes of cookie (${(error as Error).message})`,
    )
  }
}

function checkMethods(option: string, value: object | undefined, methods: string[], before = ''): void {
  if (value && 'then' in value) throw new SessionConfigError(option, 'is a promise: await it, and pass what it yields')
  for (const method of value ? methods : []) {
    if (typeof (value as Record<string, unknown>)[method] !== 'function') {
      throw new SessionConfigError(option, `${before}has no method ${method}()`)
    }
  }
}

// 0 switches a clock off, so whatever is more than that stays more than that.
const milliseconds = (seconds: number) => (seconds > 0 ? Math.max(1, Math.round(seconds * 1000)) : 0)

/** @throws SessionConfigError for values that no clock can have. */
function resolveTimeouts(options: TimeoutOptions): TimeoutPolicy {
  checkKnown('timeouts.', options, TIMEOUTS)
  const { graceFrom, ...numbers } = options
  for (const [name, value] of Object.entries(numbers)) checkNumber(`timeouts.${name}`, value, 0)
  checkChoice('timeouts.graceFrom', graceFrom, ['first-use', 'renewal'])
  const idle = options.idle ?? 900
  const rolling = options.rolling ?? Math.max(3600, 4 * idle)
  const absolute = options.absolute ?? Math.max(86_400, rolling)
  const { renewAfter = 0.75, staleTtl = 10, touchThreshold = Math.min(60, idle / 10) } = options
  if (renewAfter <= 0 || renewAfter >= 1) {
    throw new SessionConfigError('timeouts.renewAfter', `must be more than 0 and less than 1, and is ${renewAfter}`)
  }
  if (options.touchThreshold !== undefined && idle > 0 && touchThreshold >= idle) {
    throw new SessionConfigError(
      'timeouts.touchThreshold',
      `of ${touchThreshold} s would let active sessions idle out after ${idle} s: leave it out, or choose at most ${idle / 10}`,
    )
  }
  return {
    idle: milliseconds(idle),
    rolling: milliseconds(rolling),
    absolute: milliseconds(absolute),
    renewAfter,
    staleTtl: milliseconds(staleTtl),
    graceFrom: graceFrom ?? 'first-use',
    touchThreshold: milliseconds(touchThreshold),
  }
}

/** Why users may be logged out earlier than `idle` suggests; undefined where they are not. */
export function rollingWarning({ idle, rolling, renewAfter }: TimeoutPolicy): string | undefined {
  if (rolling === 0 || idle <= rolling * (1 - renewAfter)) return undefined
  const [i, r, window] = [idle, rolling, rolling * (1 - renewAfter)].map((ms) => Math.round(ms / 1000))
  return (
    `idle (${i} s) is longer than the last part of rolling (${window} of ${r} s) in which a request renews the session: ` +
    'a user who pauses across it is logged out before idle runs out. Raise rolling to four times idle, or lower idle.'
  )
}

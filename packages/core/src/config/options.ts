import {
  anything,
  checkMethods,
  hasMethod,
  type Kind,
  listOf,
  listOfText,
  type Mode,
  madeBy,
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
import { COOKIE, checkCookie, type ResolvedCookie, resolveCookie } from '../http/cookie'
import type { SiteData } from '../http/headers'
import { isPartOf } from '../http/request-cookie'
import { markerName } from '../http/withheld'
import type { BindTrait } from '../record/record'
import { FOREVER, type SessionClock, type TimeoutPolicy } from '../record/timeouts'
import { randomBytes } from '../seal/bytes'
import { KeyRing } from '../seal/keys'
import { insteadOf } from './other-libraries'
import type { CircuitBreakerOptions, RememberOptions, SessionOptions, TimeoutOptions } from './session-options'

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

const sessionImport: Kind = (option, value) => {
  const [first] = [value].flat()
  if (hasMethod(first, 'names') && hasMethod(first, 'open')) {
    throw new SessionConfigError(option, 'is not wrapped: pass importFrom(connectSid(…))')
  }
  withMethods('attach')(option, value)
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
  store: {
    kind: madeBy('redisStore(client)', 'postgresStore(pool)', 'create', 'read', 'update', 'touch', 'delete'),
    internal: true,
  },
  revocations: {
    kind: madeBy('redisRevocations(client)', 'postgresRevocations(pool)', 'revoke', 'read'),
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
  imports: { kind: sessionImport, internal: true },
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

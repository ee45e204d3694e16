/** Returns the current time, epoch ms. Tests pass their own. */
export type SessionClock = () => number

/** The longest life of any cookie or row, in ms: browsers cap cookies at 400 days (RFC 6265bis), and so do we. */
export const FOREVER = 400 * 86_400_000

/** The clocks in force, all in milliseconds; 0 switches a clock off. */
export interface TimeoutPolicy {
  readonly idle: number
  readonly rolling: number
  readonly absolute: number
  /** The share of `rolling` after which a renewal is due. */
  readonly renewAfter: number
  readonly staleTtl: number
  /** When `staleTtl` begins: at the first use of the new token, or at the renewal. */
  readonly graceFrom: 'first-use' | 'renewal'
  readonly touchThreshold: number
  /** The longest idle clock that a session may have of its own; 0 for {@link FOREVER}. */
  readonly longest: number
}

/** The start of each clock of a session, epoch ms, and its own lifetime. */
export interface Instants {
  readonly startedAt: number
  readonly renewedAt: number
  readonly touchedAt: number
  /** The session's own idle clock, in milliseconds; undefined for the configured one. */
  readonly idle: number | undefined
  /** The end of an imported session, which no clock goes beyond, epoch ms. Default: none. */
  readonly endsAt?: number | undefined
}

/** How long one session's idle and rolling clocks are, and how soon its activity is noted again. */
type SessionClocks = Pick<TimeoutPolicy, 'idle' | 'rolling' | 'touchThreshold'>

/** The clocks in force for a session: one with a longer lifetime than `rolling` needs no new token before that. */
function clocksOf({ idle }: Pick<Instants, 'idle'>, policy: TimeoutPolicy): SessionClocks {
  if (idle === undefined) return policy
  const own = Math.min(idle, policy.longest || FOREVER)
  const threshold = policy.idle > 0 ? policy.touchThreshold : DEFAULT_THRESHOLD
  return {
    idle: own,
    rolling: policy.rolling > 0 ? Math.max(policy.rolling, own) : 0,
    touchThreshold: Math.min(threshold, own / 10),
  }
}

/** A clock that can end a session. */
export type ClockName = 'idle' | 'rolling' | 'absolute'

/** An instant further ahead than this (ms) comes from elsewhere, or from a machine with a broken clock. */
export const MAX_AHEAD = 5 * 60_000
/** Stores keep a row this much longer (ms), so that core can still tell which clock ran out. */
const STORE_MARGIN = 60_000
/** How soon activity is noted again where the configured idle clock is off, in ms. */
const DEFAULT_THRESHOLD = 60_000

/** When each clock runs out, epoch ms; Infinity for a clock that is off. */
export function ends(at: Instants, policy: TimeoutPolicy): Record<ClockName, number> {
  const end = (start: number, length: number) => (length === 0 ? Number.POSITIVE_INFINITY : start + length)
  const { idle, rolling } = clocksOf(at, policy)
  // An own member only: an inherited one would end every session.
  const { endsAt = Number.POSITIVE_INFINITY } = Object.hasOwn(at, 'endsAt') ? at : NO_END
  return {
    idle: end(at.touchedAt, idle),
    rolling: end(at.renewedAt, rolling),
    absolute: Math.min(end(at.startedAt, policy.absolute), endsAt),
  }
}

const NO_END: { readonly endsAt?: number | undefined } = { endsAt: undefined }

/** The clock that ran out first, `ahead` for an instant too far in the future, or `alive`. */
export function verdict(at: Instants, policy: TimeoutPolicy, now: number): ClockName | 'ahead' | 'alive' {
  if (Math.max(at.startedAt, at.renewedAt, at.touchedAt) > now + MAX_AHEAD) return 'ahead'
  const end = ends(at, policy)
  // Not `now > end`: NaN, from a store or a clock, must end the session rather than keep it for ever.
  return now <= Math.min(end.idle, end.rolling, end.absolute) ? 'alive' : nearest(end)[0]
}

function nearest(end: Record<ClockName, number>): [ClockName, number] {
  let first: ClockName = 'idle'
  for (const name of ['rolling', 'absolute'] as const) if (end[name] < end[first]) first = name
  return [first, end[first]]
}

/** Whole seconds until each clock runs out, and until the nearest one does; Infinity for a clock that is off. */
export type SessionRemaining = Readonly<Record<ClockName | 'nearest', number>>

/** The time left at `now`. */
export function remaining(at: Instants, policy: TimeoutPolicy, now: number): SessionRemaining {
  const end = ends(at, policy)
  // Negative elapsed time counts as zero, so a clock that stepped back never shows more than the full length.
  const left = (name: ClockName, start: number) => Math.max(0, Math.floor((end[name] - Math.max(now, start)) / 1000))
  const clocks = {
    idle: left('idle', at.touchedAt),
    rolling: left('rolling', at.renewedAt),
    absolute: left('absolute', at.startedAt),
  }
  return { ...clocks, nearest: Math.min(clocks.idle, clocks.rolling, clocks.absolute) }
}

/** Whether the token is old enough to be replaced. */
export function renewalDue(at: Instants, policy: TimeoutPolicy, now: number): boolean {
  const { rolling } = clocksOf(at, policy)
  return rolling > 0 && now - at.renewedAt > rolling * policy.renewAfter
}

/** Whether the last activity is old enough to be noted again. */
export function touchDue(at: Pick<Instants, 'touchedAt' | 'idle'>, policy: TimeoutPolicy, now: number): boolean {
  const { idle, touchThreshold } = clocksOf(at, policy)
  return idle > 0 && now - at.touchedAt > touchThreshold
}

/** When a store may delete the session: its nearest end plus a margin; 400 days if all clocks are off. */
export const storeExpiry = (at: Instants, policy: TimeoutPolicy): number =>
  Math.min(nearest(ends(at, policy))[1], at.touchedAt + FOREVER) + STORE_MARGIN

/** The end that no touch can move, plus the margin; practically never if the absolute clock is off. */
export const storeAbsoluteExpiry = (at: Instants, policy: TimeoutPolicy): number =>
  Math.min(ends(at, policy).absolute + STORE_MARGIN, Number.MAX_SAFE_INTEGER)

/** How long the browser may keep the current token, in whole seconds: as long as the token can live. */
export function cookieMaxAge(at: Instants, policy: TimeoutPolicy, now: number): number {
  const { rolling, absolute } = ends(at, policy)
  return Math.max(0, Math.floor((Math.min(rolling, absolute, now + FOREVER) - now) / 1000))
}

import { FOREVER } from './clock'

/** The clocks in force, all in milliseconds; 0 switches a clock off. */
export interface TimeoutPolicy {
  readonly idle: number
  readonly rolling: number
  readonly absolute: number
  /** The share of `rolling` after which a renewal is due. */
  readonly renewAfter: number
  readonly staleTtl: number
  readonly touchThreshold: number
}

/** Where the three clocks of a session start, epoch ms. */
export interface Instants {
  readonly startedAt: number
  readonly renewedAt: number
  readonly touchedAt: number
}

/** A clock that can end a session. */
export type ClockName = 'idle' | 'rolling' | 'absolute'

/** Instants further ahead than this were not made by us, or on a machine whose clock is broken. */
export const MAX_AHEAD = 5 * 60_000
/** Stores keep a row this much longer, so that core can say which clock ran out. */
const STORE_MARGIN = 60_000

/** When each clock runs out, epoch ms; Infinity where it is switched off. */
export function ends(at: Instants, policy: TimeoutPolicy): Record<ClockName, number> {
  const end = (start: number, length: number) => (length === 0 ? Number.POSITIVE_INFINITY : start + length)
  return {
    idle: end(at.touchedAt, policy.idle),
    rolling: end(at.renewedAt, policy.rolling),
    absolute: end(at.startedAt, policy.absolute),
  }
}

/** Which clock has run out (the one that did first), `ahead` for instants no honest clock made, or `alive`. */
export function verdict(at: Instants, policy: TimeoutPolicy, now: number): ClockName | 'ahead' | 'alive' {
  if (Math.max(at.startedAt, at.renewedAt, at.touchedAt) > now + MAX_AHEAD) return 'ahead'
  const [name, end] = nearest(ends(at, policy))
  // Not `now > end`: what is no number, from a store or a clock, must end a session rather than keep it for ever.
  return now <= end ? 'alive' : name
}

function nearest(end: Record<ClockName, number>): [ClockName, number] {
  let first: ClockName = 'idle'
  for (const name of ['rolling', 'absolute'] as const) if (end[name] < end[first]) first = name
  return [first, end[first]]
}

/** Whole seconds until each clock runs out and until the nearest does; Infinity where it is switched off. */
export function remaining(at: Instants, policy: TimeoutPolicy, now: number): Record<ClockName | 'nearest', number> {
  const end = ends(at, policy)
  // Negative elapsed time counts as zero: a clock that stepped back gives nobody more than a full turn.
  const left = (name: ClockName, start: number) => Math.max(0, Math.floor((end[name] - Math.max(now, start)) / 1000))
  const clocks = {
    idle: left('idle', at.touchedAt),
    rolling: left('rolling', at.renewedAt),
    absolute: left('absolute', at.startedAt),
  }
  return { ...clocks, nearest: Math.min(clocks.idle, clocks.rolling, clocks.absolute) }
}

/** Whether the token is old enough to be replaced. */
export const renewalDue = (at: Instants, policy: TimeoutPolicy, now: number): boolean =>
  policy.rolling > 0 && now - at.renewedAt > policy.rolling * policy.renewAfter

/** Whether the idle mark is old enough to be moved. */
export const touchDue = (at: Pick<Instants, 'touchedAt'>, policy: TimeoutPolicy, now: number): boolean =>
  policy.idle > 0 && now - at.touchedAt > policy.touchThreshold

/** When a store may forget the session: its nearest end and a margin, 400 days where every clock is off. */
export const storeExpiry = (at: Instants, policy: TimeoutPolicy): number =>
  Math.min(nearest(ends(at, policy))[1], at.touchedAt + FOREVER) + STORE_MARGIN

/** The end that no touch can move, with the same margin; as good as never where the absolute clock is off. */
export const storeAbsoluteExpiry = (at: Instants, policy: TimeoutPolicy): number =>
  Math.min(ends(at, policy).absolute + STORE_MARGIN, Number.MAX_SAFE_INTEGER)

/** How long the browser may keep the current token, in whole seconds: no longer than the token can live. */
export function cookieMaxAge(at: Instants, policy: TimeoutPolicy, now: number): number {
  const { rolling, absolute } = ends(at, policy)
  return Math.max(0, Math.floor((Math.min(rolling, absolute, now + FOREVER) - now) / 1000))
}

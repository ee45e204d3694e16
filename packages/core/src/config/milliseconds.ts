import { own } from '../check'
import type { CircuitBreakerOptions, RememberOptions, SessionOptions, TimeoutOptions } from './session-options'

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
const UNITS = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', 1],
] as const

/** Whether a clock of so many seconds looks like milliseconds: a whole number of minutes as such, and no usual time as seconds. */
const isLikeMilliseconds = (seconds: number) =>
  seconds > 0 && seconds % (MINUTE * 1000) === 0 && (seconds % DAY !== 0 || seconds % (5 * MINUTE * 1000) === 0)

/** The same for times that are short: at least `least`, and a multiple of it. */
const isMultipleOf = (least: number) => (seconds: number) => seconds > 0 && seconds % least === 0

interface DurationWarning {
  readonly option: string
  readonly message: string
}

/** A warning, if a duration in seconds looks as if it was given in milliseconds. */
export const millisecondWarning = (
  option: string,
  seconds: number | undefined,
  isSuspect = isLikeMilliseconds,
): DurationWarning[] =>
  seconds !== undefined && isSuspect(seconds) ? [{ option, message: readsAs(option, seconds) }] : []

/** The duration options that were given in milliseconds, it seems. What was derived from them is not named. */
export function millisecondWarnings(given: Partial<SessionOptions>): DurationWarning[] {
  const options = own(given)
  const timeouts: TimeoutOptions = own(options.timeouts ?? {})
  const remember: RememberOptions = own(typeof options.remember === 'object' ? options.remember : {})
  const breaker: CircuitBreakerOptions = own(typeof options.circuitBreaker === 'object' ? options.circuitBreaker : {})
  const durations: [option: string, seconds: number | undefined, isSuspect: (seconds: number) => boolean][] = [
    ['timeouts.idle', timeouts.idle, isLikeMilliseconds],
    ['timeouts.rolling', timeouts.rolling, isLikeMilliseconds],
    ['timeouts.absolute', timeouts.absolute, isLikeMilliseconds],
    ['timeouts.touchThreshold', timeouts.touchThreshold, isLikeMilliseconds],
    ['timeouts.staleTtl', timeouts.staleTtl, isMultipleOf(1000)],
    ['remember.rolling', remember.rolling, isLikeMilliseconds],
    ['remember.absolute', remember.absolute, isLikeMilliseconds],
    ['storeTimeout', options.storeTimeout, isMultipleOf(100)],
    ['circuitBreaker.openFor', breaker.openFor, isMultipleOf(100)],
  ]
  return durations.flatMap((duration) => millisecondWarning(...duration))
}

function readsAs(option: string, seconds: number): string {
  const meant = seconds / 1000
  const [unit, length] = UNITS.find(([, each]) => seconds >= each)!
  const [meantUnit, meantLength] = UNITS.find(([, each]) => meant % each === 0) ?? UNITS[3]
  return (
    `${option} is ${grouped(seconds)} seconds, which are ${count(Math.round((seconds / length) * 10) / 10, unit)}. ` +
    `Durations are in seconds: for ${count(meant / meantLength, meantUnit)}, write ${meant}.`
  )
}

const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`

const grouped = (n: number) => String(n).replace(/\B(?=(\d{3})+$)/g, ' ')

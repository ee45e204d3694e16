import { checkKnown, numberFrom, SessionConfigError, wholeNumberFrom } from '../check'
import type { NotFreshReason } from '../errors'

/** How fresh a login must be: at least one of the two. */
export interface FreshnessOptions {
  /**
   * The login is at most so many seconds old, more than 0.
   * @default any age
   */
  within?: number
  /**
   * The login is of this level or a higher one: see `level` of `login`. A whole number of at least 1.
   * @default any level
   */
  level?: number
}

/** What {@link freshness} reads. A `Session` has it. */
export interface FreshnessFacts {
  /** Who is logged in; undefined if no one is. */
  readonly subject: string | undefined
  /** When the subject logged in, epoch ms; undefined if the session began without a login. */
  readonly authenticatedAt: number | undefined
  /** The level given to `login`; undefined if none was given. */
  readonly level: number | undefined
}

/**
 * Whether the login of a session is as fresh as `options` ask, at `now` (epoch ms); else why not, the first reason in the order
 * of {@link NotFreshReason}. A login by a clock that is ahead of `now` counts as one of this moment.
 *
 * OWASP ASVS 5.0 asks for a login before changes to what a login depends on (7.5.1), for one factor before sessions are ended
 * (7.5.2) and before highly sensitive operations (7.5.3). NIST SP 800-63B-4, section 5.2, calls it reauthentication.
 * @example
 * if (freshness(req.session, { within: 300 }, Date.now()) !== 'fresh') res.redirect('/password')
 */
export function freshness(
  { subject, authenticatedAt, level = 0 }: FreshnessFacts,
  options: FreshnessOptions,
  now: number,
): 'fresh' | NotFreshReason {
  if (subject === undefined) return 'anonymous'
  if (authenticatedAt === undefined) return 'restored'
  if (level < (options.level ?? 0)) return 'level'
  return now - authenticatedAt > (options.within ?? Infinity) * 1000 ? 'too-old' : 'fresh'
}

/**
 * Checks the options of `call`, and yields their own members.
 * @throws SessionConfigError for an unknown or wrong option, and if none is given.
 */
export function checkFreshness(call: string, given: FreshnessOptions): FreshnessOptions {
  const options = checkKnown(`${call}.`, given ?? {}, ['within', 'level'])
  // Less than a millisecond would refuse every login.
  if (options.within !== undefined) numberFrom(0.001)(`${call}.within`, options.within)
  if (options.level !== undefined) wholeNumberFrom(1)(`${call}.level`, options.level)
  if ((options.within ?? options.level) === undefined) {
    throw new SessionConfigError(call, 'asks for nothing: give { within: 300 } in seconds, { level: 2 }, or both')
  }
  return options
}

/** Whether a login can have this level. Not 0: that is a login without one. */
export const isLevel = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1

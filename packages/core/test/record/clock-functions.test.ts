import { fakeClock } from '@sojourn/session-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cookieMaxAge,
  ends,
  type Instants,
  remaining,
  renewalDue,
  storeAbsoluteExpiry,
  storeExpiry,
  type TimeoutPolicy,
  touchDue,
  verdict,
} from '../../src/record/timeouts'

const DAY = 86_400
const MINUTE = 60_000

describe('timeout functions', () => {
  const now = fakeClock()()
  const instant = fc.integer({ min: now - 1000 * DAY * 1000, max: now + 5 * MINUTE })
  const length = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 * DAY * 1000 }))
  const instants: fc.Arbitrary<Instants> = fc.record({
    startedAt: instant,
    renewedAt: instant,
    touchedAt: instant,
    idle: fc.option(fc.integer({ min: 1, max: 500 * DAY * 1000 }), { nil: undefined }),
  })
  const policies: fc.Arbitrary<TimeoutPolicy> = fc.record({
    idle: length,
    rolling: length,
    absolute: length,
    renewAfter: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    staleTtl: fc.constant(10_000),
    graceFrom: fc.constant('first-use'),
    touchThreshold: fc.integer({ min: 0, max: 60_000 }),
    longest: fc.integer({ min: 0, max: 400 * DAY * 1000 }),
  })
  const orNever = (length: number) => (length === 0 ? Number.POSITIVE_INFINITY : length / 1000)
  const always = (property: (at: Instants, policy: TimeoutPolicy) => void) =>
    fc.assert(fc.property(instants, policies, property), { numRuns: 2000, seed: 7 })

  it('a session has ended exactly when its nearest end has passed, and the outcome names that timeout', () => {
    always((at, policy) => {
      const end = ends(at, policy)
      const first = Math.min(...Object.values(end))
      const found = verdict(at, policy, now)
      if (now <= first) expect(found).toBe('alive')
      else expect(end[found as keyof typeof end]).toBe(first)
    })
  })

  it('a row is kept until core can tell which timeout has passed', () => {
    always((at, policy) => {
      const first = Math.min(...Object.values(ends(at, policy)))
      const expiry = storeExpiry(at, policy)
      expect(expiry).toBe(Math.min(first, at.touchedAt + 400 * DAY * 1000) + MINUTE)
      expect(Number.isSafeInteger(expiry)).toBe(true)
      expect(Number.isSafeInteger(storeAbsoluteExpiry(at, policy))).toBe(true)
    })
  })

  it('remaining times are never above the true value, and never negative', () => {
    always((at, policy) => {
      const left = remaining(at, policy, now)
      for (const name of ['idle', 'rolling', 'absolute'] as const) {
        expect(left[name]).toBeGreaterThanOrEqual(0)
      }
      expect(left.idle).toBeLessThanOrEqual(orNever(at.idle ?? policy.idle))
      expect(left.rolling).toBeLessThanOrEqual(orNever(policy.rolling && Math.max(policy.rolling, at.idle ?? 0)))
      expect(left.absolute).toBeLessThanOrEqual(orNever(policy.absolute))
      expect(left.nearest).toBe(Math.min(left.idle, left.rolling, left.absolute))
      if (left.nearest > 0) expect(verdict(at, policy, now)).toBe('alive')
    })
  })

  it('Max-Age is a whole number, at most the life of the token and at most 400 days', () => {
    always((at, policy) => {
      const seconds = cookieMaxAge(at, policy, now)
      const { rolling, absolute } = ends(at, policy)
      expect(Number.isSafeInteger(seconds)).toBe(true)
      expect(seconds).toBeGreaterThanOrEqual(0)
      expect(seconds).toBeLessThanOrEqual(400 * DAY)
      if (seconds > 0) expect(now + seconds * 1000).toBeLessThanOrEqual(Math.min(rolling, absolute))
    })
  })

  it("a session's own lifetime is its idle clock, within the longest, and rolling is no shorter", () => {
    always((at, policy) => {
      if (at.idle === undefined) return
      const own = Math.min(at.idle, policy.longest || 400 * DAY * 1000)
      const end = ends(at, policy)
      expect(end.idle).toBe(at.touchedAt + own)
      expect(end.rolling - at.renewedAt).toBe(
        policy.rolling === 0 ? Number.POSITIVE_INFINITY : Math.max(policy.rolling, own),
      )
      expect(end.absolute).toBe(ends({ ...at, idle: undefined }, policy).absolute)
      expect(touchDue({ ...at, touchedAt: now - own }, policy, now)).toBe(true)
    })
  })

  it('a time in the future causes no touch and no renewal', () => {
    always((at, policy) => {
      const ahead = { ...at, renewedAt: now + 1, touchedAt: now + 1 }
      expect([renewalDue(ahead, policy, now), touchDue(ahead, policy, now)]).toEqual([false, false])
    })
  })
})

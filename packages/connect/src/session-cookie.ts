/** A session's cookie as JSON. Both libraries write `expires` and `originalMaxAge`. */
export interface CookieJson {
  readonly expires?: unknown
  readonly originalMaxAge?: unknown
  readonly [attribute: string]: unknown
}

/** A session as JSON: what the application keeps, and the library's cookie. */
export interface SessionJson {
  readonly cookie: CookieJson
  readonly [key: string]: unknown
}

/** How long a row lives after a touch, and when that was; both in milliseconds. */
export interface Lifetime {
  readonly lifetime: number
  readonly touchedAt: number
}

/**
 * The lifetime that a cookie asks for: its `originalMaxAge`, else until `expires`, else `ttl` milliseconds. A cookie that is
 * over has a lifetime of 0 or less.
 */
export function lifetimeOf({ expires, originalMaxAge }: CookieJson, now: number, ttl: number): Lifetime {
  const end = instantOf(expires)
  if (end === undefined) return { lifetime: ttl, touchedAt: now }
  if (end <= now) return { lifetime: 0, touchedAt: now }
  const isRolling = typeof originalMaxAge === 'number' && originalMaxAge > 0 && end - originalMaxAge <= now
  return isRolling
    ? { lifetime: originalMaxAge, touchedAt: end - originalMaxAge }
    : { lifetime: end - now, touchedAt: now }
}

/** When a row was touched whose cookie asks for the same as before: its end is that of the cookie, to the millisecond. */
export const touchedBy = (cookie: CookieJson, asked: Lifetime, { lifetime }: Lifetime): number =>
  isMoving(cookie) ? asked.touchedAt + asked.lifetime - lifetime : asked.touchedAt

/** The cookie as it is now: each touch has moved the `expires` of one with a maxAge. */
export function currentCookie(cookie: CookieJson, { lifetime, touchedAt }: Lifetime): CookieJson {
  return isMoving(cookie) ? { ...cookie, expires: new Date(touchedAt + lifetime).toISOString() } : cookie
}

/** Whether two cookies ask for the same: what every touch moves does not count. */
export const isSameCookie = (a: CookieJson, b: CookieJson): boolean => fixedPart(a) === fixedPart(b)

function fixedPart(cookie: CookieJson): string {
  const { expires, ...rest } = cookie
  const fixed = isMoving(cookie) ? rest : { ...rest, expires }
  return JSON.stringify(Object.entries(fixed).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const isMoving = ({ expires, originalMaxAge }: CookieJson) =>
  typeof originalMaxAge === 'number' && instantOf(expires) !== undefined

function instantOf(expires: unknown): number | undefined {
  const instant = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  return Number.isNaN(instant) ? undefined : instant
}

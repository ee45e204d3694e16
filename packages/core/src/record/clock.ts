/** Returns the current time in epoch milliseconds. Tests pass their own. */
export type SessionClock = () => number

/** The longest that a cookie or row lives, in ms: browsers limit cookies to 400 days (RFC 6265bis). */
export const FOREVER = 400 * 86_400_000

/** Where "now" comes from: epoch milliseconds. Tests hand in their own. */
export type SessionClock = () => number

/** The longest any cookie or row lives, in ms: browsers cap cookies at 400 days (RFC 6265bis), and so do we. */
export const FOREVER = 400 * 86_400_000

/** Why opening a request yielded a session, or none. */
export type SessionOutcome =
  /** The request has no cookie of ours. */
  | 'none'
  | 'resumed'
  /** Resumed with a token that was renewed moments ago. The response carries the successor. */
  | 'stale'
  /** Begun by remember-me, without a fresh login. */
  | 'restored'
  /** Begun from a session of another library, without a fresh login: the option `imports`. */
  | 'imported'
  /** No cookie of ours came, because the browser withheld it: the request comes from another site. Only `login` begins a session. */
  | 'withheld'
  /** The cookie is not in our format, or two cookies contradict each other. */
  | 'malformed'
  /** The cookie names a session and does not prove it, or the stored row does not open; or a session is not imported. */
  | 'rejected'
  /** A well-formed token whose session does not exist. */
  | 'unknown'
  /** A token whose grace period after a renewal is over: it may be stolen. */
  | 'reused'
  /** Cookie mode: the session was ended before its clocks ran out. */
  | 'revoked'
  /** The session is bound to another client. */
  | 'mismatch'
  /** A clock has run out: the first one that did. */
  | 'expired:idle'
  | 'expired:rolling'
  | 'expired:absolute'
  /** The store is down, and `onUnavailable` is `empty`. */
  | 'unavailable'

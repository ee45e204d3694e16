import type { SessionEvent } from '../events/events'
import type { CookieOptions } from '../http/cookie'
import type { SiteData } from '../http/headers'
import type { BindTrait } from '../record/record'
import type { SessionClock } from '../record/timeouts'
import type { SessionCodec } from '../seal/codec'
import type { SessionSecret } from '../seal/keys'
import type { RevocationStore, SessionStore, SubjectLimit } from '../store/store'
import type { SessionImport } from './session-import'

/**
 * How long a session lasts, in seconds (fractions allowed). Three clocks, each of which ends a session by itself when more
 * than its time has passed; 0 switches one off. Checked against the current configuration on every request.
 * @example
 * createSessionManager({ secret, timeouts: { ...presets.nistAal2, idle: 1800 } })
 */
export interface TimeoutOptions {
  /**
   * Seconds since the last activity. Kong: `idling_timeout`; OWASP asks for 15 to 30 minutes.
   * @default 900
   */
  idle?: number
  /**
   * Seconds since the token was last renewed. Kong: `rolling_timeout`.
   * @default 3600, or 4 × `idle` if that is longer
   */
  rolling?: number
  /**
   * Seconds since login. Kong: `absolute_timeout`; NIST SP 800-63B-4 asks for a day at AAL2.
   * @default 86400, or `rolling` if that is longer
   */
  absolute?: number
  /**
   * The share of `rolling` after which a request gets a new token: more than 0, less than 1.
   * @default 0.75
   */
  renewAfter?: number
  /**
   * Seconds for which a replaced token still works once its grace period has begun (`graceFrom`), for requests that were
   * under way. Kong: `stale_ttl`.
   * @default 10
   */
  staleTtl?: number
  /**
   * When the grace period of a renewed token begins. `first-use`: when its successor has come back, so that a lost response
   * logs no user out. `renewal`: at the renewal, as with Kong.
   * @default 'first-use'
   */
  graceFrom?: 'first-use' | 'renewal'
  /**
   * Seconds: activity is stored at most this often. Less than `idle`. Kong: `touch_threshold`.
   * @default 60, or a tenth of `idle` if that is less
   */
  touchThreshold?: number
  /**
   * Seconds: the longest lifetime that a session may have of its own, by `login(subject, { idle })` and `setIdle(seconds)`, since
   * its last activity. At least `idle`, at most 400 days. `absolute` ends such a session as any other.
   * @default `idle`, so that a lifetime can only be shorter; `absolute` if `idle` is off
   */
  longest?: number
}

/**
 * Remember-me: a second, persistent cookie that a login may ask for. When the session is over, it begins a new one for the
 * same subject, without `authenticatedAt`. Each use replaces its token; in a store, a token that comes back later ends
 * it. A session has one, that of the last login that asked for it, and it ends with the session.
 */
export interface RememberOptions {
  /**
   * The cookie's name; its other attributes are the session cookie's. It must differ from the session cookie's, and from
   * the names of its chunks: `session.2` to `session.9` for `session`.
   * @default '__Host-remember'
   */
  name?: string
  /**
   * Seconds since its last use; 0 for no limit. Kong: `remember_rolling_timeout`.
   * @default 604800
   */
  rolling?: number
  /**
   * Seconds since the login; 0 for no limit. Kong: `remember_absolute_timeout`.
   * @default 2592000
   */
  absolute?: number
  /**
   * Whether every login is remembered that does not say otherwise, as with Kong.
   * @default false
   */
  everyLogin?: boolean
  /**
   * Which keys of `data` an anonymous visitor keeps when remember-me logs them in. Name them if `data` holds what must not
   * cross a login: a CSRF secret, an OAuth `state`.
   * @default all
   */
  keep?: readonly string[]
}

/**
 * When a store that does not answer is left alone. In a row means: no call was answered in between. Only calls count that ran
 * out of time or whose connection failed, never an answer of the store.
 */
export interface CircuitBreakerOptions {
  /**
   * After so many failures in a row, a whole number of at least 1. The default is more than one request can cause: a write is
   * attempted three times.
   * @default 5
   */
  failures?: number
  /**
   * For so many seconds: 0.001 to 2147483. Then one call at a time is let through, and the first answer ends it.
   * @default 1
   */
  openFor?: number
}

/** Every option of a manager. `SessionManagerOptions` says which of them go together. */
export interface SessionOptions {
  /** At least 32 random bytes, as text or bytes. A list rotates secrets: the first seals, all unseal. */
  secret: SessionSecret
  /**
   * Where sessions live.
   * @default none: the sealed cookie holds the session
   */
  store?: SessionStore
  /**
   * Cookie mode: where ended sessions are remembered, so that copies of their cookies are refused.
   * @default none
   */
  revocations?: RevocationStore
  /**
   * Name and attributes of the cookie.
   * @default a `__Host-session` that is Secure, HttpOnly and Strict
   */
  cookie?: CookieOptions
  /**
   * The three clocks.
   * @default 900, 3600 and 86 400 seconds
   */
  timeouts?: TimeoutOptions
  /**
   * Which application's slot of the session this manager uses. Applications that share a cookie share its session, but one
   * request is served by one of them: two would each send a cookie of their own.
   * @default 'default'
   */
  audience?: string
  /**
   * Whether a login drops the slots of other audiences that have another subject. Kong: `enforce_same_subject`.
   * @default false
   */
  enforceSameSubject?: boolean
  /**
   * Whether `login` may ask for remember-me, and its cookie and clocks.
   * @default false
   */
  remember?: boolean | RememberOptions
  /**
   * Which traits of the client a login binds the session to; for another client its outcome is `mismatch`. Kong: `bind`. A
   * session without a login is bound to nothing, and neither is remember-me: the session that it begins is bound to the
   * client that brought it. A manager without `bind` keeps the binding that another audience's login made.
   *
   * `ip` is the whole address. Devices replace their IPv6 address within days or hours (privacy addresses, RFC 8981), so that
   * their session is a mismatch: `ip/64` compares the first 64 bits, which a home or a phone keeps longer.
   * @default []: phones change networks
   */
  bind?: readonly BindTrait[]
  /**
   * Cookie mode: deflate sessions above a kilobyte. The length of a compressed text tells something about a secret beside
   * text that an attacker chooses.
   * @default false
   */
  compress?: boolean
  /**
   * How many sessions a subject may have, a whole number of at least 1. Needs a store with a {@link SubjectLimit}.
   * @default no limit
   */
  maxPerSubject?: number
  /**
   * The most that a session may hold: bytes of UTF-8 of its JSON, with what all applications keep in it. A change of data that
   * exceeds it is refused with `ERR_SESSION_TOO_LARGE`, and nothing is written. At least 1024.
   * @default 262_144
   */
  maxBytes?: number
  /**
   * What a login beyond `maxPerSubject` does: it ends the oldest session, but first those that were never used since their
   * login; or it rejects with `ERR_SESSION_LIMIT`.
   * @default 'evict-oldest'
   */
  onLimit?: 'evict-oldest' | 'refuse'
  /**
   * Store mode: what follows when a token comes back after its grace period: an event, or the end of the session as well.
   * @default 'report'
   */
  onReuse?: 'report' | 'destroy'
  /**
   * What browsers are told to clear with `logout` and `destroy`, by the header Clear-Site-Data (W3C; OWASP ASVS 5.0, 14.3.1). True is
   * `['cache', 'storage']`: cached pages, local storage, IndexedDB and service workers of the whole origin. `cookies` clears those of
   * the whole registrable domain, also of other subdomains and applications; our own cookie is cleared without it. Sent over https
   * only. A route that logs out should refuse requests of other sites then: see `sameOriginOnly`.
   * @default false
   */
  clearSiteData?: boolean | readonly SiteData[]
  /**
   * When the store fails while a session is opened: fail the request with 503, or go on with an empty session that cannot
   * be changed.
   * @default 'fail'
   */
  onUnavailable?: 'fail' | 'empty'
  /**
   * Seconds that all store calls of one open, one commit or one awaited operation may take together: 0.001 to 2147483,
   * which is as long as timers run. Time in which this process was blocked does not count. A write that waits as long behind
   * other writes of this process to the same session rejects with `ERR_SESSION_BUSY`.
   * @default 2
   */
  storeTimeout?: number
  /**
   * Sessions that another library has begun: `importFrom(…)` of `@sojourn/session-compat/import`. A request without a cookie of
   * ours that brings an old one goes on with that session, as one of ours. Needs a store, or `revocations` for sessions that are in
   * the old cookie itself: something has to remember what was imported.
   * @default none
   */
  imports?: SessionImport
  /**
   * Whether calls are refused at once while the store does not answer, with `ERR_STORE_UNAVAILABLE`, and when. All managers of
   * this process that use the same store object share what is known of it. Background clean-up and `check()` are not refused.
   * @default true
   */
  circuitBreaker?: boolean | CircuitBreakerOptions
  /**
   * Called with every {@link SessionEvent}. What it throws is ignored.
   * @default none
   */
  onEvent?: (event: SessionEvent) => void
  /**
   * How rows, or cookies in cookie mode, are sealed. Not with a store in memory, which seals nothing.
   * @default iron
   */
  codec?: SessionCodec
  /**
   * The current time in epoch ms, a whole number.
   * @default Date.now
   */
  clock?: SessionClock
  /**
   * Random bytes, fit for keys.
   * @default the runtime's generator
   */
  random?: (length: number) => Uint8Array
}

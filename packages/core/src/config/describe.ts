import { checkChoice, memberOf, policyOf } from '../check'
import { COOKIE, type CookieOptions } from '../http/cookie'
import type { SiteData } from '../http/headers'
import type { BindTrait } from '../record/record'
import { kindOf } from '../store/kind'
import { CIRCUIT_BREAKER, OPTIONS, REMEMBER, type ResolvedOptions, TIMEOUTS } from './options'
import { type PresetName, presets } from './presets'
import type { CircuitBreakerOptions, RememberOptions, TimeoutOptions } from './session-options'
import { COPIES_LIVE, type ConfigWarning } from './warnings'

/** The policy in force, defaults filled in, for a person to read or a document to quote. Durations are in seconds. */
export interface SessionPolicy {
  /** Where sessions live: `cookie`, the `kind` of the store, or `custom` for a store without one. The same as in messages. */
  readonly store: string
  /** Which application's slot of the session this manager uses. */
  readonly audience: string
  /** Whether a login drops the slots of other audiences that have another subject. */
  readonly enforceSameSubject: boolean
  /** Name and attributes of the cookie. */
  readonly cookie: Readonly<
    Required<Omit<CookieOptions, 'domain' | 'priority'>> & Pick<CookieOptions, 'domain' | 'priority'>
  >
  /** In seconds; 0 for a clock that is off. */
  readonly timeouts: Readonly<Required<TimeoutOptions>>
  /** The most that a session may hold, in bytes. */
  readonly maxBytes: number
  /** How many sessions a subject may have; undefined for no limit. */
  readonly maxPerSubject: number | undefined
  /** What a login beyond that limit does. */
  readonly onLimit: 'evict-oldest' | 'refuse'
  /** What follows when a token comes back after its grace period. */
  readonly onReuse: 'report' | 'destroy'
  /** What browsers are told to clear at a logout; empty for nothing. */
  readonly clearSiteData: readonly SiteData[]
  /** What a request gets while the store is down. */
  readonly onUnavailable: 'fail' | 'empty'
  /** In seconds. */
  readonly storeTimeout: number
  /** When a store that does not answer is left alone, and for how long (in seconds); undefined if it is always asked. */
  readonly circuitBreaker: Readonly<Required<CircuitBreakerOptions>> | undefined
  /** Whether cookie mode deflates large sessions. */
  readonly compress: boolean
  /** Whether logout, revocation and a new token end copies of the old cookie too. */
  readonly endsCopies: boolean
  /** What logout, revocation and a new token do to copies of the old one. */
  readonly afterLogout: string
  /** What is undone if the store loses writes that it has confirmed: by a failover, or by a restart from an older copy. */
  readonly afterFailover: string
  /** What `cookie.sameSite` means for requests from other sites: a login at another site (OAuth, SAML), a payment, a form. */
  readonly crossSite: string
  /** Cookie name and clocks (in seconds; 0 for no limit) of remember-me; undefined if it is off. */
  readonly remember: Readonly<Required<Omit<RememberOptions, 'keep'>> & Pick<RememberOptions, 'keep'>> | undefined
  /** Which traits of the client new sessions are bound to. */
  readonly bind: readonly BindTrait[]
  /** What may be unexpected, and where the policy is looser than the preset it was compared with. */
  readonly warnings: readonly string[]
}

const COPIES_DIE = 'Every copy of the old token is dead at once.'
const ROWS_LOST =
  'If the store loses its last confirmed writes, sessions that a lost logout or revocation had ended are alive again until their clocks end. ' +
  'Lost changes are gone, and users of lost logins and renewals log in again, without an alarm.'
const ROWS_IN_MEMORY = 'A restart of the process forgets every session: all users log in again.'
const MARKS_LOST =
  'If the revocation store loses its last confirmed writes, cookies that a lost logout or revocation had ended work again until their clocks end.'
const NOTHING_LOST = 'There is no store that could lose a session.'
const NO_POST =
  'A POST from another site (SAML, response_mode=form_post, many payments) does not: let it arrive at a landing page of yours, or set ' +
  "cookie.sameSite to 'none'."
const CROSS_SITE: Record<CookieOptions['sameSite'] & string, string> = {
  strict:
    'A request from another site brings no cookie (outcome withheld). That includes the one that comes back from a login at another ' +
    "site: `state` is not there. For OAuth and OIDC set cookie.sameSite to 'lax': then a redirect (GET) brings the cookie. " +
    NO_POST,
  lax: `A redirect or a link brings the cookie from another site, also after a login there. ${NO_POST}`,
  default: `By the rules of browsers for a cookie without SameSite, a redirect or a link brings the cookie from another site. ${NO_POST}`,
  none: 'Every request from another site brings the cookie, so the application needs a defence against CSRF of its own.',
}

/** The policy in force; with `preset`, its warnings say what is looser than that. @throws SessionConfigError if there is no such preset. */
export function describe(
  options: ResolvedOptions,
  warnings: readonly ConfigWarning[],
  preset?: PresetName,
): SessionPolicy {
  checkChoice('preset', preset, Object.keys(presets))
  const { store, revocations, cookie, timeouts, remember, circuitBreaker } = options
  return {
    ...policyOf(OPTIONS, options),
    store: store ? kindOf(store) : 'cookie',
    cookie: policyOf(COOKIE, cookie),
    timeouts: policyOf(TIMEOUTS, timeouts),
    remember: remember && policyOf(REMEMBER, remember),
    endsCopies: !!(store || revocations),
    circuitBreaker: circuitBreaker && policyOf(CIRCUIT_BREAKER, circuitBreaker),
    afterLogout: store || revocations ? COPIES_DIE : COPIES_LIVE,
    afterFailover: afterFailover(options),
    crossSite: CROSS_SITE[cookie.sameSite],
    warnings: [...warnings.map(({ message }) => message), ...(preset ? looserThan(preset, options) : [])],
  }
}

function afterFailover({ store, revocations }: ResolvedOptions): string {
  if (store) return memberOf(store, 'inMemory') ? ROWS_IN_MEMORY : ROWS_LOST
  return revocations ? MARKS_LOST : NOTHING_LOST
}

function looserThan(preset: PresetName, { timeouts }: ResolvedOptions): string[] {
  const limits = presets[preset]
  return (['idle', 'absolute'] as const).flatMap((clock) => {
    const [limit, own] = [limits[clock], timeouts[clock] / 1000]
    if (limit === 0 || (own > 0 && own <= limit)) return []
    return [`${clock} is ${own === 0 ? 'off' : `${own} s`}, looser than the ${limit} s of ${preset}.`]
  })
}

import type { SessionPolicy } from '@sojourn/session-core'
import { type Assessment, application, met, notMet, type Requirement } from './requirement'

const standard = 'NIST SP 800-63B-4'

/** Whether a clock is on and no longer than this, in seconds. */
function within(clock: 'idle' | 'absolute', { timeouts, remember }: SessionPolicy, limit: number): Assessment {
  const seconds = timeouts[clock]
  if (seconds === 0) return notMet(`${clock} is off: set \`timeouts.${clock}\` to ${limit} s at most`)
  if (seconds > limit) return notMet(`${clock} is ${seconds} s, and the limit is ${limit} s`)
  if (clock === 'absolute' && remember)
    return application(`${clock} is ${seconds} s; after it, remember-me goes on without a login`)
  return met(`${clock} is ${seconds} s`)
}

/** What NIST SP 800-63B-4 asks of session management (section 5 and the limits of each AAL), in our own words. */
export const NIST: readonly Requirement[] = [
  {
    standard,
    id: '5.1 secret',
    asks: 'the session secret has 64 random bits or more, and the server makes it',
    assess: () => met('the secret has 128 random bits, and the id 128 more'),
  },
  {
    standard,
    id: '5.1 logout',
    asks: 'the secret is invalid after the subject logs out',
    assess: ({ endsCopies, afterLogout }) => (endsCopies ? met(afterLogout) : notMet(afterLogout)),
  },
  {
    standard,
    id: '5.1 transport',
    asks: 'the secret is sent over protected channels only',
    assess: ({ cookie }) =>
      cookie.secure
        ? met('the cookie is Secure')
        : notMet('`cookie.secure` is false, so plain http carries the cookie'),
  },
  {
    standard,
    id: '5.1.1 scope',
    asks: 'cookies reach as few hosts and paths as possible',
    assess: ({ cookie }) =>
      cookie.domain === undefined
        ? met('the cookie goes to the host that set it')
        : application(`the cookie goes to every host under ${cookie.domain}: write the reason down`),
  },
  {
    standard,
    id: '5.1.1 scripts',
    asks: 'scripts cannot read cookies',
    assess: ({ cookie }) => (cookie.httpOnly ? met('the cookie is HttpOnly') : notMet('`cookie.httpOnly` is false')),
  },
  {
    standard,
    id: '5.1.1 SameSite',
    asks: 'cookies have SameSite Lax or Strict',
    assess: ({ cookie }) =>
      ['lax', 'strict'].includes(cookie.sameSite)
        ? met(`SameSite is ${cookie.sameSite}`)
        : notMet(`SameSite is ${cookie.sameSite}: set \`cookie.sameSite\``),
  },
  {
    standard,
    id: '5.2 reauthentication',
    asks: 'both limits are enforced, activity moves the first alone, and a login restarts both',
    assess: ({ timeouts }) =>
      timeouts.absolute > 0
        ? met('only a login moves the absolute end')
        : notMet('the absolute clock is off: set `timeouts.absolute`'),
  },
  {
    standard,
    id: 'AAL1 overall',
    asks: 'a login is repeated after 30 days at the latest',
    assess: (policy) => within('absolute', policy, 2_592_000),
  },
  {
    standard,
    id: 'AAL2 overall',
    asks: 'a login is repeated after 24 hours at the latest',
    assess: (policy) => within('absolute', policy, 86_400),
  },
  {
    standard,
    id: 'AAL2 inactivity',
    asks: 'a session ends after an hour without activity',
    assess: (policy) => within('idle', policy, 3600),
  },
  {
    standard,
    id: 'AAL3 overall',
    asks: 'a login is repeated after 12 hours at the latest',
    assess: (policy) => within('absolute', policy, 43_200),
  },
  {
    standard,
    id: 'AAL3 inactivity',
    asks: 'a session ends after 15 minutes without activity',
    assess: (policy) => within('idle', policy, 900),
  },
]

import { application, met, notMet, type Requirement } from './requirement'

/** Chapter V7 of ASVS 5.0, session management, in our own words. docs/asvs.md names the tests. */
export const ASVS_V7: readonly Requirement[] = [
  {
    standard: 'ASVS 5.0',
    id: '7.1.1',
    level: 2,
    asks: 'idle and absolute limits are written down, and deviations from NIST are justified',
    assess: () =>
      application(
        '`describe(preset)` gives the policy in force, and a warning where it is looser than `nistAal1`, `nistAal2` or `nistAal3`',
      ),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.1.2',
    level: 2,
    asks: 'how many sessions an account may have at once is written down, and what happens at the limit',
    assess: ({ maxPerSubject, onLimit }) =>
      application(
        maxPerSubject === undefined
          ? 'there is no limit: write that down, or set `maxPerSubject`'
          : `the limit is ${maxPerSubject}, and beyond it ${onLimit}: write that down`,
      ),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.1.3',
    level: 2,
    asks: 'all systems that make sessions in a federation are written down, with how their ends are coordinated',
    assess: () => application('`revoke(id)` and `revokeAll(subject)` for a logout that the identity provider sends'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.2.1',
    level: 1,
    asks: 'tokens are checked on the server alone',
    assess: () => met('core has no part that runs in a browser; every token is checked before the store is asked'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.2.2',
    level: 1,
    asks: 'tokens are made for each session, and are no static keys',
    assess: () => met('a token is drawn at login and at every renewal; there is no way to pass one in'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.2.3',
    level: 1,
    asks: 'reference tokens are unique, from a cryptographic generator, with 128 bits or more',
    assess: () =>
      met('16 random bytes in the secret and 16 in the id, by Web Crypto; a row is only inserted if its id is new'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.2.4',
    level: 1,
    asks: 'a login, and a repeated one, gives a new token and ends the old one',
    assess: ({ endsCopies }) =>
      endsCopies
        ? met('`login` always replaces the token, without grace')
        : notMet('a copy of the old cookie lives on until its clocks end: add `revocations`, or a store'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.3.1',
    level: 2,
    asks: 'inactivity ends the session',
    assess: ({ timeouts }) =>
      timeouts.idle > 0
        ? met(`idle is ${timeouts.idle} s, by the server's clock`)
        : notMet('the idle clock is off: set `timeouts.idle`'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.3.2',
    level: 2,
    asks: 'a session has an absolute end',
    assess: ({ timeouts, remember }) => {
      if (timeouts.absolute === 0) return notMet('the absolute clock is off: set `timeouts.absolute`')
      if (remember && remember.absolute === 0) return notMet('remember-me has no absolute end: set `remember.absolute`')
      return met(`absolute is ${timeouts.absolute} s; only a login moves it`)
    },
  },
  {
    standard: 'ASVS 5.0',
    id: '7.4.1',
    level: 1,
    asks: 'after a logout or an expiry the session cannot be used any more',
    assess: ({ endsCopies, afterLogout }) => (endsCopies ? met(afterLogout) : notMet(afterLogout)),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.4.2',
    level: 1,
    asks: 'disabling or deleting an account ends all its sessions',
    assess: () => application('`revokeAll(subject)` ends them, with every remember-me; call it there'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.4.3',
    level: 2,
    asks: 'after a change of an authentication factor, the user can end all other sessions',
    assess: () => application('`session.regenerate()`, then `revokeAll(subject, { except: session.id })`'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.4.4',
    level: 2,
    asks: 'every page behind a login has a visible logout',
    assess: () => application('`session.logout()` in the route behind it'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.4.5',
    level: 2,
    asks: 'administrators can end the sessions of one user, and of all',
    assess: () =>
      application(
        '`revokeAll(subject)` for one. For all: a new `secret`, without the old one in the list, refuses every token: [incident.md](incident.md)',
      ),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.5.1',
    level: 2,
    asks: 'the user logs in again before changing what authentication relies on',
    assess: () => application('`session.requireFresh({ within })` in front of it'),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.5.2',
    level: 2,
    asks: 'users see their sessions and can end each, after logging in again',
    assess: ({ store }) =>
      application(
        store === 'cookie'
          ? 'sealed cookies cannot be listed: keep the ids of each user yourself, or use a store'
          : '`list(subject)` with `label`, `revoke(id, { subject })`, and `requireFresh` in front',
      ),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.5.3',
    level: 3,
    asks: 'very sensitive operations need another login or a second factor',
    assess: () =>
      application(
        '`login(subject, { level: 2 })` after the second factor, `requireFresh({ within, level: 2 })` in front',
      ),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.6.1',
    level: 2,
    asks: 'lifetimes at the identity provider and here fit together',
    assess: () =>
      application("`authenticatedAt` is the time of the last login; compare it with the provider's, and log in again"),
  },
  {
    standard: 'ASVS 5.0',
    id: '7.6.2',
    level: 2,
    asks: "a session begins with the user's consent or action",
    assess: () =>
      met('reading begins none, and only `login` logs a user in. Application: do not call it for a silent sign-on'),
  },
]

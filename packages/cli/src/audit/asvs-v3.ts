import { application, met, notMet, type Requirement } from './requirement'

const standard = 'ASVS 5.0'
const prefixOf = (name: string) => /^__(?:host|secure)-/i.exec(name)?.[0]

/** What chapter V3 of ASVS 5.0, the web frontend, asks of session cookies and of requests from other sites; in our own words. */
export const ASVS_V3: readonly Requirement[] = [
  {
    standard,
    id: '3.3.1',
    level: 1,
    asks: 'cookies are Secure, and their name begins with __Host- or __Secure-',
    assess: ({ cookie }) => {
      if (!cookie.secure) return notMet('`cookie.secure` is false: for plain http in development only')
      return prefixOf(cookie.name)
        ? met(`${cookie.name} is Secure`)
        : notMet(`${cookie.name} has no prefix: change \`cookie.name\``)
    },
  },
  {
    standard,
    id: '3.3.2',
    level: 2,
    asks: 'SameSite is set as the purpose of the cookie needs',
    assess: ({ cookie }) => {
      if (cookie.sameSite === 'strict' || cookie.sameSite === 'lax') return met(`SameSite is ${cookie.sameSite}`)
      return cookie.sameSite === 'none'
        ? application(
            'SameSite is none, so every site can send the cookie: write the reason down, and defend against CSRF',
          )
        : notMet('the cookie has no SameSite: set `cookie.sameSite`')
    },
  },
  {
    standard,
    id: '3.3.3',
    level: 2,
    asks: 'the name begins with __Host-, unless the cookie is shared by several hosts on purpose',
    assess: ({ cookie }) => {
      if (/^__host-/i.test(cookie.name)) return met(`the cookie is ${cookie.name}`)
      return cookie.domain === undefined
        ? notMet('the cookie is not shared and has no prefix __Host-: change `cookie.name`')
        : application(`the cookie is shared under ${cookie.domain}: write the reason down`)
    },
  },
  {
    standard,
    id: '3.3.4',
    level: 2,
    asks: 'scripts cannot read the token, which leaves the server in Set-Cookie only',
    assess: ({ cookie }) =>
      cookie.httpOnly
        ? met('the cookie is HttpOnly, and no method of a session returns the token')
        : notMet('`cookie.httpOnly` is false'),
  },
  {
    standard,
    id: '3.3.5',
    level: 3,
    asks: 'name and value are 4096 bytes at most',
    assess: () => met('a longer value is split over several cookies, or refused before it is sent'),
  },
  {
    standard,
    id: '3.5.1',
    level: 1,
    asks: 'forged requests from other sites are refused where the browser alone does not refuse them',
    assess: ({ cookie }) =>
      application(
        cookie.sameSite === 'strict'
          ? 'requests from other sites bring no cookie; `sameOriginOnly()` also refuses those of other hosts of the site'
          : 'put `sameOriginOnly()` in front of the routes that change something',
      ),
  },
  {
    standard,
    id: '3.5.3',
    level: 1,
    asks: 'safe methods (GET, HEAD, OPTIONS) change nothing',
    assess: () => application('give sensitive routes unsafe methods, which `sameOriginOnly()` guards'),
  },
]

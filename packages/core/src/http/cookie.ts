import { stringifySetCookie } from 'cookie'
import {
  type OptionContext,
  type OptionTable,
  type OptionValues,
  ofType,
  oneOf,
  readOptions,
  wholeNumberFrom,
} from '../check'
import { SessionConfigError } from '../errors'

/**
 * The name and attributes of a cookie. They are checked together when the manager is created: a combination that browsers
 * reject throws a SessionConfigError.
 * @example
 * cookie: { name: 'session', secure: false } // plain http in development
 */
export interface CookieOptions {
  /**
   * The name of the cookie. Browsers enforce the promises of a prefix such as `__Host-` (RFC 6265bis, section 4.1.3).
   * @default '__Host-session'
   */
  name?: string
  /**
   * The path whose requests bring the cookie. A name with `__Host-` needs `/`.
   * @default '/'
   */
  path?: string
  /**
   * The domain whose hosts get the cookie. A domain needs a name without `__Host-`.
   * @default none: only the host that set it
   */
  domain?: string
  /**
   * False needs a name without a prefix. It is for plain http in development.
   * @default true
   */
  secure?: boolean
  /**
   * Whether scripts of a page are kept from reading the cookie.
   * @default true
   */
  httpOnly?: boolean
  /**
   * `none` needs `secure`. `default` sends no attribute, which browsers read as `lax`.
   * @default 'strict'
   */
  sameSite?: 'strict' | 'lax' | 'none' | 'default'
  /**
   * True needs `secure` (CHIPS).
   * @default false
   */
  partitioned?: boolean
  /**
   * The order of eviction in Chromium.
   * @default none: no attribute
   */
  priority?: 'low' | 'medium' | 'high'
  /**
   * Whether the cookie stays when the browser is closed (Max-Age, at most 400 days).
   * @default false
   */
  persistent?: boolean
  /**
   * Whether a second cookie goes beside a `strict` one: `<name>-at=1`, `SameSite=Lax`, trusted for nothing. A link from
   * another site brings it alone, so the request gets the outcome `withheld` and not an anonymous session, whose cookie
   * would replace the visitor's own.
   * @default true for `sameSite: 'strict'`
   */
  marker?: boolean
  /**
   * Cookie mode only: over how many cookies a session may be split, 1 to 9. Every request carries all of them. Node refuses
   * more than 16 KiB of request headers (`--max-http-header-size`); nginx and other proxies often refuse more than 8 KiB.
   * @default 3
   */
  chunks?: number
}

/** Cookie options with all defaults. */
export type ResolvedCookie = OptionValues<CookieOptions, typeof COOKIE>

/** Name and value, in bytes. Browsers silently drop a longer cookie (RFC 6265bis, section 5.6). */
export const MAX_COOKIE_BYTES = 4096
/** Over how many cookies a value can be split at most. */
export const MAX_CHUNKS = 9
/** How many cookies of one name are read. A browser sends two at most; more are an attack or a bug. */
const MAX_CANDIDATES = 4

/** The names that a cookie can have (RFC 6265, section 4.1.1: a token). */
export const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Name and value share {@link MAX_COOKIE_BYTES}, and the value is the session. */
const MAX_NAME = 256
/** Browsers ignore a longer path and use that of the request (RFC 6265bis, section 5.6). */
export const COOKIE_PATH = /^\/[ -:=-~]{0,1023}$/
/** The longest domain name (RFC 1035). */
const MAX_DOMAIN = 253

/** The rules and defaults of {@link CookieOptions}, each by itself. */
export const COOKIE = {
  name: { kind: ofType('string'), default: '__Host-session' },
  path: { kind: ofType('string'), default: '/' },
  domain: { kind: ofType('string') },
  secure: { kind: ofType('boolean'), default: true },
  httpOnly: { kind: ofType('boolean'), default: true },
  sameSite: { kind: oneOf('strict', 'lax', 'none', 'default'), default: 'strict' },
  partitioned: { kind: ofType('boolean'), default: false },
  priority: { kind: oneOf('low', 'medium', 'high') },
  persistent: { kind: ofType('boolean'), default: false },
  chunks: {
    kind: wholeNumberFrom(1, MAX_CHUNKS),
    default: 3,
    mode: 'cookie',
    because: 'with a store the cookie is short',
  },
  marker: { kind: ofType('boolean'), derive: ({ sameSite }) => sameSite === 'strict' },
} satisfies OptionTable<CookieOptions>

/** Checks the options, each by itself and together, and fills in the defaults. @throws SessionConfigError naming the option. */
export const resolveCookie = (options: CookieOptions, context?: OptionContext): ResolvedCookie =>
  checkCookie(readOptions('cookie.', options, COOKIE, context))

/**
 * Checks name and attributes together.
 * @throws SessionConfigError naming the option, for a combination that browsers reject.
 */
export function checkCookie(cookie: ResolvedCookie): ResolvedCookie {
  const { name, path, domain, secure, httpOnly } = cookie
  // Browsers ignore the case of a prefix (RFC 6265bis, section 5.6), so its rules apply to every spelling.
  const prefix = /^__(?:host-http|http|host|secure)-/i.exec(name)?.[0] ?? ''
  const hostOnly = /^__host-/i.test(prefix)
  const unprefixed = `browsers reject false for ${name}: choose a name without ${prefix}, such as "session"`
  const rules: [option: keyof CookieOptions, holds: boolean, message: string][] = [
    ['name', COOKIE_NAME.test(name), `${JSON.stringify(name)} is not a cookie name (RFC 6265: a token)`],
    ['name', name.length <= MAX_NAME, `must be no longer than ${MAX_NAME} characters`],
    [
      'path',
      COOKIE_PATH.test(path),
      'must begin with "/", contain only printable ASCII without ";" and "<", and be no longer than 1024 characters',
    ],
    ['secure', secure || !prefix, unprefixed],
    ['httpOnly', httpOnly || !/http-$/i.test(prefix), unprefixed],
    [
      'domain',
      !hostOnly || domain === undefined,
      `browsers reject a domain for ${name}: choose a name that begins with __Secure-`,
    ],
    ['path', !hostOnly || path === '/', `must be "/" for ${name}, or choose a name that begins with __Secure-`],
    [
      'marker',
      !cookie.marker || cookie.sameSite === 'strict',
      'needs sameSite strict; browsers send other cookies with links',
    ],
    ['sameSite', secure || cookie.sameSite !== 'none', 'none needs cookie.secure, or browsers drop the cookie'],
    ['partitioned', secure || !cookie.partitioned, 'needs cookie.secure, or browsers drop the cookie'],
    ['domain', isDomain(cookie), `${JSON.stringify(domain)} is not a domain name`],
  ]
  for (const [option, holds, message] of rules) if (!holds) throw new SessionConfigError(`cookie.${option}`, message)
  return cookie
}

function isDomain(cookie: ResolvedCookie): boolean {
  if (cookie.domain === undefined) return true
  try {
    serialize(cookie, '', undefined)
    return cookie.domain !== '' && cookie.domain.length <= MAX_DOMAIN
  } catch {
    return false
  }
}

/** The cookies of a request that were asked for: by name, each value once. */
export type Cookies = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Reads the cookies whose names are wanted. Names are compared byte by byte, without decoding, and only the grammar's spaces
 * and tabs are trimmed: servers that trim Unicode spaces or decode names let a `__Host-` cookie be forged. It reads the
 * header once, because a client chooses how many cookies it sends and how many chunks they name.
 */
export function readCookies(header: string | undefined, wanted: (name: string) => boolean): Cookies {
  const cookies = new Map<string, Set<string>>()
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    const name = at < 0 ? '' : strip(pair.slice(0, at))
    if (name === '' || !wanted(name)) continue
    let values = cookies.get(name)
    if (!values) {
      values = new Set()
      cookies.set(name, values)
    }
    if (values.size < MAX_CANDIDATES) values.add(strip(pair.slice(at + 1)))
  }
  return cookies
}

/** A text without leading and trailing spaces and tabs. A loop, because a regular expression takes quadratic time here. */
export function strip(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text[start])) start++
  while (end > start && isBlank(text[end - 1])) end--
  return text.slice(start, end)
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t'

/** The Set-Cookie line that sets `value`. `maxAge` in seconds, used if the cookie is persistent. */
export function setCookieLine(cookie: ResolvedCookie, value: string, maxAge: number): string {
  if (cookie.persistent) return serialize(cookie, value, maxAge)
  return ISSUED.test(value) ? `${cookie.name}=${value}${attributesOf(cookie)}` : serialize(cookie, value, undefined)
}

/** The characters of our tokens and sealed texts. The text of another codec may have others, which the library checks. */
const ISSUED = /^[\w.*~-]*$/

const attributes = new WeakMap<ResolvedCookie, string>()

/** What follows the value of a cookie that is not persistent. It is made once, because it is the same in each response. */
function attributesOf(cookie: ResolvedCookie): string {
  let text = attributes.get(cookie)
  if (text === undefined) {
    text = serialize(cookie, '', undefined).slice(cookie.name.length + 1)
    attributes.set(cookie, text)
  }
  return text
}

/** The Set-Cookie line that clears the cookie. Browsers match it by its attributes, so they are the same. */
export const clearCookieLine = (cookie: ResolvedCookie): string => serialize(cookie, '', 0)

function serialize(cookie: ResolvedCookie, value: string, maxAge: number | undefined): string {
  return stringifySetCookie(
    {
      name: cookie.name,
      value,
      path: cookie.path,
      domain: cookie.domain,
      secure: cookie.secure,
      httpOnly: cookie.httpOnly,
      sameSite: cookie.sameSite === 'default' ? undefined : cookie.sameSite,
      partitioned: cookie.partitioned,
      priority: cookie.priority,
      maxAge,
      expires: maxAge === 0 ? new Date(0) : undefined,
    },
    { encode: (text) => text },
  )
}

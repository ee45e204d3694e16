import { stringifySetCookie } from 'cookie'
import { SessionConfigError } from '../errors'

/** The cookie's name and attributes, as a user writes them. Browsers' rules are checked at start-up. */
export interface CookieOptions {
  /** Default `__Host-session`. A prefix is a promise that browsers enforce: see RFC 6265bis, section 4.1.3. */
  name?: string
  /** Default `/`. */
  path?: string
  /** Default none: the cookie stays with the host that set it. A domain needs a name without `__Host-`. */
  domain?: string
  /** Default true. False needs a name without a prefix, and is for plain http in development. */
  secure?: boolean
  /** Default true. */
  httpOnly?: boolean
  /** Default `strict`. `none` needs `secure`; `default` sends no attribute, which browsers read as `lax`. */
  sameSite?: 'strict' | 'lax' | 'none' | 'default'
  /** Default false. True needs `secure` (CHIPS). */
  partitioned?: boolean
  /** Default none. Chromium's eviction order. */
  priority?: 'low' | 'medium' | 'high'
  /** Whether the cookie outlives the browser (Max-Age). Default false: it is gone when the browser closes. */
  persistent?: boolean
  /**
   * Cookie mode only: into how many cookies a session may be cut, 1 to 9. Default 3. Every request carries them all: Node
   * refuses more than 16 KiB of headers (`--max-http-header-size`), nginx and other proxies often more than 8.
   */
  chunks?: number
}

/** Cookie options with every default filled in. */
export type ResolvedCookie = Required<Omit<CookieOptions, 'domain' | 'priority'>> &
  Pick<CookieOptions, 'domain' | 'priority'>

/** Name and value, in bytes: browsers drop more without a word (RFC 6265bis, section 5.6). */
export const MAX_COOKIE_BYTES = 4096
/** Into so many cookies, at most, a value may be cut. */
export const MAX_CHUNKS = 9
/** So many cookies of one name are looked at. A browser sends two at the very most; the rest is an attack or a bug. */
const MAX_CANDIDATES = 4

/** What a cookie may be called (RFC 6265, section 4.1.1: a token). */
export const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Name and value share {@link MAX_COOKIE_BYTES}, and the value is the session. */
const MAX_NAME = 256
/** Browsers ignore a longer one, and put the cookie on the path of the request (RFC 6265bis, section 5.6). */
const PATH = /^\/[ -:=-~]{0,1023}$/
/** What a domain name has at most (RFC 1035). */
const MAX_DOMAIN = 253

/** @throws SessionConfigError for what a browser would refuse. */
export function resolveCookie(options: CookieOptions): ResolvedCookie {
  const cookie: ResolvedCookie = {
    ...options,
    name: options.name ?? '__Host-session',
    path: options.path ?? '/',
    secure: options.secure ?? true,
    httpOnly: options.httpOnly ?? true,
    sameSite: options.sameSite ?? 'strict',
    partitioned: options.partitioned ?? false,
    persistent: options.persistent ?? false,
    chunks: options.chunks ?? 3,
  }
  const refuse = (option: string, message: string): never => {
    throw new SessionConfigError(`cookie.${option}`, message)
  }
  if (!Number.isInteger(cookie.chunks) || cookie.chunks < 1 || cookie.chunks > MAX_CHUNKS) {
    refuse('chunks', `must be a whole number from 1 to ${MAX_CHUNKS}`)
  }
  if (!COOKIE_NAME.test(cookie.name))
    refuse('name', `${JSON.stringify(cookie.name)} is not a cookie name (RFC 6265: a token)`)
  if (cookie.name.length > MAX_NAME) refuse('name', `must be no longer than ${MAX_NAME} characters`)
  if (!PATH.test(cookie.path)) {
    refuse(
      'path',
      'must begin with "/", hold printable ASCII without ";" and "<" only, and be no longer than 1024 characters',
    )
  }
  checkPrefix(cookie, refuse)
  if (cookie.sameSite === 'none' && !cookie.secure)
    refuse('sameSite', 'none needs cookie.secure, or browsers drop the cookie')
  if (cookie.partitioned && !cookie.secure) refuse('partitioned', 'needs cookie.secure, or browsers drop the cookie')
  if (!isDomain(cookie)) refuse('domain', `${JSON.stringify(cookie.domain)} is not a domain name`)
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

function checkPrefix(cookie: ResolvedCookie, refuse: (option: string, message: string) => never): void {
  // Browsers match prefixes whatever their case (RFC 6265bis, section 5.6), so a stray spelling is bound by them as well.
  const prefix = /^__(?:host-http|http|host|secure)-/i.exec(cookie.name)?.[0].toLowerCase()
  if (!prefix) return
  const plain = `choose a name without ${cookie.name.slice(0, prefix.length)}, "session" for one`
  if (!cookie.secure) refuse('secure', `false is refused by browsers for ${cookie.name}: ${plain}`)
  if (prefix.includes('http-') && !cookie.httpOnly)
    refuse('httpOnly', `false is refused by browsers for ${cookie.name}: ${plain}`)
  if (!prefix.startsWith('__host-')) return
  if (cookie.domain !== undefined)
    refuse('domain', `is refused by browsers for ${cookie.name}: choose a name that begins with __Secure-`)
  if (cookie.path !== '/') refuse('path', `must be "/" for ${cookie.name}: choose a name that begins with __Secure-`)
}

/** A request's cookies by name, as far as somebody asked for them: the values, each once. */
export type Cookies = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The cookies whose names are wanted. Compared byte by byte: no decoding, no trimming beyond the space and tab of the
 * grammar. Servers that trimmed Unicode spaces or decoded names let `__Host-` be forged. One pass, however much is looked up
 * afterwards: a header has room for thousands of cookies, and whoever sends it chooses how many chunks ours has.
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

/** A text without the spaces and tabs around it. A regular expression would take the square of what stands between words. */
export function strip(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text[start])) start++
  while (end > start && isBlank(text[end - 1])) end--
  return text.slice(start, end)
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t'

/** The Set-Cookie line that hands out `value`; `maxAge` in seconds where the cookie is persistent. */
export const setCookieLine = (cookie: ResolvedCookie, value: string, maxAge: number): string =>
  serialize(cookie, value, cookie.persistent ? maxAge : undefined)

/** The Set-Cookie line that makes a browser forget the cookie: the same attributes, or it would not match. */
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

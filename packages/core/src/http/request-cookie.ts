import { SessionUsageError } from '../errors'
import { byteLength } from '../seal/bytes'
import type { HttpCarrier } from './carrier'
import {
  COOKIE_PATH,
  type Cookies,
  clearCookieLine,
  MAX_CHUNKS,
  MAX_COOKIE_BYTES,
  type ResolvedCookie,
  readCookies,
  setCookieLine,
} from './cookie'
import { addSetCookie, forbidStoring, putSetCookie } from './headers'

/**
 * One cookie of ours on one request: the values that came with the request, and the Set-Cookie that is pending for the
 * response. A value that is too long for one cookie is cut into chunks: `name`, `name.2`, `name.3`… The first chunk says
 * how many there are, and the seal covers the whole text: a missing, exchanged or left-over chunk makes it fail to open.
 */
export class RequestCookie {
  /** An empty value clears the cookie. */
  private pendingCookie: { value: string; maxAge: number } | undefined
  private parsed: Cookies | undefined
  private joined: string[] | undefined
  private otherPaths: string[] = []

  constructor(
    private readonly cookie: ResolvedCookie,
    private readonly carrier: HttpCarrier,
  ) {}

  /** Our cookies in the request, by name. */
  private get received(): Cookies {
    if (!this.parsed) {
      const { name } = this.cookie
      const header = this.carrier.requestHeader('cookie')
      // Most requests have no cookie of ours: a substring search is cheaper than parsing the header.
      this.parsed = readCookies(header?.includes(name) ? header : undefined, (other) => isPartOf(other, name))
    }
    return this.parsed
  }

  /** The values in the request, each once, chunks joined. */
  values(): string[] {
    this.joined ??= Array.from(this.received.get(this.cookie.name) ?? [], (value) => this.join(value))
    return this.joined
  }

  /** The response sets the cookie to this value. `maxAge` in seconds, used if the cookie is persistent. */
  setPending(value: string, maxAge: number): void {
    this.pendingCookie = { value, maxAge }
  }

  /** The response clears the cookie. */
  clear(): void {
    this.setPending('', 0)
  }

  /**
   * Besides what is pending, the response clears the received cookies under every other path that they can have come
   * from.
   */
  clearOtherPaths(): void {
    this.otherPaths = otherPathsOf(this.cookie, this.carrier.url)
  }

  /** The response neither sets nor clears the cookie. */
  dropPending(): void {
    this.pendingCookie = undefined
  }

  /** What the response sets: an empty value clears the cookie. `maxAge` is undefined if it goes with the browser. */
  get pending(): { readonly value: string; readonly maxAge: number | undefined } | undefined {
    const { cookie, pendingCookie } = this
    return pendingCookie && { value: pendingCookie.value, maxAge: cookie.persistent ? pendingCookie.maxAge : undefined }
  }

  /** Writes the pending cookie to the response. False if there is none. */
  applyCookies(): boolean {
    const { carrier, cookie, pendingCookie } = this
    if (!pendingCookie) return false
    const { value, maxAge } = pendingCookie
    const chunks = value === '' ? [] : cutIntoChunks(cookie, value)
    const [first] = chunks
    const line = first === undefined ? clearCookieLine(cookie) : setCookieLine(cookie, first, maxAge)
    putSetCookie(carrier, cookie.name, line)
    const hasFurtherChunks = this.received.size > (this.received.has(cookie.name) ? 1 : 0)
    if (chunks.length > 1 || hasFurtherChunks) this.applyFurtherChunks(chunks, maxAge)
    if (this.otherPaths.length > 0) this.clearUnderOtherPaths()
    forbidStoring(carrier)
    return true
  }

  /** Also clears chunks left by an earlier configuration (larger `chunks`, or cookie mode), if the browser sent them. */
  private applyFurtherChunks(chunks: readonly string[], maxAge: number): void {
    const { carrier, cookie, received } = this
    for (let i = 1; i < MAX_CHUNKS; i++) {
      const part = { ...cookie, name: chunkName(cookie.name, i) }
      const chunk = chunks[i]
      if (chunk !== undefined) putSetCookie(carrier, part.name, setCookieLine(part, chunk, maxAge))
      else if (received.has(part.name)) putSetCookie(carrier, part.name, clearCookieLine(part))
    }
  }

  private clearUnderOtherPaths(): void {
    for (const name of this.received.keys()) {
      for (const path of this.otherPaths) addSetCookie(this.carrier, clearCookieLine({ ...this.cookie, name, path }))
    }
  }

  /** The whole value that begins with the chunk `first`. Empty if no response of ours can have set it. */
  private join(first: string): string {
    const [, count, head] = /^([2-9])~(.*)$/.exec(first) ?? ['', '1', first]
    if (Number(count) > this.cookie.chunks) return ''
    const parts = [head!]
    for (let i = 1; i < Number(count); i++) {
      const found = this.received.get(chunkName(this.cookie.name, i))
      // Missing or ambiguous chunk: reject it rather than guess.
      if (found?.size !== 1) return ''
      parts.push(...found)
    }
    const value = parts.join('')
    // Accept only the canonical split, so that each value has exactly one form.
    return cut(this.cookie, value).every((chunk, i) => chunk === (i === 0 ? first : parts[i])) ? value : ''
  }
}

/** The other paths that a received cookie can have been set for. A `__Host-` cookie has none. */
export const otherPathsOf = ({ name, path }: ResolvedCookie, url: string): string[] =>
  /^__host-/i.test(name) ? [] : pathsOf(url).filter((other) => other !== path)

/** How many segments of a path are tried: each is a line in the response for each of two spellings. */
const MAX_SEGMENTS = 8

/** The cookie paths that match a request's target (RFC 6265, section 5.1.4), shortest first. */
function pathsOf(url: string): string[] {
  const [path = ''] = url.split(/[?#]/, 1)
  const paths = ['/']
  for (
    let end = path.indexOf('/', 1), n = 0;
    n < MAX_SEGMENTS && path.length > 1;
    end = path.indexOf('/', end + 1), n++
  ) {
    if (end < 0) {
      paths.push(path)
      break
    }
    paths.push(path.slice(0, end), path.slice(0, end + 1))
  }
  return paths.filter((other) => COOKIE_PATH.test(other))
}

const chunkName = (name: string, index: number) => (index === 0 ? name : `${name}.${index + 1}`)

/** Whether `name` is the cookie `whole` or one of its chunks. */
export const isPartOf = (name: string, whole: string): boolean =>
  name === whole || (name.startsWith(whole) && /^\.[2-9]$/.test(name.slice(whole.length)))

/** Splits `value` over as few cookies as possible. Name and value count, in bytes (RFC 6265bis, section 5.6). */
function cut(cookie: ResolvedCookie, value: string): string[] {
  const room = MAX_COOKIE_BYTES - cookie.name.length
  // A UTF-16 code unit takes three bytes at most: short values need no counting.
  if (value.length * 3 <= room || byteLength(value) <= room) return [value]
  // Sealed texts are ASCII, so characters are bytes. Two are kept free: for the count `2~`, and for the suffix `.2`.
  const size = room - 2
  const count = Math.ceil(value.length / size)
  return Array.from({ length: count }, (_, i) => (i === 0 ? `${count}~` : '') + value.slice(i * size, (i + 1) * size))
}

/**
 * Splits `value` into the values of its cookies.
 * @throws SessionUsageError `ERR_SESSION_TOO_LARGE` if that takes more cookies than `cookie.chunks`.
 */
export function cutIntoChunks(cookie: ResolvedCookie, value: string): string[] {
  const chunks = cut(cookie, value)
  if (chunks.length > cookie.chunks) {
    throw new SessionUsageError(
      'ERR_SESSION_TOO_LARGE',
      `The session does not fit its cookie: ${value.length} bytes take ${chunks.length} cookies, and cookie.chunks is ` +
        `${cookie.chunks}. Keep less in session.data, or pass a store: createSessionManager({ store }).`,
    )
  }
  return chunks
}

import { SessionUsageError } from '../errors'
import { byteLength } from '../seal/bytes'
import type { HttpCarrier } from './carrier'
import {
  type Cookies,
  clearCookieLine,
  MAX_CHUNKS,
  MAX_COOKIE_BYTES,
  type ResolvedCookie,
  readCookies,
  setCookieLine,
} from './cookie'
import { forbidStoring, putSetCookie } from './headers'

/**
 * One cookie of ours on one request and its response: what came, and what is owed to the client. A value too long for one
 * cookie is cut into chunks, `name`, `name.2`, `name.3`…; the first says how many there are, and the seal binds them: a
 * chunk that is missing, exchanged or left over from before leaves a text that does not open.
 */
export class RequestCookie {
  private owed: { value: string; maxAge: number } | 'clear' | undefined
  private found: Cookies | undefined

  constructor(
    private readonly cookie: ResolvedCookie,
    private readonly carrier: HttpCarrier,
  ) {}

  /** The cookies of ours that came with the request, by name. */
  private get came(): Cookies {
    if (!this.found) {
      const { name } = this.cookie
      const header = this.carrier.requestHeader('cookie')
      // Most requests have none of ours, and one look tells.
      this.found = readCookies(header?.includes(name) ? header : undefined, (other) => isPartOf(other, name))
    }
    return this.found
  }

  /** The values that came with the request, each once, chunks put together. */
  values(): string[] {
    return [...(this.came.get(this.cookie.name) ?? [])].map((value) => this.join(value))
  }

  /** The client is to get this value. `maxAge` in seconds, for a cookie that outlives the browser. */
  put(value: string, maxAge: number): void {
    this.owed = { value, maxAge }
  }

  /** The client is to forget the cookie. */
  clear(): void {
    this.owed = 'clear'
  }

  /** Whatever was owed before is not any more. */
  reset(): void {
    this.owed = undefined
  }

  /** Writes what is owed into the response; whether that was anything. */
  handOver(): boolean {
    const { carrier, cookie, owed } = this
    if (!owed) return false
    const chunks = owed === 'clear' ? [] : cutIntoChunks(cookie, owed.value)
    chunks.forEach((chunk, i) => {
      const named = { ...cookie, name: chunkName(cookie.name, i) }
      putSetCookie(carrier, named.name, setCookieLine(named, chunk, (owed as { maxAge: number }).maxAge))
    })
    // Also those of a configuration that allowed more of them, or of none that had a storage.
    for (let i = chunks.length; i < MAX_CHUNKS; i++) {
      const name = chunkName(cookie.name, i)
      // Only what the browser has: clearing what it never had would waste bytes on every response.
      if (i === 0 || this.came.has(name)) putSetCookie(carrier, name, clearCookieLine({ ...cookie, name }))
    }
    forbidStoring(carrier)
    return true
  }

  /** The value that begins with `first`, whole again; an empty one where no response of ours can have set that. */
  private join(first: string): string {
    const [, count, head] = /^([2-9])~(.*)$/.exec(first) ?? ['', '1', first]
    if (Number(count) > this.cookie.chunks) return ''
    const parts = [head!]
    for (let i = 1; i < Number(count); i++) {
      const found = this.came.get(chunkName(this.cookie.name, i))
      // None or two: whichever were taken, nobody could say that it is the right one.
      if (found?.size !== 1) return ''
      parts.push(...found)
    }
    const value = parts.join('')
    // One value, one way to cut it: what was cut elsewhere, or not cut at all, is not ours.
    return cut(this.cookie, value).every((chunk, i) => chunk === (i === 0 ? first : parts[i])) ? value : ''
  }
}

const chunkName = (name: string, index: number) => (index === 0 ? name : `${name}.${index + 1}`)

/** Whether a cookie of one name would be taken for the cookie of another, or for a chunk of that. */
export const isPartOf = (name: string, whole: string): boolean =>
  name === whole || (name.startsWith(whole) && /^\.[2-9]$/.test(name.slice(whole.length)))

/** The values of the cookies that hold `value` together. Name and value count, in bytes (RFC 6265bis, section 5.6). */
function cut(cookie: ResolvedCookie, value: string): string[] {
  const room = MAX_COOKIE_BYTES - cookie.name.length
  // A character takes three bytes at most.
  if (value.length * 3 <= room || byteLength(value) <= room) return [value]
  // Sealed texts are ASCII, so characters are bytes; two are for the count, two for the longer names.
  const size = room - 2
  const count = Math.ceil(value.length / size)
  return Array.from({ length: count }, (_, i) => (i === 0 ? `${count}~` : '') + value.slice(i * size, (i + 1) * size))
}

/**
 * The values of the cookies that are to hold `value` together.
 * @throws SessionUsageError `ERR_SESSION_TOO_LARGE` where it takes more cookies than the configuration allows.
 */
export function cutIntoChunks(cookie: ResolvedCookie, value: string): string[] {
  const chunks = cut(cookie, value)
  if (chunks.length > cookie.chunks) {
    throw new SessionUsageError(
      'ERR_SESSION_TOO_LARGE',
      `The session does not fit its cookie: ${value.length} bytes take ${chunks.length} cookies, and cookie.chunks is ` +
        `${cookie.chunks}. Keep less in session.data, or give the manager a storage.`,
    )
  }
  return chunks
}

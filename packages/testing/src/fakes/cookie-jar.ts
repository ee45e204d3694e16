/**
 * A browser's cookies for one site, reduced to what tests need: it applies Set-Cookie lines and gives the Cookie header. Cookies
 * are identified by name only; attributes do not restrict where they are sent, and cookies do not expire with time.
 * @example
 * const jar = new CookieJar()
 * const response = await fetch(url, { headers: jar.header ? { cookie: jar.header } : {} })
 * jar.take(response.headers.getSetCookie())
 */
export class CookieJar {
  readonly #values = new Map<string, string>()

  /** Creates a jar from a Cookie header. Default: an empty jar. */
  constructor(header = '') {
    for (const pair of header.split(';')) {
      const at = pair.indexOf('=')
      if (at > 0) this.#values.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
    }
  }

  /** Applies a response's Set-Cookie lines in order. `Max-Age=0`, or without a Max-Age a past `Expires`, removes a cookie. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const { name, value, attributes } = parseSetCookie(line)
      if (isRemoval(attributes)) this.#values.delete(name)
      else this.#values.set(name, value)
    }
  }

  /** The value of a cookie; undefined if there is none. */
  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** Adds or replaces a cookie. */
  set(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /** Removes a cookie, if there is one. */
  delete(name: string): void {
    this.#values.delete(name)
  }

  /** The names of the cookies, in the order in which they were first set. */
  get names(): string[] {
    return [...this.#values.keys()]
  }

  /** The Cookie header of a request; undefined if there is no cookie. */
  get header(): string | undefined {
    if (this.#values.size === 0) return undefined
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** A copy of the jar, as held by a thief, or by a second tab that has not seen the latest response. */
  copy(): CookieJar {
    return new CookieJar(this.header)
  }
}

/** The parts of a Set-Cookie line. */
export interface SetCookie {
  /** The name of the cookie. */
  readonly name: string
  /** Its value, as it was sent. */
  readonly value: string
  /** The attributes by lower-case name; one without a value (`Secure`) has the value `''`. */
  readonly attributes: ReadonlyMap<string, string>
}

/**
 * Parses a Set-Cookie line (RFC 6265, section 5.2).
 * @example
 * parseSetCookie('session=x; Secure').attributes.has('secure') // true
 */
export function parseSetCookie(line: string): SetCookie {
  const [[name, value], ...rest] = line.split(';').map(halves) as [[string, string], ...[string, string][]]
  return { name, value, attributes: new Map(rest.map(([key, text]) => [key.toLowerCase(), text])) }
}

function halves(part: string): [string, string] {
  const at = part.indexOf('=')
  return at < 0 ? [part.trim(), ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
}

function isRemoval(attributes: ReadonlyMap<string, string>): boolean {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const expires = attributes.get('expires')
  return expires !== undefined && Date.parse(expires) <= Date.now()
}

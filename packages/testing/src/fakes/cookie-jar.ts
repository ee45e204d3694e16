/**
 * A browser's cookies for one site, as far as tests need them: it follows Set-Cookie lines and sends what it has. Cookies
 * are told apart by name alone; attributes do not restrict where they are sent, and time ends none of them.
 */
export class CookieJar {
  readonly #values = new Map<string, string>()

  /** A jar that holds a request's Cookie header, or nothing. */
  constructor(header = '') {
    for (const pair of header.split(';')) {
      const at = pair.indexOf('=')
      if (at > 0) this.#values.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
    }
  }

  /** Follows a response's Set-Cookie lines, in their order. `Max-Age=0`, or without a Max-Age a past `Expires`, removes a cookie. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const { name, value, attributes } = parseSetCookie(line)
      if (isRemoval(attributes)) this.#values.delete(name)
      else this.#values.set(name, value)
    }
  }

  /** The value of a cookie; undefined where there is none. */
  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** Puts a cookie in, or in place of another. */
  set(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /** Takes a cookie out; nothing where there is none. */
  delete(name: string): void {
    this.#values.delete(name)
  }

  /** The names of the cookies, in the order in which they first came. */
  get names(): string[] {
    return [...this.#values.keys()]
  }

  /** What a request's Cookie header says; undefined where there is no cookie. */
  get header(): string | undefined {
    if (this.#values.size === 0) return undefined
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Another jar with the same cookies: a thief's copy, or a second tab that has not seen the latest response. */
  copy(): CookieJar {
    return new CookieJar(this.header)
  }
}

/** A Set-Cookie line in its parts. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  /** The attributes by name in lower case; one without a value (`Secure`) has the empty one. */
  readonly attributes: ReadonlyMap<string, string>
}

/** Takes a Set-Cookie line apart (RFC 6265, section 5.2). */
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

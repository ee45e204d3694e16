import { parse } from 'cookie'
import type { SessionSource } from './source'

/** The cookies of a request as they came, not decoded; of several with one name the first, as the old libraries do. */
export function cookiesIn(header: string): ReadonlyMap<string, string> {
  const found = parse(header, { decode: (value) => value })
  return new Map(Object.entries(found).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** The Set-Cookie lines that clear the cookies of a source that a request brought. */
export function clearLines(source: SessionSource, cookies: ReadonlyMap<string, string>): string[] {
  const { path, domain } = source.options
  return source.names(cookies).map((name) => {
    const secure = /^__(?:host|secure)-/i.test(name) ? '; Secure' : ''
    const of = domain === undefined ? '' : `; Domain=${domain}`
    return `${name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=${path}${of}; HttpOnly${secure}`
  })
}

import { type Cookies, MAX_COOKIE_BYTES } from '../http/cookie'
import { byteLength } from '../seal/bytes'
import { HEADER_CHARACTERS } from './header'

const MAX_COOKIES = 9

/** The names of a cookie and its chunks, which are called `name2` to `name9`. */
export const namesOf = (name: string): string[] =>
  Array.from({ length: MAX_COOKIES }, (_, i) => (i === 0 ? name : `${name}${i + 1}`))

/** The value that nginx takes if a request has several cookies of one name: the first. */
export const firstOf = (cookies: Cookies, name: string): string | undefined => cookies.get(name)?.values().next().value

/**
 * Over how many cookies a payload of `size` characters is split. Name, `=` and value count; the name of a later cookie has
 * one more digit. Undefined if nine are not enough.
 */
function chunkCount(name: string, size: number): number | undefined {
  let needed = byteLength(name) + 1 + HEADER_CHARACTERS + size
  for (let count = 1; count <= MAX_COOKIES; count++) {
    if (count > 1) needed += byteLength(name) + 2
    if (needed <= count * MAX_COOKIE_BYTES) return count
  }
  return undefined
}

/**
 * Joins the payload whose first cookie is `first` from the cookies `name`, `name2`… `name9`. Undefined if a part is missing,
 * if its length is not the one in the header, or if it was split in another place than lua-resty-session splits.
 */
export function joinPayload(cookies: Cookies, name: string, first: string, size: number): string | undefined {
  const count = chunkCount(name, size)
  if (!count) return undefined
  const parts = [first.slice(HEADER_CHARACTERS)]
  for (let i = 2; i <= count; i++) {
    const chunk = firstOf(cookies, `${name}${i}`)
    if (chunk === undefined) return undefined
    parts.push(chunk)
  }
  const room = MAX_COOKIE_BYTES - byteLength(name) - 1
  const full = (part: string, i: number) => part.length === (i === 0 ? room - HEADER_CHARACTERS : room - 1)
  const payload = parts.join('')
  return payload.length === size && parts.slice(0, -1).every(full) ? payload : undefined
}

import { type Cookies, MAX_COOKIE_BYTES } from '../http/cookie'
import { byteLength } from '../seal/bytes'
import { HEADER_CHARACTERS } from './header'

const MAX_COOKIES = 9

/** Whether a cookie of one name would be taken for the cookie of another, or for a chunk of that: `name2` to `name9`. */
export const isPartOf = (name: string, whole: string): boolean =>
  name === whole || (name.startsWith(whole) && /^[2-9]$/.test(name.slice(whole.length)))

/**
 * Into how many cookies a payload of so many characters is cut, which only the header tells: name, `=` and value count,
 * and the later cookies have a digit more in their names. Undefined where nine do not hold it.
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
 * The payload whose header and first characters are `first`, put together from the cookies `name`, `name2`… `name9`;
 * undefined where it is not all there, is longer than its header says, or was cut anywhere else than the reference cuts.
 */
export function joinPayload(cookies: Cookies, name: string, first: string, size: number): string | undefined {
  const count = chunkCount(name, size)
  if (!count) return undefined
  const parts = [first.slice(HEADER_CHARACTERS)]
  for (let i = 2; i <= count; i++) {
    const found = cookies.get(`${name}${i}`)
    // None or two: whichever were taken, nobody could say that it is the right one.
    if (found?.size !== 1) return undefined
    parts.push(...found)
  }
  const room = MAX_COOKIE_BYTES - byteLength(name) - 1
  const full = (part: string, i: number) => part.length === (i === 0 ? room - HEADER_CHARACTERS : room - 1)
  const payload = parts.join('')
  return payload.length === size && parts.slice(0, -1).every(full) ? payload : undefined
}

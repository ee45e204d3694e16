/** Returns `length` random bytes that are fit for keys. Tests pass their own. */
export type RandomBytes = (length: number) => Uint8Array

// One getRandomValues call costs the same for 16 bytes as for 512, so bytes are drawn in batches.
const pool = new Uint8Array(512)
let used = pool.length

/** The runtime's cryptographic random generator. No byte is returned twice, or kept in memory after it was returned. */
export const randomBytes: RandomBytes = (length) => {
  if (length > pool.length) return crypto.getRandomValues(new Uint8Array(length))
  if (used + length > pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  const bytes = pool.slice(used, used + length)
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Base64url without padding (RFC 4648, section 5). */
export function base64url(bytes: Uint8Array): string {
  let text = ''
  let [rest, bits] = [0, 0]
  for (const byte of bytes) {
    rest = (rest << 8) | byte
    for (bits += 8; bits >= 6; bits -= 6) text += ALPHABET[(rest >> (bits - 6)) & 63]
    rest &= 63
  }
  return bits === 0 ? text : text + ALPHABET[(rest << (6 - bits)) & 63]
}

/** The bytes of a base64url text. @throws Error if it is not base64url. */
export const fromBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

/** The length of a text in UTF-8 bytes. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/** Where randomness comes from: so many bytes, fit for keys. Tests hand in their own. */
export type RandomBytes = (length: number) => Uint8Array

// To ask the runtime costs the same for a few bytes as for many: some are drawn ahead.
const drawn = new Uint8Array(512)
let used = drawn.length

/** The runtime's cryptographic random generator. No byte is handed out twice, nor kept once it is. */
export const randomBytes: RandomBytes = (length) => {
  if (length > drawn.length) return crypto.getRandomValues(new Uint8Array(length))
  if (used + length > drawn.length) {
    crypto.getRandomValues(drawn)
    used = 0
  }
  const bytes = drawn.slice(used, used + length)
  drawn.fill(0, used, used + length)
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

/** The bytes of a base64url text. @throws an Error where it is none. */
export const fromBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

/** How many bytes a text takes in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/** Returns `length` random bytes that are fit for keys. Tests pass their own. */
export type RandomBytes = (length: number) => Uint8Array

/**
 * The runtime's cryptographic random generator. No bytes of ids and secrets are drawn ahead: memory that is copied (a startup snapshot, a
 * resumed virtual machine) would hold the tokens of two processes.
 */
export const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))

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

const VALUES = new Map([...ALPHABET].map((character, value) => [character.charCodeAt(0), value]))
const VALUE_OF = Uint8Array.from({ length: 128 }, (_, code) => VALUES.get(code) ?? 255)

/** The bytes of a base64url text. @throws an Error where it is none. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((text.length * 3) >> 2)
  let [rest, bits, at] = [0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const value = VALUE_OF[text.charCodeAt(i)] ?? 255
    if (value === 255) throw new Error('not base64url')
    rest = ((rest << 6) | value) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at] = rest >> bits
    at += 1
  }
  return bytes
}

/** The length of a text in UTF-8 bytes. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/** Where randomness comes from: so many bytes, fit for keys. Tests hand in their own. */
export type RandomBytes = (length: number) => Uint8Array

/** The runtime's cryptographic random generator. */
export const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))

/** Base64url without padding (RFC 4648, section 5). */
export function base64url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** The bytes of a base64url text. @throws an Error where it is none. */
export const fromBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

/** How many bytes a text takes in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

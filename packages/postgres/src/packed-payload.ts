import { charactersOf, withCharacters } from '#characters'

/**
 * A payload as a column of bytes has it, in hex digits, which every driver can send and return. The first byte is its mark: the
 * text in UTF-8; or what core has sealed, each character of base64url in six bits, with or without an A as padding at the end;
 * or UTF-16, for text that UTF-8 cannot represent.
 */
const [UTF8, SEALED, PADDED, UTF16] = ['00', '01', '02', '03'] as const

/** Writes a payload as hex digits. Without Node's Buffer, as in a browser, a sealed one is written as text. */
export function packPayload(payload: string): string {
  const characters = typeof Buffer === 'undefined' ? undefined : charactersOf(payload)
  if (characters !== undefined) {
    const isWhole = characters.length % 4 === 0
    const text = isWhole ? characters : `${characters}A`
    const bytes = Buffer.from(text, 'base64url').subarray(0, Math.ceil((characters.length * 3) / 4))
    // Buffer skips characters that are none of base64url. Then the text goes as it is.
    if (bytes.toString('base64url') === text) return (isWhole ? SEALED : PADDED) + bytes.toString('hex')
  }
  return /\p{Cs}/u.test(payload) ? UTF16 + unitsOf(payload) : UTF8 + toHex(new TextEncoder().encode(payload))
}

/** Reverses {@link packPayload}. What another program wrote is read as text. */
export function unpackPayload(hex: string): string {
  const [mark, digits] = [hex.slice(0, 2), hex.slice(2)]
  if (mark === SEALED) return withCharacters(toBase64url(digits))
  if (mark === PADDED) return withCharacters(toBase64url(digits).slice(0, -1))
  if (mark === UTF16) return digits.replace(/.{4}/g, (unit) => String.fromCharCode(Number.parseInt(unit, 16)))
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(fromHex(digits))
}

const unitsOf = (text: string): string =>
  text.split('').reduce((hex, unit) => hex + unit.charCodeAt(0).toString(16).padStart(4, '0'), '')

function toHex(bytes: Uint8Array): string {
  if (typeof Buffer !== 'undefined') return Buffer.from(bytes).toString('hex')
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(hex: string): Uint8Array {
  if (typeof Buffer !== 'undefined') return Buffer.from(hex, 'hex')
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

function toBase64url(hex: string): string {
  if (typeof Buffer !== 'undefined') return Buffer.from(hex, 'hex').toString('base64url')
  const binary = hex.replace(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16)))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

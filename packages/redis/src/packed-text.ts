import { charactersOf, withCharacters } from '#characters'
import { decode, encode } from './encoding'

/**
 * A text as bytes. The first byte, its mark, says how the others are to be read:
 *
 * - below {@link WORD}: a payload, which goes on to the end of the row.
 * - up to 127: a word of so many characters of base64url, in six bits each. Ids, versions and hashes of core are such words.
 * - up to 254: a word of (mark - 128) bytes of escaped text.
 * - 255: a word of escaped text; four bytes with its length come first.
 */
const WORD = 4
const [ESCAPED, LONG] = [128, 255]

/** The marks of a payload: as it is, sealed by core in characters of six bits, and escaped because UTF-8 cannot represent it. */
const [UTF8, SEALED, PADDED, UNPAIRED] = [0, 1, 2, 3] as const

/** What of a text is written, and how. */
export interface Packed {
  readonly mark: number
  readonly text: string
  readonly encoding: 'base64url' | 'utf8'
  /** All bytes, with the mark. */
  readonly size: number
}

/** Six bits for each character. Base64 wants a multiple of four characters: see {@link padded}. */
const sixBits = (characters: number): number => Math.ceil((characters * 3) / 4)

/** An A has only zeros, so as many bits as the last byte lacks can be cut from one. */
const padded = (characters: string): string => (characters.length % 4 === 0 ? characters : `${characters}A`)

/** How a version or a subject key is packed. */
export function packedWord(word: string): Packed {
  const { length } = word
  if (/^[\w-]{4,127}$/.test(word)) {
    return { mark: length, text: padded(word), encoding: 'base64url', size: 1 + sixBits(length) }
  }
  const text = encode(word)
  const isLong = text.length >= LONG - ESCAPED
  return { mark: isLong ? LONG : ESCAPED + text.length, text, encoding: 'utf8', size: (isLong ? 5 : 1) + text.length }
}

/**
 * How a payload is packed. Whether the characters of a sealed one are of base64url shows when they are read back:
 * then `plain` asks for the text as it is.
 */
export function packedPayload(payload: string, plain: boolean): Packed {
  const characters = plain ? undefined : charactersOf(payload)
  if (characters !== undefined) {
    const mark = characters.length % 4 === 0 ? SEALED : PADDED
    return { mark, text: padded(characters), encoding: 'base64url', size: 1 + sixBits(characters.length) }
  }
  const isUtf8 = !/\p{Cs}/u.test(payload)
  const text = isUtf8 ? payload : encode(payload)
  return { mark: isUtf8 ? UTF8 : UNPAIRED, text, encoding: 'utf8', size: 1 + Buffer.byteLength(text) }
}

/** Writes a packed text. Returns where the next one begins. */
export function writePacked(bytes: Buffer, at: number, { mark, text, encoding, size }: Packed): number {
  bytes[at] = mark
  if (mark === LONG) bytes.writeUInt32BE(text.length, at + 1)
  bytes.write(text, at + (mark === LONG ? 5 : 1), encoding)
  return at + size
}

/** Whether the bytes from `at` to the end are this text. Node skips characters that are none of base64url. */
export const isWritten = (bytes: Buffer, at: number, { text, encoding }: Packed): boolean =>
  encoding === 'utf8' || bytes.toString('base64url', at + 1) === text

/** Reads the words from `at`, and where the payload begins: not before the end of the bytes if there is none. */
export function readWords(bytes: Buffer, at: number): { words: string[]; payloadAt: number } {
  const words: string[] = []
  let next = at
  for (let mark = bytes[next]; mark !== undefined && mark >= WORD; mark = bytes[next]) {
    const from = next + (mark === LONG ? 5 : 1)
    if (mark < ESCAPED) {
      next = from + sixBits(mark)
      words.push(bytes.toString('base64url', from, next).slice(0, mark))
    } else {
      next = from + (mark === LONG ? lengthAt(bytes, next + 1) : mark - ESCAPED)
      words.push(decode(bytes.toString('latin1', from, next)))
    }
  }
  return { words, payloadAt: next }
}

const lengthAt = (bytes: Buffer, at: number): number => (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0)

/** Reads the payload from `at` to the end. */
export function readPayload(bytes: Buffer, at: number): string {
  const mark = bytes[at]
  if (mark === UTF8) return bytes.toString('utf8', at + 1)
  if (mark === UNPAIRED) return decode(bytes.toString('latin1', at + 1))
  const characters = bytes.toString('base64url', at + 1)
  return withCharacters(mark === PADDED ? characters.slice(0, -1) : characters)
}

import type { StoredSession } from '@sojourn/session-core'
import { isWritten, packedPayload, packedWord, readPayload, readWords, writePacked } from './packed-text'

/**
 * The format of a row. A row is one string of three parts:
 *
 * 1. The head: touchedAt, expiresAt and absoluteExpiresAt, as whole numbers of seven bytes with a sign.
 * 2. The words: the version, then the subject keys.
 * 3. The payload. The marks of packed-text.ts say where it begins.
 *
 * A string takes less than a hash, because Redis turns a hash with a value above 64 bytes into a table. A touch rewrites the two
 * instants at the beginning in place with SETRANGE, in 0.2 µs for a row of a megabyte. The version follows the head, so an
 * update compares it with one GETRANGE. One row has one form: a client knows the bytes of a row that it has read.
 */
const INSTANT = 7
const HEAD = 3 * INSTANT

/** Writes a row as bytes. */
export function packRow(row: StoredSession, plain = false): Buffer {
  const words = [row.version, ...row.subjectKeys].map(packedWord)
  const payload = packedPayload(row.payload, plain)
  const bytes = Buffer.allocUnsafe(words.reduce((size, word) => size + word.size, HEAD + payload.size))
  writeInstant(bytes, 0, row.touchedAt)
  writeInstant(bytes, INSTANT, row.expiresAt)
  writeInstant(bytes, 2 * INSTANT, row.absoluteExpiresAt)
  let at = HEAD
  for (const word of words) at = writePacked(bytes, at, word)
  writePacked(bytes, at, payload)
  return isWritten(bytes, at, payload) ? bytes : packRow(row, true)
}

/** Writes the beginning of a row: the two instants that a touch changes. */
export function packInstants(touchedAt: number, expiresAt: number): Buffer {
  const bytes = Buffer.allocUnsafe(2 * INSTANT)
  writeInstant(bytes, 0, touchedAt)
  writeInstant(bytes, INSTANT, expiresAt)
  return bytes
}

/** Writes a version or a subject key as it stands in a row. No word is the beginning of another one. */
export function packWord(text: string): Buffer {
  const word = packedWord(text)
  const bytes = Buffer.allocUnsafe(word.size)
  writePacked(bytes, 0, word)
  return bytes
}

/** Reads a row from its bytes. Null if this package did not write them. */
export function unpackRow(id: string, bytes: Buffer): StoredSession | null {
  if (bytes.length <= HEAD) return null
  const [touchedAt, expiresAt, absoluteExpiresAt] = [0, INSTANT, 2 * INSTANT].map((at) => readInstant(bytes, at))
  const { words, payloadAt } = readWords(bytes, HEAD)
  const [version, ...subjectKeys] = words
  const isRow = version !== undefined && payloadAt < bytes.length
  if (!isRow || ![touchedAt, expiresAt, absoluteExpiresAt].every(Number.isSafeInteger)) return null
  const payload = readPayload(bytes, payloadAt)
  return { id, version, payload, subjectKeys, touchedAt, expiresAt, absoluteExpiresAt } as StoredSession
}

/** Reads the subject keys from the words of a row. */
export const unpackSubjectKeys = (words: Buffer): string[] => readWords(words, 0).words.slice(1)

/** What of an instant lies above its lower 32 bits. */
const HIGH = 2 ** 32

/** A fraction is cut off. */
function writeInstant(bytes: Buffer, at: number, value: number): void {
  const whole = Math.trunc(value)
  const high = Math.floor(whole / HIGH)
  bytes.writeIntBE(high, at, 3)
  bytes.writeUInt32BE(whole - high * HIGH, at + 3)
}

const readInstant = (bytes: Buffer, at: number): number => bytes.readIntBE(at, 3) * HIGH + bytes.readUInt32BE(at + 3)

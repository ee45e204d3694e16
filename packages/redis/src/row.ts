import type { StoredSession } from '@sojourn/session-core'
import { decode, encode, instant } from './encoding'

/**
 * A row is one string: touchedAt, expiresAt, absoluteExpiresAt and the length of the words that follow, each in 17
 * bytes (a safe integer with its sign); then the words, which are the version and the subject keys, each with a space
 * behind it; then the payload as it is.
 *
 * One string and no hash: 930 bytes a session against 1330 (payload of 600 bytes, measured on Redis 7.0 with key and
 * expiry), as a hash with any field above 64 bytes becomes a table. And a touch needs no hash: the instants are of
 * fixed width and come first, so SETRANGE changes them in place (0.2 µs on a row of a megabyte). The version follows
 * them, so that all an update compares is one GETRANGE. All before the payload is ASCII, so that Lua and JavaScript
 * count alike.
 */
const WIDTH = 17
const HEAD = 4 * WIDTH

/** A row as Redis holds it. */
export function pack(row: StoredSession): string {
  let words = packVersion(row.version)
  for (const key of row.subjectKeys) words += `${encode(key)} `
  const rest = packNumber(row.absoluteExpiresAt) + packNumber(words.length)
  return packInstants(row.touchedAt, row.expiresAt) + rest + words + row.payload
}

/** What begins a row, and all that a touch changes. */
export const packInstants = (touchedAt: number, expiresAt: number): string =>
  packNumber(touchedAt) + packNumber(expiresAt)

/** A version as it begins the words: no version is the beginning of another. */
export const packVersion = (version: string): string => `${encode(version)} `

/** What words hold if and only if this is one of their subject keys: the version has no space before it. */
export const packKey = (key: string): string => ` ${encode(key)} `

/** The row in a packed one; null for what is none of ours. */
export function unpack(id: string, text: string): StoredSession | null {
  const touchedAt = unpackNumber(text, 0)
  const expiresAt = unpackNumber(text, 1)
  const absoluteExpiresAt = unpackNumber(text, 2)
  const end = HEAD + unpackNumber(text, 3)
  if (text[end - 1] !== ' ' || Number.isNaN(touchedAt + expiresAt + absoluteExpiresAt)) return null
  const { version, subjectKeys } = unpackWords(text.slice(HEAD, end))
  return { id, version, payload: text.slice(end), subjectKeys, touchedAt, expiresAt, absoluteExpiresAt }
}

/** What the words between the numbers and the payload say. */
export function unpackWords(words: string): Pick<StoredSession, 'version' | 'subjectKeys'> {
  const [version = '', ...subjectKeys] = words.slice(0, -1).split(' ').map(decode)
  return { version, subjectKeys }
}

const packNumber = (value: number): string => instant(value).padStart(WIDTH)

const unpackNumber = (text: string, place: number): number => Number(text.slice(place * WIDTH, (place + 1) * WIDTH))

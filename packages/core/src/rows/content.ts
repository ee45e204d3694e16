import type { Versioned } from '../record/versions'
import { parseJson } from '../seal/json'

/** What a caller keeps in a row. */
export interface RowContent {
  /** Anything that JSON can hold. */
  readonly data: Readonly<Record<string, unknown>>
  /** Who it belongs to, for `list` and `deleteAll`. Default: no one. */
  readonly subject?: string | undefined
  /** How long the row lives after its last touch, in milliseconds. */
  readonly lifetime: number
  /** The last touch, epoch ms. Default: now. A row never goes back behind a later touch. */
  readonly touchedAt?: number | undefined
}

/** The content with what this module keeps beside it. */
export interface Kept extends Versioned {
  readonly id: string
  readonly createdAt: number
  readonly data: RowContent['data']
  readonly subject: string | undefined
  readonly lifetime: number
  readonly touchedAt: number
}

type Text = [
  format: 'k1',
  id: string,
  createdAt: number,
  lifetime: number,
  subject: string | null,
  data: RowContent['data'],
  versions: string[],
]

/** A row's content as text. */
export function encodeContent({ id, createdAt, lifetime, subject, data, versions }: Kept): string {
  const text: Text = ['k1', id, createdAt, lifetime, subject ?? null, data, versions]
  return JSON.stringify(text)
}

/** @throws an Error for a text that {@link encodeContent} has not made. */
export function decodeContent(text: string, touchedAt: number): Kept {
  const [format, id, createdAt, lifetime, subject, data, versions] = parseJson(text) as Text
  if (format !== 'k1') throw new Error('not the content of a row')
  return { id, createdAt, lifetime, subject: subject ?? undefined, data, versions, touchedAt }
}

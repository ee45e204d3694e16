import { inflate } from '../seal/deflate'
import { parseJson } from '../seal/json'

/** The part of one application in a session of lua-resty-session. */
export interface RestySlot {
  /** The application. */
  readonly audience: string
  /** Who is logged in there; undefined if no one is. */
  readonly subject: string | undefined
  /** The data: an object after `session:set`, and `[consumerId, credentialId, groups?]` from Kong's Session plugin. */
  readonly data: unknown
}

const MAX_INFLATED = 1_000_000

/** Parses a decrypted payload. It may inflate to a megabyte (no limit in the reference). @throws Error if it is malformed. */
export async function readSlots(bytes: Uint8Array<ArrayBuffer>, deflated: boolean): Promise<RestySlot[]> {
  const json = deflated ? await inflate(bytes, MAX_INFLATED) : bytes
  const slots = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(json))
  if (!Array.isArray(slots)) throw new Error('not a list of slots')
  return slots.map((slot: unknown) => {
    if (!Array.isArray(slot)) throw new Error('not a slot')
    const [data, audience, subject] = slot as [unknown, unknown, unknown]
    if (typeof data !== 'object' || typeof audience !== 'string') throw new Error('not a slot')
    if (subject != null && typeof subject !== 'string') throw new Error('not a subject')
    return { audience, subject: subject ?? undefined, data }
  })
}

import { inflate } from '../seal/deflate'
import { parseJson } from '../seal/json'

/** One application's part of a session that lua-resty-session made. */
export interface RestySlot {
  /** Which application's it is. */
  readonly audience: string
  /** Whose session it is to that application; undefined for nobody. */
  readonly subject: string | undefined
  /** What was put there: for `session:set` an object, for Kong's Session plugin `[consumerId, credentialId, groups?]`. */
  readonly data: unknown
}

/** The slots in a decrypted payload, which inflates to no more than a megabyte (the reference knows no end). @throws an Error where it holds anything else. */
export async function readSlots(bytes: Uint8Array<ArrayBuffer>, deflated: boolean): Promise<RestySlot[]> {
  const json = deflated ? await inflate(bytes) : bytes
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

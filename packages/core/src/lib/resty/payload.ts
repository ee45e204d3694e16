import { parseJson } from '../json'

/** One application's part of a session that lua-resty-session made. */
export interface RestySlot {
  /** Which application's it is. */
  readonly audience: string
  /** Whose session it is to that application; undefined for nobody. */
  readonly subject: string | undefined
  /** What was put there: for `session:set` an object, for Kong's Session plugin `[consumerId, credentialId, groups?]`. */
  readonly data: unknown
}

/** The reference inflates without an end; nobody's session is longer than this. */
const MAX_INFLATED = 1_000_000

/** The slots in a decrypted payload. @throws an Error where it holds anything else. */
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

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  let length = 0
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      length += part.length
      if (length > MAX_INFLATED) throw new Error(`inflates to more than ${MAX_INFLATED} bytes`)
      controller.enqueue(part)
    },
  })
  const deflated = new Blob([bytes]).stream()
  return new Response(deflated.pipeThrough(new DecompressionStream('deflate-raw')).pipeThrough(bounded)).arrayBuffer()
}

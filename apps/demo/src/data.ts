import type { IncomingMessage } from 'node:http'
import { Refusal } from './answer'

const MAX_BODY = 1024 * 1024

/** The body of a Node request as JSON, with any Content-Type. @throws Refusal 400 if it is not JSON, 413 if it is too long. */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const text = await readText(req)
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'ERR_BAD_JSON', 'The body must be a JSON value: "tea", 3, null, [1, 2], {"a": true}.')
  }
}

/** The body of a Node request. @throws Refusal 413 if it is longer than a megabyte. */
export async function readText(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  // The request stays open if it is too long, so that the client gets the answer.
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > MAX_BODY) throw new Refusal(413, 'ERR_TOO_LARGE', 'The body is longer than a megabyte.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** A key of `session.data`. @throws Refusal 400 for `__proto__`: assigning to it would replace the prototype and store nothing. */
export function checkKey(key: string): string {
  if (key === '__proto__') throw new Refusal(400, 'ERR_BAD_KEY', 'The key __proto__ is not allowed.')
  return key
}

/** The number after a stored value; 1 after anything that is no number. */
export const next = (value: unknown): number => (typeof value === 'number' ? value : 0) + 1

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

// A claim in the store names the session that follows. Who reads the store, even with our secret, has no token from it: that
// takes the old cookie's key as well.

/** A text that only the holder of `key` can read. A key wraps one text for each `nonce`. */
export function wrap(text: string, key: string, nonce: string): string {
  const cipher = createCipheriv('aes-256-gcm', derived(key, nonce), Buffer.alloc(12))
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/** @throws an Error for a text that this key has not wrapped. */
export function unwrap(wrapped: string, key: string, nonce: string): string {
  const bytes = Buffer.from(wrapped, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', derived(key, nonce), Buffer.alloc(12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString()
}

/** A key of its own for every text, so that the counter may begin at zero each time. */
const derived = (key: string, nonce: string) =>
  createHash('sha256')
    .update(JSON.stringify(['claim', nonce, key]))
    .digest()

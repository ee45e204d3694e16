import { defaults, seal, unseal } from 'iron-webcrypto'
import { base64url } from './bytes'
import type { Platform } from './platform'

const utf8 = new TextEncoder()
const asText = (text: unknown) => text as string
// No expiry and no tolerance: the record's own instants decide, after authentication.
const options = { ...defaults, ttl: 0, timestampSkewSec: 0, encode: asText, decode: asText }

// Importing a key costs as much as using it.
const hmacKeys = new WeakMap<Uint8Array, Promise<CryptoKey>>()

function hmacKey(key: Uint8Array): Promise<CryptoKey> {
  let imported = hmacKeys.get(key)
  if (!imported) {
    imported = crypto.subtle.importKey('raw', key.slice(), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    hmacKeys.set(key, imported)
  }
  return imported
}

export const platform: Platform = {
  async sha256(text) {
    return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8.encode(text))))
  },

  async hmac(key, text, bytes) {
    const message = new Uint8Array(text.length + bytes.length)
    message.set(utf8.encode(text))
    message.set(bytes, text.length)
    return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(key), message)))
  },

  async hkdf(secret, info, length) {
    const key = await crypto.subtle.importKey('raw', secret.slice(), 'HKDF', false, ['deriveBits'])
    const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8.encode(info) }
    return new Uint8Array(await crypto.subtle.deriveBits(how, key, length * 8))
  },

  seal: (text, keys) => seal(text, keys, options),

  // The key was already looked up by its id, so the library gets a ring with that one key.
  unseal: (sealed, keys) => unseal(sealed, { [keys.id]: keys }, options) as Promise<string>,

  warn: (message) => console.warn(message),

  isOneOfSeveral: () => false,

  // Where there is no environment, nothing tells development from production.
  isDevelopment: () => false,
}

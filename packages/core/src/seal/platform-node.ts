import { createCipheriv, createDecipheriv, hash, hkdfSync, timingSafeEqual } from 'node:crypto'
import { base64url, randomBytes } from './bytes'
import type { Platform } from './platform'

// Makes the same bytes as iron-webcrypto, several times faster: WebCrypto's thread hop costs more than the work itself.
export const platform: Platform = {
  sha256: (text) => hash('sha256', text, 'base64url'),

  hmac,

  hkdf: (secret, info, length) => new Uint8Array(hkdfSync('sha256', secret, '', info, length)),

  seal(text, { id, encryption, integrity }) {
    const iv = nextIv()
    const cipher = createCipheriv('aes-256-cbc', encryption, iv)
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    const sealed = `Fe26.2*${id}**${base64url(iv)}*${encrypted.toString('base64url')}*`
    return `${sealed}**${hmac(integrity, sealed, NO_BYTES)}`
  },

  unseal(sealed, { encryption, integrity }) {
    const end = sealed.lastIndexOf('**')
    const given = Buffer.from(sealed.slice(end + 2))
    const wanted = Buffer.from(hmac(integrity, sealed.slice(0, end), NO_BYTES))
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Error('Bad hmac value')
    const [, , , iv = '', encrypted = ''] = sealed.split('*')
    const decipher = createDecipheriv('aes-256-cbc', encryption, Buffer.from(iv, 'base64url'))
    return decipher.update(encrypted, 'base64url', 'utf8') + decipher.final('utf8')
  },

  warn: (message) => process.emitWarning(message, 'SojournWarning'),

  // Asked for when needed: importing node:cluster loads the network. Node removes NODE_UNIQUE_ID, its mark, at the start.
  isOneOfSeveral() {
    const cluster = process.getBuiltinModule?.('node:cluster') as { isWorker?: boolean } | undefined
    return cluster?.isWorker === true || Number(environment('NODE_APP_INSTANCE')) > 0
  },

  isDevelopment: () => environment('NODE_ENV') !== 'production',
}

/** An own member: a polluted Object.prototype would be read as the environment. */
const environment = (name: string) => (Object.hasOwn(process.env, name) ? process.env[name] : undefined)

const NO_BYTES = new Uint8Array()
/** The length of a block of SHA-256, and of the pads of HMAC, in bytes. */
const BLOCK = 64

/** What HMAC hashes under one key: a pad, and room for what follows it. */
interface Padded {
  inner: Buffer
  readonly outer: Buffer
}

const paddedByKey = new WeakMap<Uint8Array, Padded>()

/** The pads of a key of at most a block. */
function paddedFor(key: Uint8Array): Padded {
  const pad = (byte: number, length: number) => {
    const padded = Buffer.alloc(length)
    for (let i = 0; i < BLOCK; i++) padded[i] = (key[i] ?? 0) ^ byte
    return padded
  }
  const padded = { inner: pad(0x36, 1024), outer: pad(0x5c, BLOCK + 32) }
  paddedByKey.set(key, padded)
  return padded
}

/**
 * HMAC-SHA-256 (RFC 2104) by two one-shot hashes: they cost less than an object of `createHmac`, and their texts less than
 * Buffers.
 */
function hmac(key: Uint8Array, text: string, bytes: Uint8Array): string {
  const padded = paddedByKey.get(key) ?? paddedFor(key)
  const length = BLOCK + text.length + bytes.length
  if (padded.inner.length < length) padded.inner = Buffer.concat([padded.inner.subarray(0, BLOCK)], 2 * length)
  padded.inner.write(text, BLOCK, 'latin1')
  padded.inner.set(bytes, BLOCK + text.length)
  padded.outer.write(hash('sha256', padded.inner.subarray(0, length), 'hex'), BLOCK, 'hex')
  return hash('sha256', padded.outer, 'base64url')
}

const IV_BYTES = 16
let ivs: Uint8Array = NO_BYTES
let used = 0

/** A random IV. They are drawn many at a time: they are sent in clear, so a copy of this memory gives nothing away. */
function nextIv(): Uint8Array {
  if (used === ivs.length) {
    ivs = randomBytes(256 * IV_BYTES)
    used = 0
  }
  used += IV_BYTES
  return ivs.subarray(used - IV_BYTES, used)
}

import { platform } from '#platform'
import { base64url, fromBase64url } from './bytes'
import { deflate, inflate } from './deflate'
import type { KeyRing } from './keys'
import { TextCache } from './text-cache'

/**
 * Encrypts and authenticates text. The default is iron (`Fe26.2`); pass another as the option `codec`.
 * @example
 * const codec: SessionCodec = {
 *   seal: (payload, purpose) => kms.encrypt(payload, { context: purpose }),
 *   unseal: (sealed, purpose) => kms.decrypt(sealed, { context: purpose }),
 * }
 */
export interface SessionCodec {
  /**
   * Seals a text for one purpose (cookie name and kind of content). In cookie mode the result must be a cookie value
   * (RFC 6265): printable ASCII without spaces, quotes, commas, semicolons and backslashes.
   */
  seal(payload: string, purpose: string): Promise<string>
  /**
   * Returns the text that was sealed for this purpose. Rejects for everything else: a changed bit, another spelling of the
   * same bytes, another purpose, an unknown key. It must not try a second format. A rejection always means the outcome
   * `rejected`, also if it was a key service that failed.
   */
  unseal(sealed: string, purpose: string): Promise<string>
}

// iron-webcrypto 2.0.0 accepts altered tokens: it compares the MAC's bytes, not its text, and with raw keys it does not
// authenticate the second salt. Only the canonical spelling is opened. The last MAC character has two unused bits: zero.
const CANONICAL = /^Fe26\.2\*([0-9a-f]{8})\*\*[\w-]{21}[AQgw]\*[\w-]{22,}\*\*\*[\w-]{42}[AEIMQUYcgkosw048]$/

/** The default codec: iron (`Fe26.2`) with raw 256-bit keys, in one canonical form. */
export function ironCodec(keys: KeyRing): SessionCodec {
  return {
    async seal(payload, purpose) {
      const { current } = await keys.keysFor(purpose)
      return platform.seal(payload, current)
    },
    async unseal(sealed, purpose) {
      const id = CANONICAL.exec(sealed)?.[1]
      const key = id && (await keys.keysFor(purpose)).byId.get(id)
      if (!key) throw new Error('not sealed for this purpose by any of these secrets')
      return platform.unseal(sealed, key)
    },
  }
}

/** For rows that never leave this process: no cryptography, but bound to the purpose and the secrets as well. */
export function plainCodec(keys: KeyRing): SessionCodec {
  return {
    async seal(payload, purpose) {
      const { current } = await keys.keysFor(purpose)
      return `${current.id} ${purpose}\n${payload}`
    },
    async unseal(sealed, purpose) {
      const [id = ''] = sealed.split(' ', 1)
      const head = `${id} ${purpose}\n`
      if (!sealed.startsWith(head) || !(await keys.keysFor(purpose)).byId.has(id)) {
        throw new Error('not stored for this purpose by any of these secrets')
      }
      return sealed.slice(head.length)
    },
  }
}

/** Texts of up to this many characters are not compressed (Kong `compression_threshold`). */
const COMPRESS_ABOVE = 1024
/** The longest text that is compressed, and that a cookie may inflate to, in bytes. Every request pays for it. */
const MAX_INFLATED = 64 * 1024

/**
 * With `compress`, deflates long texts before they are sealed. Always inflates, so that switching the option off ends no
 * session. A compressed text begins with `~`; JSON never does.
 */
export function compressedCodec(codec: SessionCodec, compress: boolean): SessionCodec {
  /** The shorter spelling of a text. */
  async function shortened(payload: string): Promise<string> {
    const bytes = new TextEncoder().encode(payload)
    // A text that inflate() would refuse is sealed uncompressed. It then fails as too large, and nothing is lost.
    if (bytes.length > MAX_INFLATED) return payload
    const packed = `~${base64url(await deflate(bytes))}`
    return packed.length < payload.length ? packed : payload
  }

  return {
    seal(payload, purpose) {
      if (!compress || payload.length <= COMPRESS_ABOVE) return codec.seal(payload, purpose)
      return shortened(payload).then((text) => codec.seal(text, purpose))
    },
    async unseal(sealed, purpose) {
      const payload = await codec.unseal(sealed, purpose)
      if (!payload.startsWith('~')) return payload
      const bytes = await inflate(fromBase64url(payload.slice(1)), MAX_INFLATED)
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    },
  }
}

/**
 * Caches texts that were sealed or unsealed here, so that the same cookie or row is not decrypted on every request. It caches text and never a
 * verdict: store, revocations and clocks are asked every time. `maxCharacters` bounds the cache of each purpose, keys
 * included; at least half of it is used before anything is evicted.
 */
export function cachedCodec(codec: SessionCodec, maxCharacters: number): SessionCodec {
  const caches = new Map<string, TextCache<string>>()

  function cacheOf(purpose: string): TextCache<string> {
    let cache = caches.get(purpose)
    if (!cache) {
      cache = new TextCache<string>(maxCharacters, (text) => text.length)
      caches.set(purpose, cache)
    }
    return cache
  }

  return {
    async seal(payload, purpose) {
      const sealed = await codec.seal(payload, purpose)
      // The next request will most likely bring it back.
      cacheOf(purpose).set(sealed, payload)
      return sealed
    },
    unseal(sealed, purpose) {
      const cached = cacheOf(purpose).get(sealed)
      return cached === undefined ? unsealed(sealed, purpose) : Promise.resolve(cached)
    },
  }

  async function unsealed(sealed: string, purpose: string): Promise<string> {
    const text = await codec.unseal(sealed, purpose)
    cacheOf(purpose).set(sealed, text)
    return text
  }
}

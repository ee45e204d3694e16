import { platform } from '#platform'
import { base64url, fromBase64url } from './bytes'
import { deflate, inflate, MAX_INFLATED } from './deflate'
import type { KeyRing } from './keys'
import { TextCache } from './text-cache'

/** Turns text into something that nobody else can read or alter, and back. */
export interface SessionCodec {
  /** Seals a text for one purpose (cookie name and kind of content). */
  seal(payload: string, purpose: string): Promise<string>
  /**
   * The text that was sealed for this purpose. Rejects for anything else, whatever is wrong with it: altered in any bit,
   * another spelling of the same bytes, another purpose, an unknown key. Must not try a second way of reading. Every
   * rejection counts as a forgery, and so would one for a key service that is down: it has no other outcome than `rejected`.
   */
  unseal(sealed: string, purpose: string): Promise<string>
}

// iron-webcrypto 2.0.0 compares the MAC's bytes, not its text, and with raw keys nothing authenticates the second salt: only
// this one spelling gets as far as any cryptography. The last MAC character carries two unused bits, which must be zero.
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

/** For rows that never leave this process: no cryptography, but the same binding to a purpose and to the secrets. */
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

/** Texts below this many characters are not compressed (Kong `compression_threshold`). */
const COMPRESS_ABOVE = 1024

/**
 * With `compress`, deflates what is long enough to be worth it before it is sealed. Inflates in any case, so that to switch
 * it off ends no session. A compressed text begins with a `~`, JSON never does.
 */
export function compressedCodec(codec: SessionCodec, compress: boolean): SessionCodec {
  return {
    async seal(payload, purpose) {
      if (!compress) return codec.seal(payload, purpose)
      const bytes = new TextEncoder().encode(payload)
      // What would not be inflated again must not be sealed: in clear it fails to fit, and nothing is lost.
      if (payload.length <= COMPRESS_ABOVE || bytes.length > MAX_INFLATED) return codec.seal(payload, purpose)
      const packed = `~${base64url(await deflate(bytes))}`
      return codec.seal(packed.length < payload.length ? packed : payload, purpose)
    },
    async unseal(sealed, purpose) {
      const payload = await codec.unseal(sealed, purpose)
      if (!payload.startsWith('~')) return payload
      const bytes = await inflate(fromBase64url(payload.slice(1)))
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    },
  }
}

/**
 * Remembers what sealed texts said, so that the same cookie or row is not decrypted on every request. It holds text and
 * never a verdict: whether the session is alive is asked every time. `maxCharacters` is for each purpose: see {@link TextCache}.
 */
export function cachedCodec(codec: SessionCodec, maxCharacters: number): SessionCodec {
  const caches = new Map<string, TextCache>()

  function cacheOf(purpose: string): TextCache {
    let cache = caches.get(purpose)
    if (!cache) {
      cache = new TextCache(maxCharacters)
      caches.set(purpose, cache)
    }
    return cache
  }

  return {
    seal: (payload, purpose) => codec.seal(payload, purpose),
    async unseal(sealed, purpose) {
      const cache = cacheOf(purpose)
      const known = cache.get(sealed)
      if (known !== undefined) return known
      const text = await codec.unseal(sealed, purpose)
      cache.set(sealed, text)
      return text
    },
  }
}

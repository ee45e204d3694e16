import { platform } from '#platform'
import { base64url, fromBase64url } from './bytes'
import type { KeyRing } from './secrets'

/** Turns text into something that nobody else can read or alter, and back. */
export interface SessionCodec {
  /** Seals a text for one purpose (cookie name and kind of content). */
  seal(payload: string, purpose: string): Promise<string>
  /**
   * The text that was sealed for this purpose. Rejects for anything else, whatever is wrong with it: altered in any bit,
   * another spelling of the same bytes, another purpose, an unknown key. Must not try a second way of reading.
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

/** For rows that never leave this process: no cryptography, but the same binding to a purpose. */
export const plainCodec: SessionCodec = {
  async seal(payload, purpose) {
    return `${purpose}\n${payload}`
  },
  async unseal(sealed, purpose) {
    if (!sealed.startsWith(`${purpose}\n`)) throw new Error('not stored for this purpose')
    return sealed.slice(purpose.length + 1)
  },
}

/** Texts below this many characters are not compressed (Kong `compression_threshold`). */
const COMPRESS_ABOVE = 1024
/** A sealed text is our own, yet nothing that was asked for by a client may grow without an end. */
const MAX_INFLATED = 1_000_000

/** Deflates what is long enough to be worth it before it is sealed. A compressed text begins with a `~`, JSON never does. */
export function compressedCodec(codec: SessionCodec): SessionCodec {
  return {
    async seal(payload, purpose) {
      if (payload.length <= COMPRESS_ABOVE) return codec.seal(payload, purpose)
      const packed = `~${base64url(await pump(new TextEncoder().encode(payload), new CompressionStream('deflate-raw')))}`
      return codec.seal(packed.length < payload.length ? packed : payload, purpose)
    },
    async unseal(sealed, purpose) {
      const payload = await codec.unseal(sealed, purpose)
      if (!payload.startsWith('~')) return payload
      const bytes = await pump(fromBase64url(payload.slice(1)), new DecompressionStream('deflate-raw'))
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    },
  }
}

async function pump(
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  const stream = new Blob([bytes]).stream().pipeThrough(transform)
  for await (const part of stream as unknown as AsyncIterable<Uint8Array>) {
    parts.push(part)
    length += part.length
    if (length > MAX_INFLATED) throw new Error(`more than ${MAX_INFLATED} bytes`)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/**
 * Remembers what sealed texts said, so that the same cookie or row is not decrypted on every request. It holds text and
 * never a verdict: whether the session is alive is asked every time.
 */
export function cachedCodec(codec: SessionCodec, maxCharacters: number): SessionCodec {
  const cache = new Map<string, string>()
  let characters = 0

  function remember(key: string, text: string): void {
    // Requests that came at once unseal the same text at once; it is kept, and counted, once.
    if (cache.has(key) || key.length + text.length > maxCharacters / 10) return
    cache.set(key, text)
    characters += key.length + text.length
    for (const [oldest, value] of cache) {
      if (characters <= maxCharacters) break
      cache.delete(oldest)
      characters -= oldest.length + value.length
    }
  }

  return {
    seal: (payload, purpose) => codec.seal(payload, purpose),
    async unseal(sealed, purpose) {
      const key = `${purpose}\n${sealed}`
      const known = cache.get(key)
      if (known !== undefined) {
        // Moved to the end: what was not asked for the longest goes first.
        cache.delete(key)
        cache.set(key, known)
        return known
      }
      const text = await codec.unseal(sealed, purpose)
      remember(key, text)
      return text
    },
  }
}

import { platform } from '#platform'
import { SessionConfigError } from '../errors'
import { byteLength } from './bytes'
import type { SealKeys } from './platform'
import { checkSecretIsRandom } from './weak-secret'

/**
 * The secret, or a list of them to rotate: the first seals, and all unseal. Each is a string or bytes, at least 32 bytes
 * long, from a random generator. One that no generator has made is refused: few different characters, one text again and
 * again, or an example of a library's documentation.
 * @example
 * // openssl rand -base64 48
 * secret: [process.env.SESSION_SECRET, process.env.PREVIOUS_SESSION_SECRET]
 */
export type SessionSecret = string | Uint8Array | readonly (string | Uint8Array)[]

/** The keys of one purpose, one set per secret. */
export interface PurposeKeys {
  /** The keys of the first secret, which seal. */
  current: SealKeys
  /** By key id. A Map, because an id from a cookie could name a member of Object.prototype. */
  byId: Map<string, SealKeys>
}

const MIN_BYTES = 32

/**
 * Derives keys from the secrets by HKDF, once per purpose. The purpose (cookie name and kind of content) is part of the
 * derivation, so a text that was sealed for one purpose cannot be read for another.
 */
export class KeyRing {
  private readonly secrets: Uint8Array[]
  private readonly derived = new Map<string, Promise<PurposeKeys>>()

  /** @throws SessionConfigError if a secret is missing, shorter than 32 bytes, or easy to guess. */
  constructor(secret: SessionSecret | undefined) {
    const list: readonly unknown[] = Array.isArray(secret) ? secret : secret == null ? [] : [secret]
    if (list.length === 0) {
      throw new SessionConfigError(
        'secret',
        `is missing. Pass at least ${MIN_BYTES} random bytes: openssl rand -base64 48`,
      )
    }
    // Not map(), which skips holes in an array.
    this.secrets = Array.from(list, (item, i) => bytesOf(item, list.length > 1 ? `secret[${i}]` : 'secret'))
  }

  keysFor(purpose: string): Promise<PurposeKeys> {
    let keys = this.derived.get(purpose)
    if (!keys) {
      keys = this.derive(purpose)
      this.derived.set(purpose, keys)
      // After a failure, the next request tries again.
      keys.catch(() => this.derived.delete(purpose))
    }
    return keys
  }

  private async derive(purpose: string): Promise<PurposeKeys> {
    const byId = new Map<string, SealKeys>()
    // Oldest first: were two ids ever equal, the newer secret would win.
    for (const secret of [...this.secrets].reverse()) {
      const bytes = await platform.hkdf(secret, `sojourn 1 ${purpose}`, 68)
      const id = Array.from(bytes.subarray(64), (byte) => byte.toString(16).padStart(2, '0')).join('')
      byId.set(id, { id, encryption: bytes.slice(0, 32), integrity: bytes.slice(32, 64) })
    }
    return { current: [...byId.values()].at(-1)!, byId }
  }
}

function bytesOf(secret: unknown, option: string): Uint8Array {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new SessionConfigError(option, 'must be a string or bytes')
  }
  const length = typeof secret === 'string' ? byteLength(secret) : secret.length
  if (length < MIN_BYTES) {
    throw new SessionConfigError(
      option,
      `has ${length} bytes; at least ${MIN_BYTES} random ones are needed: openssl rand -base64 48`,
    )
  }
  // A copy: keys are derived later, when the caller may have wiped its bytes. Buffer's slice() would share memory.
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : Uint8Array.from(secret)
  checkSecretIsRandom(option, bytes)
  return bytes
}

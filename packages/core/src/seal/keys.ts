import { platform } from '#platform'
import { SessionConfigError } from '../errors'
import { byteLength } from './bytes'
import type { SealKeys } from './platform'

/** A secret: text or bytes, at least 32 bytes, from a random generator. In a list the first seals and all unseal. */
export type SessionSecret = string | Uint8Array | readonly (string | Uint8Array)[]

/** The keys of one purpose, one set for each secret. */
export interface PurposeKeys {
  /** What new seals are made with. */
  current: SealKeys
  /** By key id. A Map, so that no id in a cookie can name a member of Object.prototype. */
  byId: Map<string, SealKeys>
}

const MIN_BYTES = 32

/**
 * Keys derived from the secrets, once per purpose, by HKDF. The purpose (cookie name, and what is sealed) is part of the
 * derivation: what was sealed for one use cannot be read as another.
 */
export class KeyRing {
  private readonly secrets: Uint8Array[]
  private readonly derived = new Map<string, Promise<PurposeKeys>>()

  /** @throws SessionConfigError where a secret is missing or shorter than 32 bytes. */
  constructor(secret: SessionSecret | undefined) {
    const list: readonly unknown[] = Array.isArray(secret) ? secret : secret == null ? [] : [secret]
    if (list.length === 0) {
      throw new SessionConfigError(
        'secret',
        `is missing. Pass at least ${MIN_BYTES} random bytes: openssl rand -base64 48`,
      )
    }
    // Not map(), which would pass over a hole.
    this.secrets = Array.from(list, (item, i) => bytesOf(item, list.length > 1 ? `secret[${i}]` : 'secret'))
  }

  keysFor(purpose: string): Promise<PurposeKeys> {
    let keys = this.derived.get(purpose)
    if (!keys) {
      keys = this.derive(purpose)
      this.derived.set(purpose, keys)
      // A derivation that failed is no key: the next request tries anew.
      keys.catch(() => this.derived.delete(purpose))
    }
    return keys
  }

  private async derive(purpose: string): Promise<PurposeKeys> {
    const byId = new Map<string, SealKeys>()
    // Oldest first: were two ids ever equal, the newer secret would win.
    for (const secret of this.secrets.toReversed()) {
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
  // A copy, which Buffer's own slice() is not: keys are derived later, and the caller may have wiped its bytes by then.
  return typeof secret === 'string' ? new TextEncoder().encode(secret) : Uint8Array.from(secret)
}

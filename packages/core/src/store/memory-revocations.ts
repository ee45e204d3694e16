import { type OptionTable, ofType, readOptions, wholeNumberFrom } from '../check'
import type { SessionClock } from '../record/timeouts'
import { BoundedMap } from './bounded-map'
import type { Revocation, RevocationStore } from './store'

/** Options of {@link memoryRevocations}. */
export interface MemoryRevocationsOptions {
  /**
   * How many revocation entries it holds at most, a whole number of at least 1. When it is full, expired entries are
   * deleted first. If none has expired, `revoke` rejects: dropping a valid entry would make a revoked cookie valid again.
   * @default 100_000
   */
  maxEntries?: number
  /**
   * The clock that tells which entries have expired, epoch ms.
   * @default Date.now
   */
  clock?: SessionClock
}

const OPTIONS = {
  maxEntries: { kind: wholeNumberFrom(1), default: 100_000 },
  clock: { kind: ofType('function'), default: Date.now },
} satisfies OptionTable<MemoryRevocationsOptions>

/**
 * Keeps the revocations of cookie mode in the memory of this process, for development, tests and single-process servers.
 * A restart loses them, and revoked cookies are valid again until their clocks end. Each `revoke` deletes a few expired
 * entries; no timer runs. In a worker of `node:cluster` or PM2, the manager has a `config-warning`.
 * @throws SessionConfigError for an unknown option, or a `maxEntries` that is not a whole number of at least 1.
 * @example
 * const sessions = createSessionManager({ secret, revocations: memoryRevocations() })
 * await sessions.revokeAll(user.id)
 */
export function memoryRevocations(options: MemoryRevocationsOptions = {}): RevocationStore {
  const { maxEntries, clock } = readOptions('memoryRevocations.', options, OPTIONS)
  const entries = new BoundedMap<Revocation & { expiresAt: number }>(maxEntries, clock)

  const revocations: RevocationStore & { readonly inMemory: true } = {
    inMemory: true,

    async revoke(key, { notBefore, except, expiresAt }) {
      entries.sweep()
      const old = entries.get(key)
      if (!old && !entries.hasRoom()) {
        throw new Error(`memoryRevocations is full with ${maxEntries} entries: raise maxEntries`)
      }
      entries.set(key, {
        notBefore: Math.max(notBefore, old?.notBefore ?? 0),
        except,
        exceptSince: (except !== undefined && old?.except === except ? old.exceptSince : old?.notBefore) ?? 0,
        expiresAt: Math.max(expiresAt, old?.expiresAt ?? 0),
      })
    },

    async read(keys) {
      return keys.map((key) => {
        const entry = entries.get(key)
        if (!entry) return null
        const { expiresAt, ...revocation } = entry
        return revocation
      })
    },
  }
  return revocations
}

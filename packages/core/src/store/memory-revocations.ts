import { type OptionTable, ofType, readOptions, wholeNumberFrom } from '../check'
import type { SessionClock } from '../record/timeouts'
import { BoundedMap } from './bounded-map'
import type { Revocation, RevocationEntry, RevocationStore } from './store'

/** Options of {@link memoryRevocations}. */
export interface MemoryRevocationsOptions {
  /**
   * How many revocation entries it holds at most, a whole number of at least 1. When it is full, expired entries are
   * deleted first. If none has expired, the entries of the subject that has most of them become one, as if by `revokeAll`:
   * that subject is logged out everywhere, its remember-me too, and can log in again at once. So nothing that was ended
   * comes back, and one account that logs in and out for ever cannot keep others from logging out. `revoke` rejects only
   * if no subject has more than one entry.
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

/** An entry, and what may stand for it. */
interface Held {
  readonly key: string
  readonly revocation: Revocation
  readonly expiresAt: number
  readonly subject: RevocationEntry['subject']
}

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
  /** The keys of the entries of each subject, by the key of the entry that can stand for them. */
  const bySubject = new Map<string, Set<string>>()
  const entries = new BoundedMap<Held>(maxEntries, clock, ({ key, subject }) => {
    const keys = subject && bySubject.get(subject.key)
    keys?.delete(key)
    if (keys?.size === 0) bySubject.delete(subject!.key)
  })

  function write(key: string, entry: RevocationEntry): string | undefined {
    const { notBefore, except, expiresAt } = entry
    const held = entries.get(key)
    const old = held?.revocation
    const nonce = old?.nonce ?? entry.nonce
    const subject = held?.subject ?? entry.subject
    entries.set(key, {
      key,
      revocation: {
        notBefore: Math.max(notBefore, old?.notBefore ?? 0),
        except,
        exceptSince: (except !== undefined && old?.except === except ? old.exceptSince : old?.notBefore) ?? 0,
        nonce,
      },
      expiresAt: Math.max(expiresAt, held?.expiresAt ?? 0),
      subject,
    })
    if (subject) bySubject.set(subject.key, (bySubject.get(subject.key) ?? new Set()).add(key))
    return nonce
  }

  /** Replaces the entries of the subject that has most of them by one. False if no subject has any to give up. */
  function collapseLargest(): boolean {
    let [largest, most] = ['', 0]
    for (const [subject, { size }] of bySubject) {
      const freed = entries.get(subject) ? size : size - 1
      if (freed > most) [largest, most] = [subject, freed]
    }
    if (most === 0) return false
    // Later than the entry that is there: a login since then is exempt from that one.
    let notBefore = (entries.get(largest)?.revocation.notBefore ?? 0) + 1
    let expiresAt = 0
    for (const key of [...bySubject.get(largest)!]) {
      const held = entries.get(key)!
      notBefore = Math.max(notBefore, held.subject!.notBefore)
      expiresAt = Math.max(expiresAt, held.expiresAt)
      entries.delete(key)
    }
    write(largest, { notBefore, except: undefined, expiresAt, nonce: undefined, subject: undefined })
    return true
  }

  const revocations: RevocationStore & { readonly inMemory: true } = {
    inMemory: true,
    kind: 'memory',

    async revoke(key, entry) {
      entries.sweep()
      if (!entries.get(key) && !entries.hasRoom() && !collapseLargest()) {
        throw new Error(`memoryRevocations is full with ${maxEntries} entries: raise maxEntries`)
      }
      return write(key, entry)
    },

    async read(keys) {
      return keys.map((key) => {
        const held = entries.get(key)
        return held ? { ...held.revocation } : null
      })
    },
  }
  return revocations
}

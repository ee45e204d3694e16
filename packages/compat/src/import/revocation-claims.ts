import { createHash, randomUUID } from 'node:crypto'
import type { RevocationEntry, RevocationStore, TimeLimit } from '@sojourn/session-core'
import { own } from '#check'
import type { Claim, Claimable, Claims, Mark } from './claims'
import { unwrap, wrap } from './wrapped'

/** The clock of another machine may be behind by so much, in milliseconds. */
const MAX_BEHIND = 300_000

/**
 * Claims and marks as revocation entries, for sessions in cookies. The first nonce of an entry stays, so it can hold a claim: the
 * instant, and the successor, which may name a client and therefore is wrapped.
 */
export class RevocationClaims implements Claims {
  constructor(
    private readonly store: RevocationStore,
    private readonly audience: string,
    private readonly now: () => number,
    private readonly limit: TimeLimit,
  ) {}

  call<T>(operation: string, run: () => Promise<T>): Promise<T> {
    return this.limit.callElsewhere(operation, undefined, run)
  }

  async find(source: string, key: string): Promise<Claim | undefined> {
    const [found] = await this.read([this.keyOf('claim', source, key)])
    return found?.nonce === undefined ? undefined : decoded(found.nonce, key)
  }

  async claim({ source, key, until, isOwned }: Claimable, successor: string | undefined): Promise<Claim | undefined> {
    const nonce = encoded(this.now(), successor, key)
    // Anyone can begin sessions of no one, and could fill the store with claims on them.
    const first = isOwned ? await this.write(this.keyOf('claim', source, key), until, nonce) : nonce
    return first === undefined ? undefined : decoded(first, key)
  }

  // Nothing is noted. A claim's session is begun by each request that brings the old cookie, and a logout marks the subject.
  async begun(): Promise<void> {}
  async close(): Promise<void> {}

  async mark(subject: string, because: keyof Mark, until: number): Promise<void> {
    await this.write(this.keyOf(because, subject), until, undefined)
  }

  async marksOf(subject: string): Promise<Mark> {
    const [revoked, logout] = await this.read([this.keyOf('revoked', subject), this.keyOf('logout', subject)])
    return { revoked: revoked?.notBefore, logout: logout?.notBefore }
  }

  private read(keys: string[]) {
    return this.limit.call('read revocations', undefined, async () => {
      const found = await this.store.read(keys)
      // A missing entry would be read as "nothing is claimed".
      if (found.length !== keys.length) throw new Error(`${found.length} revocation entries for ${keys.length} keys`)
      return found.map((entry) => entry && own(entry))
    })
  }

  /** Writes an entry. Yields the first nonce of its key. */
  private write(key: string, until: number, nonce: string | undefined): Promise<string | undefined> {
    const entry: RevocationEntry = {
      notBefore: this.now(),
      except: undefined,
      expiresAt: until + MAX_BEHIND,
      nonce,
      subject: undefined,
    }
    return this.limit.call('revoke', undefined, async () => {
      const first = await this.store.revoke(key, entry)
      if (nonce !== undefined && typeof first !== 'string') throw new Error('revoke() yielded no nonce')
      return first
    })
  }

  /** From the key of an entry, no one learns that of an old session. */
  private keyOf(...parts: string[]): string {
    const text = JSON.stringify([this.audience, ...parts])
    return `import:${createHash('sha256').update(text).digest('base64url')}`
  }
}

function encoded(since: number, successor: string | undefined, key: string): string {
  if (successor === undefined) return `${since}`
  const nonce = randomUUID()
  return `${since} ${nonce} ${wrap(successor, key, nonce)}`
}

function decoded(text: string, key: string): Claim {
  const [since, nonce, wrapped] = text.split(' ')
  const successor = nonce && wrapped ? unwrap(wrapped, key, nonce) : undefined
  return { since: Number(since), successor, begun: successor !== undefined }
}

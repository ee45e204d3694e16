import { platform } from '#platform'
import { base64url, fromBase64url, type RandomBytes } from '../seal/bytes'
import type { KeyRing } from '../seal/keys'
import { copyOf, TextCache } from '../seal/text-cache'

/**
 * A split token: the id finds the session, the secret proves who holds it. The secret has 32 bytes: 16 random ones, the
 * generation (4), a hint at the key (2), and a tag (10) that proves that we issued this token (decision 14).
 */
export interface Token {
  readonly id: string
  readonly secret: string
  /** The SHA-256 of the secret, which a record keeps. */
  readonly hash: string
  /** How many tokens the session has had, this one included. */
  readonly generation: number
  /** Whether an older one of the application's secrets made the tag: the token is due for renewal. */
  readonly outdated: boolean
  /** Whether the request came with it: then its client has it. Otherwise it was issued for this request's response. */
  readonly presented: boolean
}

// 16 and 32 bytes in base64url. The last character of each carries unused bits, which must be zero: one token, one spelling.
const TOKEN = /^([\w-]{21}[AQgw])\.([\w-]{42}[AEIMQUYcgkosw048])$/

const GENERATION_AT = 16
const HINT_AT = 20
const TAG_AT = 22

/** The last generation there is. A session that reaches it keeps it. */
export const MAX_GENERATION = 2 ** 32 - 1

export const formatToken = ({ id, secret }: Pick<Token, 'id' | 'secret'>): string => `${id}.${secret}`

/** A public name of a session: 128 random bits (OWASP ASVS 5.0, 7.2.3). */
export const newId = (random: RandomBytes): string => base64url(random(16))

interface TokenKey {
  readonly hint: Uint8Array
  readonly integrity: Uint8Array
}

/** The keys of one kind of token: the current one, and all of them by their hint. */
interface TokenKeys {
  readonly current: TokenKey
  readonly byHint: ReadonlyMap<number, readonly TokenKey[]>
}

/** Verified tokens of up to this many characters are cached: from 23 000 to 46 000. */
const CACHED_CHARACTERS = 8_000_000

/** The characters of a token: id, secret and hash. */
const TOKEN_CHARACTERS = 22 + 43 + 43

/** Issues and checks the tokens of one purpose: a cookie name and a kind of row. */
export class TokenIssuer {
  private derived: Promise<TokenKeys> | undefined
  /** Genuine tokens, by the value of their cookie. A genuine token stays genuine; its session can change or end. */
  private readonly verified = new TextCache<Token>(CACHED_CHARACTERS, () => TOKEN_CHARACTERS)

  constructor(
    private readonly keys: KeyRing,
    private readonly purpose: string,
    private readonly random: RandomBytes,
  ) {}

  /** A new token of `id`. Its random bytes are drawn now: bytes drawn ahead could be copied with the process's memory. */
  async issue(id: string, generation: number): Promise<Token> {
    const { current } = await this.tokenKeys()
    const bytes = new Uint8Array(32)
    bytes.set(this.random(16))
    new DataView(bytes.buffer).setUint32(GENERATION_AT, generation)
    bytes.set(current.hint, HINT_AT)
    bytes.set(await tagOf(current, id, bytes), TAG_AT)
    const secret = base64url(bytes)
    const token = { id, secret, hash: await platform.sha256(secret), generation, outdated: false, presented: false }
    // The next request will most likely bring it back.
    this.verified.set(formatToken(token), { ...token, presented: true })
    return token
  }

  /** The token in a cookie's value; `malformed` for what is not exactly one, `forged` for one that we did not issue. */
  verify(value: string): Token | Promise<Token | 'malformed' | 'forged'> {
    return this.verified.get(value) ?? this.verifyNew(copyOf(value))
  }

  private async verifyNew(value: string): Promise<Token | 'malformed' | 'forged'> {
    const [, id, secret] = TOKEN.exec(value) ?? []
    if (!id || !secret) return 'malformed'
    const bytes = fromBase64url(secret)
    const { current, byHint } = await this.tokenKeys()
    for (const key of byHint.get(hintAt(bytes, HINT_AT)) ?? []) {
      if (!hasTag(bytes, await tagOf(key, id, bytes))) continue
      const hash = await platform.sha256(secret)
      const token = { id, secret, hash, generation: generationOf(bytes), outdated: key !== current, presented: true }
      this.verified.set(value, token)
      return token
    }
    return 'forged'
  }

  private tokenKeys(): Promise<TokenKeys> {
    if (!this.derived) {
      this.derived = this.deriveKeys()
      this.derived.catch(() => {
        this.derived = undefined
      })
    }
    return this.derived
  }

  private async deriveKeys(): Promise<TokenKeys> {
    const { byId, current } = await this.keys.keysFor(`${this.purpose} token`)
    const byHint = new Map<number, TokenKey[]>()
    let currentKey: TokenKey | undefined
    for (const { id, integrity } of byId.values()) {
      const hint = Uint8Array.of(Number.parseInt(id.slice(0, 2), 16), Number.parseInt(id.slice(2, 4), 16))
      const key = { hint, integrity }
      byHint.set(hintAt(hint, 0), [key, ...(byHint.get(hintAt(hint, 0)) ?? [])])
      if (id === current.id) currentKey = key
    }
    return { current: currentKey!, byHint }
  }
}

// Read byte by byte: a view of a small array makes V8 move its bytes out of the heap.
const hintAt = (bytes: Uint8Array, at: number) => (bytes[at]! << 8) | bytes[at + 1]!
const generationOf = (secret: Uint8Array) => hintAt(secret, GENERATION_AT) * 2 ** 16 + hintAt(secret, GENERATION_AT + 2)

/** The tag over the id and all of the secret that comes before the tag. */
async function tagOf({ integrity }: TokenKey, id: string, secret: Uint8Array): Promise<Uint8Array> {
  return fromBase64url(await platform.hmac(integrity, id, secret.slice(0, TAG_AT))).slice(0, secret.length - TAG_AT)
}

/** Compares in constant time: how long it takes must not tell how much of a forged tag is right. */
function hasTag(secret: Uint8Array, tag: Uint8Array): boolean {
  let difference = secret.length ^ (TAG_AT + tag.length)
  for (let i = 0; i < tag.length; i++) difference |= secret[TAG_AT + i]! ^ tag[i]!
  return difference === 0
}

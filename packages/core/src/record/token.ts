import { platform } from '#platform'
import { base64url, fromBase64url, type RandomBytes } from '../seal/bytes'
import type { SessionRecord } from './record'

/** A split token: the id finds the session, the secret proves that the client may use it. */
export interface Token {
  id: string
  secret: string
}

/** A token's secret and its SHA-256, which is all that a record keeps of it. */
export interface KnownSecret {
  readonly secret: string
  readonly hash: string
}

// 16 and 32 bytes in base64url. The last character of each has unused bits, which must be zero: one form for each token.
const TOKEN = /^([\w-]{21}[AQgw])\.([\w-]{42}[AEIMQUYcgkosw048])$/

/** The token in a cookie's value; null for anything that is not exactly one. */
export function parseToken(value: string): Token | null {
  const [, id, secret] = TOKEN.exec(value) ?? []
  return id && secret ? { id, secret } : null
}

export const formatToken = ({ id, secret }: Token): string => `${id}.${secret}`

/** A session's public name: 128 random bits (OWASP ASVS 7.2.3). */
export const newId = (random: RandomBytes): string => base64url(random(16))

/** The secret part of a token: 256 random bits. */
export const newSecret = (random: RandomBytes): string => base64url(random(32))

/** Adds the hash to a secret. */
export const withHash = async (secret: string): Promise<KnownSecret> => ({
  secret,
  hash: await platform.sha256(secret),
})

/** Classifies the presented secret by its hash. */
export function classifySecret(
  record: SessionRecord,
  hash: string,
  now: number,
): 'current' | 'stale' | 'reused' | 'unknown' {
  // Both are hashes of 256 random bits: the time that the comparison takes reveals nothing useful.
  if (record.secretHash === hash) return 'current'
  const previous = record.previous.find((earlier) => earlier.hash === hash)
  if (!previous) return 'unknown'
  return now <= previous.until ? 'stale' : 'reused'
}

/**
 * XORs `secret` with a pad derived from `under`, another secret. Applying it twice returns the original. Never reuse a
 * pad: `use` is part of its derivation.
 */
export async function wrapSecret(secret: string, under: string, use: 'next' | 'restored'): Promise<string> {
  const pad = fromBase64url(await platform.sha256(`${use} ${under}`))
  return base64url(fromBase64url(secret).map((byte, i) => byte ^ pad[i]!))
}

/** Follows the successor links from an earlier secret to the current one. Undefined if a link is missing. */
export async function currentSecret(record: SessionRecord, presented: KnownSecret): Promise<string | undefined> {
  const { previous, secretHash } = record
  let secret = presented.secret
  for (let at = previous.findIndex(({ hash }) => hash === presented.hash); at >= 0; at--) {
    const { next } = previous[at]!
    if (!next) return undefined
    secret = await wrapSecret(next, secret, 'next')
  }
  return (await platform.sha256(secret)) === secretHash ? secret : undefined
}

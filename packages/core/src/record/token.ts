import { base64url, type RandomBytes } from '../seal/bytes'

/** A split token: the id finds the session, the secret proves that it is its holder's. */
export interface Token {
  id: string
  secret: string
}

// 16 and 32 bytes in base64url. The last character of each carries unused bits, which must be zero: one token, one spelling.
const TOKEN = /^([\w-]{21}[AQgw])\.([\w-]{42}[AEIMQUYcgkosw048])$/

/** The token in a cookie's value; null for anything that is not exactly one. */
export function parseToken(value: string): Token | null {
  const [, id, secret] = TOKEN.exec(value) ?? []
  return id && secret ? { id, secret } : null
}

export const formatToken = ({ id, secret }: Token): string => `${id}.${secret}`

/** A public name of a session: 128 random bits (OWASP ASVS 7.2.3). */
export const newId = (random: RandomBytes): string => base64url(random(16))

/** What a cookie must know besides the id: 256 random bits. */
export const newSecret = (random: RandomBytes): string => base64url(random(32))

import { FLAG } from './header'

/** The client properties that a session can be bound to, with the values of OpenResty's variables. */
export interface RestyClient {
  /** `$remote_addr`. */
  ip?: string | undefined
  /** `$scheme`: `http` or `https`. */
  scheme?: string | undefined
  /** `$http_user_agent`. */
  userAgent?: string | undefined
}

const TRAITS = ['ip', 'scheme', 'userAgent'] as const

/** Whether the session is bound to a client. Its own flags say so, not the configuration. */
export const isBound = (flags: number): boolean => TRAITS.some((trait) => flags & FLAG[trait])

/** The bytes that the MAC covers after the header: `#` and the SHA-256 of the bound values. Empty values are skipped. */
export async function bindingOf(flags: number, client: RestyClient): Promise<Uint8Array<ArrayBuffer>> {
  const values = TRAITS.filter((trait) => flags & FLAG[trait] && client[trait]).map((trait) => client[trait])
  if (values.length === 0) return new Uint8Array()
  const hash = await crypto.subtle.digest('SHA-256', headerBytes(values.join('|')))
  return Uint8Array.of('#'.charCodeAt(0), ...new Uint8Array(hash))
}

/** The bytes of a header as they were sent. Node and fetch decode each byte as one character, U+0000 to U+00FF. */
function headerBytes(text: string): Uint8Array<ArrayBuffer> {
  const codes = Array.from(text, (character) => character.charCodeAt(0))
  return codes.every((code) => code <= 0xff) ? Uint8Array.from(codes) : new TextEncoder().encode(text)
}

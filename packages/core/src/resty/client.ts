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
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(values.join('|')))
  return Uint8Array.of('#'.charCodeAt(0), ...new Uint8Array(hash))
}

import { FLAG } from './header'

/** What a session may be bound to, as OpenResty sees it: the same text as its variables have. */
export interface RestyClient {
  /** `$remote_addr`. */
  ip?: string | undefined
  /** `$scheme`: `http` or `https`. */
  scheme?: string | undefined
  /** `$http_user_agent`. */
  userAgent?: string | undefined
}

const TRAITS = ['ip', 'scheme', 'userAgent'] as const

/** Whether the session is bound to anything: its own flags say so, and not the configuration. */
export const isBound = (flags: number): boolean => TRAITS.some((trait) => flags & FLAG[trait])

/** What the MAC covers besides the header: `#` and the SHA-256 of what the session is bound to. A trait without a value counts for nothing. */
export async function bindingOf(flags: number, client: RestyClient): Promise<Uint8Array<ArrayBuffer>> {
  const values = TRAITS.filter((trait) => flags & FLAG[trait] && client[trait]).map((trait) => client[trait])
  if (values.length === 0) return new Uint8Array()
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(values.join('|')))
  return Uint8Array.of('#'.charCodeAt(0), ...new Uint8Array(hash))
}

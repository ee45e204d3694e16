import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

/**
 * Whose word is taken for who the client is. `false` (default): only the socket's. `true`: the peer that is connected to us
 * is a proxy of ours. A function: the addresses for which it is true are proxies of ours. Of a trusted proxy,
 * X-Forwarded-For is read from the right, up to the first address that is no proxy, and X-Forwarded-Proto's last value
 * holds; whatever stands further left, a client can have written.
 */
export type TrustProxy = boolean | ((address: string) => boolean)

/** Whether the client spoke https, and its address. */
export function clientOf(req: IncomingMessage, trust: TrustProxy): { secure: boolean; ip: string | undefined } {
  const direct = { secure: (req.socket as TLSSocket).encrypted === true, ip: plain(req.socket.remoteAddress) }
  const isProxy = typeof trust === 'function' ? trust : (address: string) => trust && address === direct.ip
  if (direct.ip === undefined || !isProxy(direct.ip)) return direct
  const protocol = forwarded(req, 'x-forwarded-proto').at(-1)
  const hops = [...forwarded(req, 'x-forwarded-for'), direct.ip]
  const ip = hops.findLast((address) => !isProxy(address)) ?? hops[0]
  return { secure: protocol === undefined ? direct.secure : protocol === 'https', ip }
}

function forwarded(req: IncomingMessage, name: 'x-forwarded-proto' | 'x-forwarded-for'): string[] {
  const value = req.headers[name] ?? ''
  return String(value)
    .split(',')
    .map((item) => plain(item.trim())!)
    .filter(Boolean)
}

/** A dual-stack socket shows an IPv4 peer as an IPv6 address; a list of proxies names it as what it is. */
const plain = (address: string | undefined) => address?.replace(/^::ffff:(?=[\d.]+$)/i, '')

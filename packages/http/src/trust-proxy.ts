import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

/**
 * Which proxies are trusted to report the client's address and protocol.
 *
 * - `false` (default): none. Address and protocol are those of the connection.
 * - `true`: the peer that is connected to this server is a proxy of yours.
 * - A function: the addresses for which it returns true are proxies of yours.
 *
 * X-Forwarded-For is read from the right, up to the first address that is not a trusted proxy. Of X-Forwarded-Proto the last
 * value counts. A client can have written anything further left.
 */
export type TrustProxy = boolean | ((address: string) => boolean)

/**
 * Whether the client of a plain request used https, and its address.
 * @example nodeCarrier(req, response, clientOf(req, (address) => address.startsWith('10.')))
 */
export function clientOf(req: IncomingMessage, trust: TrustProxy = false): { secure: boolean; ip: string | undefined } {
  const peer = { secure: (req.socket as TLSSocket).encrypted === true, ip: unmapped(req.socket.remoteAddress) }
  const isProxy = typeof trust === 'function' ? trust : (address: string) => trust && address === peer.ip
  if (peer.ip === undefined || !isProxy(peer.ip)) return peer
  const protocol = forwarded(req, 'x-forwarded-proto').at(-1)
  const hops = [...forwarded(req, 'x-forwarded-for'), peer.ip]
  const ip = hops.findLast((address) => !isProxy(address)) ?? hops[0]
  return { secure: protocol === undefined ? peer.secure : protocol === 'https', ip }
}

function forwarded(req: IncomingMessage, name: 'x-forwarded-proto' | 'x-forwarded-for'): string[] {
  const value = req.headers[name] ?? ''
  return String(value)
    .split(',')
    .map((item) => unmapped(item.trim())!)
    .filter(Boolean)
}

/** A dual-stack socket reports an IPv4 peer as a mapped IPv6 address. Returns the IPv4 address. */
const unmapped = (address: string | undefined) => address?.replace(/^::ffff:(?=[\d.]+$)/i, '')

import type { IncomingMessage } from 'node:http'
import { isIP, SocketAddress } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { headerOf } from './node-carrier'

/**
 * Which proxies are trusted to report the client's address and protocol.
 *
 * - `false` (default): none. Address and protocol are those of the connection.
 * - `true`: the peer that is connected to this server is a proxy of yours.
 * - A function: the addresses for which it returns true are proxies of yours.
 *
 * Addresses are read from X-Forwarded-For, or Forwarded (RFC 7239), from the right, up to the first one that is not a trusted
 * proxy; a client can have written anything further left. An entry that is not an address ends the list before it. The last
 * X-Forwarded-Proto, or `proto` of Forwarded, is the protocol. If a request has both kinds of headers and they contradict each
 * other, the client may have sent one of them, so neither counts.
 */
export type TrustProxy = boolean | ((address: string) => boolean)

/**
 * Whether the client of a plain request used https, and its address.
 * @example nodeCarrier(req, response, clientOf(req, (address) => address.startsWith('10.')))
 */
export function clientOf(req: IncomingMessage, trust: TrustProxy = false): { secure: boolean; ip: string | undefined } {
  const secure = (req.socket as TLSSocket).encrypted === true
  const peer = unmapped(req.socket.remoteAddress)
  const isProxy = proxiesOf(trust, peer)
  if (peer === undefined || !isProxy(peer)) return { secure, ip: peer }
  const forwarded = forwardedElements(req)
  const addresses = [items(req, 'x-forwarded-for'), forwarded.map((element) => parameter(element, 'for') ?? '')]
    .filter((list) => list.length > 0)
    .map((list) => nearestClient(peer, list, isProxy))
  const protocols = [items(req, 'x-forwarded-proto').at(-1), parameter(forwarded.at(-1) ?? '', 'proto')]
    .filter((protocol) => protocol !== undefined)
    .map((protocol) => protocol.toLowerCase() === 'https')
  return { secure: agreed(protocols) ?? secure, ip: agreed(addresses) ?? peer }
}

/**
 * The host that the client of a plain request used, with its port: the last one of X-Forwarded-Host, or of Forwarded, if the peer
 * is a trusted proxy and the two do not contradict each other. Otherwise that of the request itself; undefined without one.
 */
export function hostOf(req: IncomingMessage, trust: TrustProxy = false): string | undefined {
  const peer = unmapped(req.socket.remoteAddress)
  const isTrusted = peer !== undefined && proxiesOf(trust, peer)(peer)
  const forwarded = isTrusted
    ? [items(req, 'x-forwarded-host').at(-1), parameter(forwardedElements(req).at(-1) ?? '', 'host')]
    : []
  const hosts = forwarded.filter((host) => host !== undefined).map((host) => host.toLowerCase())
  return agreed(hosts) ?? headerOf(req, 'host') ?? headerOf(req, ':authority')
}

const proxiesOf = (trust: TrustProxy, peer: string | undefined) =>
  typeof trust === 'function' ? trust : (address: string) => trust && address === peer

/** The value that all have; undefined if there is none. */
const agreed = <T>([first, ...others]: T[]) => (others.every((other) => other === first) ? first : undefined)

/** The first address from the right that is not a proxy's, or the last one before an entry that is not an address. */
function nearestClient(peer: string, list: string[], isProxy: (address: string) => boolean): string {
  let nearest = peer
  for (const entry of list.toReversed()) {
    const address = canonical(withoutPort(entry))
    if (address === undefined) return nearest
    nearest = address
    if (!isProxy(address)) return nearest
  }
  return nearest
}

function items(req: IncomingMessage, name: 'x-forwarded-for' | 'x-forwarded-host' | 'x-forwarded-proto'): string[] {
  return (headerOf(req, name) ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

/** The elements of Forwarded: `for=…;proto=…`. A quoted value may contain commas. */
const forwardedElements = (req: IncomingMessage): string[] =>
  headerOf(req, 'forwarded')?.match(/(?:"[^"]*"|[^",])+/g) ?? []

/** A parameter of an element of Forwarded, without its quotes. */
function parameter(element: string, name: 'for' | 'host' | 'proto'): string | undefined {
  for (const pair of element.match(/(?:"[^"]*"|[^";])+/g) ?? []) {
    const [key, value] = pair.trim().split('=')
    if (key!.toLowerCase() === name) return value?.replaceAll('"', '')
  }
  return undefined
}

/** Some gateways add the port: `192.0.2.1:5123`, `[2001:db8::1]:443`. */
const withoutPort = (entry: string): string =>
  entry.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')

/** One spelling for each address; undefined if this is none. */
function canonical(text: string | undefined): string | undefined {
  const family = isIP(text ?? '')
  if (family === 0) return undefined
  const { address } = new SocketAddress({ address: text, family: family === 6 ? 'ipv6' : 'ipv4' })
  return unmapped(address)
}

/** A dual-stack socket reports an IPv4 peer as a mapped IPv6 address. Returns the IPv4 address. */
const unmapped = (address: string | undefined) => address?.replace(/^::ffff:(?=[\d.]+$)/, '')

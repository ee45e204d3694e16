import { platform } from '#platform'
import type { HttpCarrier } from '../http/carrier'
import type { BindTrait, Bound } from '../record/record'

/** Binds a session to the client of this request; undefined without traits (Kong `bind`). */
export async function bindTo(carrier: HttpCarrier, traits: readonly BindTrait[]): Promise<Bound | undefined> {
  if (traits.length === 0) return undefined
  return { traits: [...traits], hash: await fingerprint(carrier, traits) }
}

/** Whether this request's client is the one that a session is bound to. */
export async function isBoundTo(carrier: HttpCarrier, bound: Bound): Promise<boolean> {
  return bound.hash === (await fingerprint(carrier, bound.traits))
}

async function fingerprint(carrier: HttpCarrier, traits: readonly BindTrait[]): Promise<string> {
  const values = traits.map((trait) => {
    if (trait === 'scheme') return carrier.secure ? 'https' : 'http'
    if (trait === 'user-agent') return carrier.requestHeader('user-agent') ?? ''
    return networkOf(carrier.ip ?? '', Number(trait.split('/')[1] ?? 128))
  })
  return platform.sha256(JSON.stringify(values))
}

/**
 * The first `bits` bits of an IPv6 address, in one spelling; an IPv4 address as it is. A dual-stack socket reports an IPv4
 * client as a mapped IPv6 address.
 */
function networkOf(ip: string, bits: number): string {
  const address = ip.replace(/^::ffff:(?=[\d.]+$)/i, '')
  if (!address.includes(':')) return address
  const halves = address.toLowerCase().replace(/%.*/, '').split('::')
  const [start = [], end = []] = halves.map((half) => half.split(':').filter(Boolean))
  const zeros = Array<string>(Math.max(0, 8 - start.length - end.length)).fill('')
  const digits = [...start, ...zeros, ...end].map((group) => group.padStart(4, '0')).join('')
  return digits.slice(0, bits / 4)
}

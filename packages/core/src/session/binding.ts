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
    if (trait === 'ip') return carrier.ip ?? ''
    if (trait === 'scheme') return carrier.secure ? 'https' : 'http'
    return carrier.requestHeader('user-agent') ?? ''
  })
  return platform.sha256(JSON.stringify(values))
}

import { platform } from '#platform'
import type { HttpCarrier } from '../http/carrier'
import type { BindTrait, Bound } from '../record/record'

/** What binds a session to the client of this request; undefined where no trait is asked for (Kong `bind`). */
export async function bindTo(carrier: HttpCarrier, traits: readonly BindTrait[]): Promise<Bound | undefined> {
  if (traits.length === 0) return undefined
  return { traits: [...traits], hash: await hashOf(carrier, traits) }
}

/** Whether this request's client is the one a session is bound to. */
export async function isBoundTo(carrier: HttpCarrier, bound: Bound): Promise<boolean> {
  return bound.hash === (await hashOf(carrier, bound.traits))
}

async function hashOf(carrier: HttpCarrier, traits: readonly BindTrait[]): Promise<string> {
  const values = traits.map((trait) => {
    if (trait === 'ip') return carrier.ip ?? ''
    if (trait === 'scheme') return carrier.secure ? 'https' : 'http'
    return carrier.requestHeader('user-agent') ?? ''
  })
  return platform.sha256(JSON.stringify(values))
}

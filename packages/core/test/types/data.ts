// Compiled by types.test.ts, never run: which types of `data` compile, and which do not.
import { createSessionManager, type JsonData, type SessionManager } from '@sojourn/session-core'

const secret = 'at least thirty-two bytes of a secret'

// What JSON can hold.
interface Address {
  street: string
  tags?: readonly string[]
}
interface Shop {
  cart: string[]
  address?: Address
  last: Address | null | undefined
}
type UserId = string & { readonly __brand: 'UserId' }
declare const brand: unique symbol
type Euro = number & { readonly [brand]: 'Euro' }
interface Branded {
  id: UserId
  price: Euro
  record: { n: number } & { readonly [brand]: typeof brand }
}
type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
interface Tree {
  name: string
  children: Tree[]
}
enum Colour {
  Red,
  Green = 'green',
}
class Point {
  x = 0
  y = 0
}
type Step = { kind: 'form'; page: number } | { kind: 'done' }

createSessionManager<Shop>({ secret })
createSessionManager<Branded>({ secret })
createSessionManager<{ json: Json }>({ secret })
createSessionManager<{ [key: string]: Json }>({ secret })
createSessionManager<{ tree: Tree }>({ secret })
createSessionManager<{ colour: Colour; literal: 'a' | 1 | true; text: `x${string}` }>({ secret })
createSessionManager<{ point: Point; pair: [string, number?]; rest: readonly [string, ...number[]] }>({ secret })
createSessionManager<{ step: Step; steps: Step[]; byName: Record<string, Step> }>({ secret })
// biome-ignore-start lint/suspicious/noExplicitAny: applications have it in their types.
// biome-ignore-start lint/complexity/noBannedTypes: the same.
createSessionManager<{ value: unknown; anything: any; object: object; empty: {}; never: never }>({ secret })
createSessionManager<Record<string, unknown>>({ secret })
createSessionManager<Record<string, any>>({ secret })
createSessionManager<any>({ secret })
createSessionManager<{}>({ secret })
// biome-ignore-end lint/complexity/noBannedTypes: the same.
// biome-ignore-end lint/suspicious/noExplicitAny: applications have it in their types.
createSessionManager<Partial<Shop> & { readonly more: string }>({ secret })
createSessionManager({ secret })
const typed: SessionManager<Shop> = createSessionManager({ secret })

/** A factory of an application names the same condition. */
function create<Data extends JsonData<Data>>(): SessionManager<Data> {
  return createSessionManager<Data>({ secret })
}
create<Shop>()

// What it cannot.
class Cart {
  items: string[] = []
  add(item: string) {
    this.items.push(item)
  }
}
// @ts-expect-error a Date comes back as a text
createSessionManager<{ at: Date }>({ secret })
// @ts-expect-error a Date is among what it may be
createSessionManager<{ at?: Date | string }>({ secret })
// @ts-expect-error nested
createSessionManager<{ cart: { items: { at: Date }[] } }>({ secret })
// @ts-expect-error in a record
createSessionManager<Record<string, Date>>({ secret })
// @ts-expect-error in a tuple
createSessionManager<{ pair: [string, Date] }>({ secret })
// @ts-expect-error a Map is {} in JSON
createSessionManager<{ map: Map<string, string> }>({ secret })
// @ts-expect-error a Set is {} in JSON
createSessionManager<{ set: ReadonlySet<string> }>({ secret })
// @ts-expect-error JSON.stringify throws
createSessionManager<{ big: bigint }>({ secret })
// @ts-expect-error left out
createSessionManager<{ symbol: symbol }>({ secret })
// @ts-expect-error left out
createSessionManager<{ fn: () => void }>({ secret })
// @ts-expect-error a class is a function
createSessionManager<{ type: typeof Cart }>({ secret })
// @ts-expect-error methods are lost
createSessionManager<{ cart: Cart }>({ secret })
// @ts-expect-error bytes come back as an object
createSessionManager<{ bytes: Uint8Array }>({ secret })
// @ts-expect-error a RegExp is {} in JSON
createSessionManager<{ pattern: RegExp }>({ secret })
// @ts-expect-error an interface, as any other type
createSessionManager<Shop & { since: Date }>({ secret })

export { typed }

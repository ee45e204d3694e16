// What adapters make of an application's SessionData: a key that JSON cannot hold takes no value, the others are as declared.
import type { SessionOf } from '@sojourn/session-http'

interface Address {
  street: string
  former?: Address[]
}
type UserId = string & { readonly __brand: 'UserId' }
interface SessionData {
  cart: string[]
  address?: Address
  user: UserId
  extra: unknown
  more: Record<string, unknown>
  at: Date
  seen?: Map<string, number>
}

declare const session: SessionOf<SessionData>
const { data } = session
data.cart = ['tea']
data.cart.push('tea')
data.address = { street: 'High Street', former: [{ street: 'Low Street' }] }
data.user = 'ada' as UserId
data.extra = 1
data.more = { any: ['thing'] }
// @ts-expect-error a Date comes back as a text: keep a number
data.at = new Date()
// @ts-expect-error a Map is {} in JSON: keep an object
data.seen = new Map()
// @ts-expect-error a value of another type
data.user = 1

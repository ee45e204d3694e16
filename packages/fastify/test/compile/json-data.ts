// An application whose SessionData has keys that JSON cannot hold: those take no value, and the others are as declared.
import { createSessionManager } from '@sojourn/session-core'
import { fastifySession } from '@sojourn/session-fastify'
import Fastify from 'fastify'

declare module '@sojourn/session-fastify' {
  interface SessionData {
    cart: string[]
    address?: Address
    user: UserId
    extra: unknown
    more: Record<string, unknown>
    at: Date
    seen?: Map<string, number>
  }
}
interface Address {
  street: string
  former?: Address[]
}
type UserId = string & { readonly __brand: 'UserId' }

const app = Fastify()
app.register(fastifySession, {
  sessions: createSessionManager({ secret: 'a secret of more than thirty-two bytes' }),
})

app.post('/tea', async (request) => {
  const { data } = request.session
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
})

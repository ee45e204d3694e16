// An application that declares SessionData: `data` takes these keys only.
import { createSessionManager } from '@sojourn/session-core'
import { fastifySession } from '@sojourn/session-fastify'
import Fastify from 'fastify'

declare module '@sojourn/session-fastify' {
  interface SessionData {
    cart: string[]
    at: Date
  }
}

const app = Fastify()
app.register(fastifySession, {
  sessions: createSessionManager({ secret: 'a secret of more than thirty-two bytes' }),
})

app.post('/tea', async (request) => {
  request.session.data.cart = ['tea']
  request.session.data.cart.push('tea')
  await request.session.update('cart', (cart = []) => [...cart, 'tea'])
  // @ts-expect-error a value of another type
  request.session.data.cart = 1
  // @ts-expect-error a key that is not declared
  request.session.data.crat = ['tea']
  // @ts-expect-error a value of another type
  await request.session.update('cart', () => 1)
  // @ts-expect-error a Date comes back as a text: keep a number
  request.session.data.at = new Date()
  // @ts-expect-error a key that is not declared
  await request.session.update('crat', () => ['tea'])
})

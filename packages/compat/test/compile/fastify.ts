import { compatSession } from '@sojourn/session-compat/fastify'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import Fastify from 'fastify'

declare module 'fastify' {
  interface Session {
    cart: string[]
  }
}

const sessions = createSessionManager({ secret: 'at least thirty-two bytes of a secret', store: memoryStore() })
const fastify = Fastify()
await fastify.register(compatSession, { sessions, subject: (data) => data.passport })
fastify.get('/', async (request) => {
  const cart: string[] = request.session.get('cart') ?? []
  request.session.set('cart', [...cart, request.session.sessionId])
  await request.session.regenerate(['cart'])
  request.session.options({ maxAge: 60_000 })
  // @ts-expect-error the application's types hold
  request.session.set('cart', 1)
  return request.session.cart
})
// @ts-expect-error the manager is missing
await fastify.register(compatSession, { subject: () => 1 })

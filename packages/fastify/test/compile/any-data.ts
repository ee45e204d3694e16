// An application that declares no SessionData: `data` takes any key, and values are unknown.
import { createSessionManager } from '@sojourn/session-core'
import { fastifySession } from '@sojourn/session-fastify'
import Fastify from 'fastify'

interface Shop {
  cart: string[]
}
const sessions = createSessionManager<Shop>({ secret: 'a secret of more than thirty-two bytes' })
const app = Fastify()
app.register(fastifySession, { sessions, property: 'session', skip: (request) => request.url === '/health' })
app.get('/health', { config: { session: false } }, async () => 'up')
// @ts-expect-error not a text
app.get('/wrong', { config: { session: 'no' } }, async () => 'up')

app.post<{ Querystring: { page: number } }>('/tea', async (request) => {
  request.session.data.cart = ['tea']
  await request.session.update('cart', (cart) => [...(Array.isArray(cart) ? cart : []), 'tea'])
  // @ts-expect-error the value is unknown
  request.session.data.cart.push('tea')
  // @ts-expect-error values are kept in session.data
  request.session.cart = ['tea']
  // @ts-expect-error the subject is read-only
  request.session.subject = 'ada'

  const typed = sessions.of(request)
  typed.data.cart?.push('tea')
  // @ts-expect-error this manager's data has no such key
  typed.data.crat = ['tea']
})

// @ts-expect-error an option that does not exist
app.register(fastifySession, { sessions, propery: 'session' })
// @ts-expect-error another library's options
app.register(fastifySession, { secret: 'a secret' })

// A project that has @fastify/session: `./bare` leaves `request.session` to it.
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { createSessionManager } from '@sojourn/session-core'
import { type FastifySessionOptions, fastifySession } from '@sojourn/session-fastify/bare'
import Fastify from 'fastify'

interface Shop {
  cart: string[]
}
const sessions = createSessionManager<Shop>({ secret: 'a secret of more than thirty-two bytes' })
const options: FastifySessionOptions = { sessions, property: 'sojourn' }
const app = Fastify()
app.register(cookie)
app.register(session, { secret: 'another secret of more than thirty-two bytes' })
app.register(fastifySession, options)

app.post('/tea', async (request) => {
  request.session.cookie.maxAge = 60_000
  sessions.of(request).data.cart = ['tea']
  // @ts-expect-error this one is @fastify/session's
  request.session.data.cart = ['tea']
  // @ts-expect-error this manager's data has no such key
  sessions.of(request).data.crat = ['tea']
})

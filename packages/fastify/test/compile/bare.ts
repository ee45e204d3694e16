// `./bare` alone adds nothing to the framework's types.
import { createSessionManager } from '@sojourn/session-core'
import { fastifySession } from '@sojourn/session-fastify/bare'
import Fastify from 'fastify'

const sessions = createSessionManager({ secret: 'a secret of more than thirty-two bytes' })
const app = Fastify()
app.register(fastifySession, { sessions })
app.post('/tea', async (request) => {
  sessions.of(request).data.cart = ['tea']
  // @ts-expect-error no session is declared on the request
  request.session.data.cart = ['tea']
})

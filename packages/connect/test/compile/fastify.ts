import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { sojournStore } from '@sojourn/session-connect'
import { memoryStore } from '@sojourn/session-core'
import Fastify from 'fastify'

const secret = 'at least thirty-two bytes of a secret'
const store = sojournStore(fastifySession, { store: memoryStore(), secret, subject: (data) => data.user })
export const app = Fastify()
app.register(fastifyCookie)
app.register(fastifySession, { secret, store })
export const ended: Promise<number> = store.revokeAll('ada')

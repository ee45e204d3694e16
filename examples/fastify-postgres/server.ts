import { createSessionManager } from '@sojourn/session-core'
import { fastifySession } from '@sojourn/session-fastify'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import Fastify from 'fastify'
import { Pool } from 'pg'

const pool = new Pool({
  connectionString: process.env.DATABASE_URL,
  connectionTimeoutMillis: 5000,
  query_timeout: 5000,
})
pool.on('error', console.error) // without a listener, losing an idle connection ends the process
await migrate(pool)
const store = postgresStore(pool, { prepare: true })
store.startCleanup({ onError: console.error })
const sessions = createSessionManager<{ cart: string[] }>({ secret: process.env.SESSION_SECRET!, store })

const app = Fastify()
await app.register(fastifySession, { sessions })
app.post<{ Params: { name: string } }>('/login/:name', async (request) => {
  await request.session.login(request.params.name) // after you have checked the password
  return { hello: request.session.subject }
})
app.post<{ Params: { item: string } }>('/cart/:item', async (request) => {
  const { data } = sessions.of(request) // request.session, typed by its manager
  data.cart = [...(data.cart ?? []), request.params.item]
  return data.cart
})
app.get('/me', async ({ session }) => ({ outcome: session.outcome, subject: session.subject }))
app.post('/logout', async (request) => {
  await request.session.logout()
  return { bye: true }
})
await app.listen({ port: Number(process.env.PORT ?? 3000) })

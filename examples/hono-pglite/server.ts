import { PGlite } from '@electric-sql/pglite'
import { serve } from '@hono/node-server'
import { createSessionManager, type Session } from '@sojourn/session-core'
import { webSession } from '@sojourn/session-http/web'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { Hono } from 'hono'

interface Shop {
  cart: string[]
}
const database = new PGlite('sessions') // a folder: Postgres in this process, without a server
await migrate(database)
const sessions = createSessionManager<Shop>({ secret: process.env.SESSION_SECRET!, store: postgresStore(database) })

const app = new Hono<{ Variables: { session: Session<Shop> } }>()
app.use(async (c, next) => {
  c.res = await webSession(sessions, c.req.raw, async (session) => {
    c.set('session', session)
    await next()
    return c.res
  })
})
app.post('/login/:name', async (c) => {
  await c.var.session.login(c.req.param('name')) // after you have checked the password
  return c.json({ hello: c.var.session.subject })
})
app.post('/cart/:item', (c) => {
  const { data } = c.var.session
  data.cart = [...(data.cart ?? []), c.req.param('item')]
  return c.json(data.cart)
})
app.get('/me', (c) => c.json({ outcome: c.var.session.outcome, subject: c.var.session.subject }))
app.post('/logout', async (c) => {
  await c.var.session.logout()
  return c.json({ bye: true })
})
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) })

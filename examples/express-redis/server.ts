import { createSessionManager } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import { redisStore } from '@sojourn/session-redis'
import express from 'express'
import { createClient } from 'redis'

const client = await createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true })
  .on('error', console.error)
  .connect()
const sessions = createSessionManager<{ cart: string[] }>({
  secret: process.env.SESSION_SECRET!,
  store: redisStore(client),
})

const app = express()
app.use(expressSession(sessions))
app.post('/login/:name', async (req, res) => {
  await req.session.login(req.params.name) // after you have checked the password
  res.json({ hello: req.session.subject })
})
app.post('/cart/:item', (req, res) => {
  const { data } = sessions.of(req) // req.session, typed by its manager
  data.cart = [...(data.cart ?? []), req.params.item]
  res.json(data.cart)
})
app.get('/me', (req, res) => void res.json({ outcome: req.session.outcome, subject: req.session.subject }))
app.post('/logout', async (req, res) => {
  await req.session.logout()
  res.json({ bye: true })
})
app.listen(process.env.PORT ?? 3000)

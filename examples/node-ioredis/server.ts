import { createServer } from 'node:http'
import { createSessionManager } from '@sojourn/session-core'
import { answerError, nodeSession } from '@sojourn/session-http'
import { redisStore } from '@sojourn/session-redis'
import { Redis } from 'ioredis'

const client = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379', { enableOfflineQueue: false })
client.on('error', console.error)
const sessions = createSessionManager<{ cart: string[] }>({
  secret: process.env.SESSION_SECRET!,
  store: redisStore(client),
})
const open = nodeSession(sessions)

const server = createServer(async (req, res) => {
  try {
    const session = await open(req, res)
    const [, action, value = ''] = req.url!.split('/')
    const json = (body: unknown) => res.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (req.method === 'GET' && action === 'me') {
      json({ outcome: session.outcome, subject: session.subject })
    } else if (req.method === 'POST' && action === 'login') {
      await session.login(value) // after you have checked the password
      json({ hello: session.subject })
    } else if (req.method === 'POST' && action === 'cart') {
      session.data.cart = [...(session.data.cart ?? []), value]
      json(session.data.cart)
    } else if (req.method === 'POST' && action === 'logout') {
      await session.logout()
      json({ bye: true })
    } else {
      res.writeHead(404).end()
    }
  } catch (error) {
    answerError(res, error)
  }
})
server.listen(process.env.PORT ?? 3000)

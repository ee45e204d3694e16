import { createServer } from 'node:http'
import { nodeSession } from '@sojourn/session-http'
import next from 'next'
import { sessions } from './sessions.mjs'

const app = next({ dev: false })
await app.prepare()
const handle = app.getRequestHandler()
const open = nodeSession(sessions)

/** A custom server. Route handlers open their session themselves, by `webSession`. */
const server = createServer(async (req, res) => {
  if (req.url.startsWith('/api/')) await open(req, res)
  await handle(req, res)
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))

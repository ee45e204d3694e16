import type { AddressInfo } from 'node:net'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { expressSession as sojourn } from '@sojourn/session-express'
import express, { type RequestHandler } from 'express'
import expressSession from 'express-session'

const secret = 'a secret that is as long as everybody asks for'

/** Each on its default settings, but for what express-session warns of. */
const middleware: Record<string, () => RequestHandler> = {
  'no session': () => (_req, _res, next) => next(),
  'Sojourn, memory store': () => sojourn(createSessionManager({ secret, storage: memoryStore() })),
  'Sojourn, sealed cookie': () => sojourn(createSessionManager({ secret })),
  'express-session, MemoryStore': () => expressSession({ secret, resave: false, saveUninitialized: false }),
}

/** Where the session's data are, whoever made it. */
function dataOf(req: express.Request): Record<string, unknown> {
  const session: object = req.session ?? {}
  return 'data' in session ? (session.data as Record<string, unknown>) : (session as Record<string, unknown>)
}

// A process for one kind of session; it ends with the one that started it.
const app = express()
app.use(middleware[process.argv[2]!]!())
app.post('/', (req, res) => {
  Object.assign(dataOf(req), { name: 'ada', cart: ['tea', 'milk'] })
  res.json({ ok: true })
})
app.get('/', (req, res) => {
  res.json({ name: dataOf(req).name })
})
app.put('/', (req, res) => {
  const data = dataOf(req)
  data.visits = Number(data.visits ?? 0) + 1
  res.json({ visits: data.visits })
})
const server = app.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())

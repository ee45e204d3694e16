import type { AddressInfo } from 'node:net'
import { createSessionManager, memoryStore, type SessionStore } from '@sojourn/session-core'
import { expressSession as sojourn } from '@sojourn/session-express'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express, { type RequestHandler } from 'express'
import expressSession, { type Store } from 'express-session'
import { getIronSession, type IronSession } from 'iron-session'
import { Pool } from 'pg'
import { createClient } from 'redis'
import type { HttpServerOptions } from './http-server-options'

const secret = 'a secret for benchmarks, at least 32 bytes'
const [name, store, url] = process.argv.slice(2) as [HttpServerOptions['name'], HttpServerOptions['store'], string]

const redis = () => createClient({ url }).connect()
const pool = new Pool({ connectionString: url, max: 8 })

const stores: Record<string, () => Promise<SessionStore | undefined>> = {
  memory: async () => memoryStore(),
  cookie: async () => undefined,
  Redis: async () => redisStore(await redis()),
  Postgres: async () => {
    await migrate(pool)
    return postgresStore(pool, { prepare: true })
  },
}
const theirStores: Record<string, () => Promise<Store>> = {
  memory: async () => new expressSession.MemoryStore(),
  Redis: async () => new RedisStore({ client: await redis() }),
  Postgres: async () =>
    new (connectPgSimple(expressSession))({ pool, createTableIfMissing: true, pruneSessionInterval: false }),
}

/** Default settings, except those that express-session warns about, and a cookie of iron-session that works over http. */
const middleware: Record<HttpServerOptions['name'], () => Promise<RequestHandler>> = {
  none: async () => (_req, _res, next) => next(),
  Sojourn: async () => sojourn(createSessionManager({ secret, store: await stores[store]!() })),
  'express-session': async () =>
    expressSession({ secret, store: await theirStores[store]!(), resave: false, saveUninitialized: false }),
  'iron-session': async () => (req, res, next) => {
    const options = { password: secret, cookieName: 'session', cookieOptions: { secure: false } }
    getIronSession(req, res, options).then((session) => {
      Object.assign(req, { session })
      next()
    }, next)
  },
}

/** The session's data in each of the libraries. */
function dataOf(req: express.Request): Record<string, unknown> {
  const session: object = req.session ?? {}
  return 'data' in session ? (session.data as Record<string, unknown>) : (session as Record<string, unknown>)
}

/** Saves the session with iron-session. The others save by themselves. */
const saved = (req: express.Request) =>
  name === 'iron-session' ? (req.session as unknown as IronSession<object>).save() : undefined

// One process for each library and store. It exits when its parent disconnects.
const app = express()
app.use(await middleware[name]())
app.post('/', async (req, res) => {
  Object.assign(dataOf(req), { name: 'ada', cart: ['tea', 'milk'] })
  await saved(req)
  res.json({ ok: true })
})
app.get('/', (req, res) => {
  res.json({ name: dataOf(req).name })
})
app.put('/', async (req, res) => {
  const data = dataOf(req)
  data.visits = Number(data.visits ?? 0) + 1
  await saved(req)
  res.json({ visits: data.visits })
})
const server = app.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())

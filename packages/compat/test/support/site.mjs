// One process of a site, started by processes.ts: with express-session and the store that its users have, with compat, or with
// compat that imports what express-session has begun.
import { compatSession } from '@sojourn/session-compat/express'
import { connectSid, importFrom, postgresRows, redisRows } from '@sojourn/session-compat/import'
import { createSessionManager } from '@sojourn/session-core'
import { postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import pg from 'pg'
import { createClient } from 'redis'

const { kind, database, url, prefix, schema, secret } = JSON.parse(process.argv[2])
const redis = database === 'redis' ? await createClient({ url }).connect() : undefined
const pool = database === 'postgres' ? new pg.Pool({ connectionString: url }) : undefined

function compat() {
  const store = redis ? redisStore(redis, { prefix: `${prefix}ours:` }) : postgresStore(pool, { schema })
  const sessions = createSessionManager({
    secret,
    store,
    imports: imports(),
    cookie: { secure: false, name: 'session', sameSite: 'lax' },
  })
  return compatSession(sessions, { subject: (data) => data.user })
}

function imports() {
  if (kind !== 'import') return undefined
  const rows = redis ? redisRows(redis, { prefix }) : postgresRows(pool, { schema })
  return importFrom(connectSid({ secrets: secret, rows, subject: (data) => data.user, until: '2100-01-01' }))
}

function expressSession() {
  const store = redis
    ? new RedisStore({ client: redis, prefix })
    : new (connectPgSimple(session))({
        pool,
        schemaName: schema,
        createTableIfMissing: true,
        pruneSessionInterval: false,
      })
  return session({ secret, resave: false, saveUninitialized: false, store })
}

let release = () => {}
process.on('message', () => release())

const app = express()
app.use(kind === 'express-session' ? expressSession() : compat())
app.get('/login/:user', (req, res, next) => {
  req.session.regenerate((error) => {
    if (error) return next(error)
    req.session.user = req.params.user
    req.session.save((error) => (error ? next(error) : res.json({})))
  })
})
// Holds its session as it was loaded until it is told to go on.
app.get('/hold/:key', async (req, res) => {
  const released = new Promise((resolve) => {
    release = resolve
  })
  process.send('arrived')
  await released
  req.session[req.params.key] = true
  res.json({})
})
app.get('/set/:key', (req, res) => {
  req.session[req.params.key] = true
  res.json({})
})
app.get('/me', (req, res) => res.json({ ...req.session, cookie: undefined }))
app.get('/logout', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.json({}))))
app.use((error, _req, res, _next) => res.status(error.status ?? 500).json({ code: error.code }))

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

// One process of a site with express-session, started by processes.ts. Its store is ours, or the one that it would replace.
import { sojournStore } from '@sojourn/session-connect'
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

function makeStore() {
  if (kind === 'sojourn') {
    const store = redis ? redisStore(redis, { prefix }) : postgresStore(pool, { schema })
    return sojournStore(session, { store, secret, subject: (data) => data.user })
  }
  if (redis) return new RedisStore({ client: redis, prefix })
  return new (connectPgSimple(session))({
    pool,
    schemaName: schema,
    createTableIfMissing: true,
    pruneSessionInterval: false,
  })
}

let release = () => {}
process.on('message', () => release())

const app = express()
app.use(session({ secret, resave: false, saveUninitialized: false, store: makeStore() }))
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

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

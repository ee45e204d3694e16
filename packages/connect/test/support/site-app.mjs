// What every process of a site has: a database, the store that users of express-session have today, and routes. The program
// that SiteProcess has started chooses the session middleware.
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import pg from 'pg'
import { createClient } from 'redis'

/** What the process was told. */
export const options = JSON.parse(process.argv[2])

const { database, url, prefix, schema } = options
export const redis = database === 'redis' ? await createClient({ url }).connect() : undefined
export const pool = database === 'postgres' ? new pg.Pool({ connectionString: url }) : undefined

/** connect-redis or connect-pg-simple. */
export function formerStore() {
  if (redis) return new RedisStore({ client: redis, prefix })
  return new (connectPgSimple(session))({
    pool,
    schemaName: schema,
    createTableIfMissing: true,
    pruneSessionInterval: false,
  })
}

/** express-session with a store. */
export const expressSession = (store) =>
  session({ secret: options.secret, resave: false, saveUninitialized: false, store })

/** Serves the site, and tells the port. */
export function serve(middleware) {
  let release = () => {}
  process.on('message', () => release())

  const app = express()
  app.use(middleware)
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
}

// A project that has @types/express-session: `./bare` leaves `req.session` to it.
import { createSessionManager } from '@sojourn/session-core'
import { type ExpressSessionOptions, expressSession } from '@sojourn/session-express/bare'
import express from 'express'
import session from 'express-session'

interface Shop {
  cart: string[]
}
const sessions = createSessionManager<Shop>({ secret: 'a secret of more than thirty-two bytes' })
const options: ExpressSessionOptions = { property: 'sojourn' }
const app = express()
app.use(session({ secret: 'another secret', resave: false, saveUninitialized: false }))
app.use(expressSession(sessions, options))

app.post('/tea', (req) => {
  req.session.cookie.maxAge = 60_000
  sessions.of(req).data.cart = ['tea']
  // @ts-expect-error this one is express-session's
  req.session.data.cart = ['tea']
  // @ts-expect-error this manager's data has no such key
  sessions.of(req).data.crat = ['tea']
})

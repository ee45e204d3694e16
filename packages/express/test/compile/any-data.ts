// An application that declares no SessionData: `data` takes any key, and values are unknown.
import { createSessionManager } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import express from 'express'

interface Shop {
  cart: string[]
}
const sessions = createSessionManager<Shop>({ secret: 'a secret of more than thirty-two bytes' })
const app = express()
app.use(expressSession(sessions, { property: 'session', skip: (req) => req.path === '/health' }))

app.post('/tea', async (req) => {
  req.session.data.cart = ['tea']
  await req.session.update('cart', (cart) => [...(Array.isArray(cart) ? cart : []), 'tea'])
  // @ts-expect-error the value is unknown
  req.session.data.cart.push('tea')
  // @ts-expect-error values are kept in session.data
  req.session.cart = ['tea']
  // @ts-expect-error the subject is read-only
  req.session.subject = 'ada'

  const typed = sessions.of(req)
  typed.data.cart?.push('tea')
  // @ts-expect-error this manager's data has no such key
  typed.data.crat = ['tea']
})

// @ts-expect-error an option that does not exist
app.use(expressSession(sessions, { propery: 'session' }))
// @ts-expect-error another library's options
app.use(expressSession({ secret: 'a secret', resave: false }))

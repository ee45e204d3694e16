// `./bare` alone adds nothing to the framework's types.
import { createSessionManager } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express/bare'
import express from 'express'

const sessions = createSessionManager({ secret: 'a secret of more than thirty-two bytes' })
const app = express()
app.use(expressSession(sessions))
app.post('/tea', (req) => {
  sessions.of(req).data.cart = ['tea']
  // @ts-expect-error no session is declared on the request
  req.session.data.cart = ['tea']
})

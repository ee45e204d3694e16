// A project that used express-session: its declarations and handlers are as they were, and one line is another.
import { compatSession } from '@sojourn/session-compat/express'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import express from 'express'

declare module 'express-session' {
  interface SessionData {
    cart: string[]
    user: { id: string; since: Date }
  }
}

const sessions = createSessionManager({ secret: 'at least thirty-two bytes of a secret', store: memoryStore() })
const app = express()
app.use(compatSession(sessions, { subject: (data) => data.user?.id ?? data.passport?.user }))
app.post('/cart', (req, res, next) => {
  const cart: string[] = req.session.cart ?? []
  req.session.cart = [...cart, 'tea']
  req.session.user = { id: req.sessionID, since: new Date() }
  req.session.cookie.maxAge = 60_000
  // @ts-expect-error the application's types hold
  req.session.cart = 'tea'
  req.session.regenerate((error) => {
    if (error) return next(error)
    req.session.save(() => req.session.touch().reload(() => req.session.destroy(() => res.end())))
  })
  req.sessionStore.destroy(req.session.id)
})
export const subject = (req: express.Request): string | undefined => sessions.of(req).subject

// @ts-expect-error a misspelt option
compatSession(sessions, { subjects: () => '' })
// @ts-expect-error a subject is a function
compatSession(sessions, { subject: 'user' })

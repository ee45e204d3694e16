// An application that declares SessionData: `data` takes these keys only.
import { createSessionManager } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import express from 'express'

declare module '@sojourn/session-express' {
  interface SessionData {
    cart: string[]
    at: Date
  }
}

const app = express()
app.use(expressSession(createSessionManager({ secret: 'a secret of more than thirty-two bytes' })))

app.post('/tea', async (req) => {
  req.session.data.cart = ['tea']
  req.session.data.cart.push('tea')
  await req.session.update('cart', (cart = []) => [...cart, 'tea'])
  // @ts-expect-error a value of another type
  req.session.data.cart = 1
  // @ts-expect-error a key that is not declared
  req.session.data.crat = ['tea']
  // @ts-expect-error a value of another type
  await req.session.update('cart', () => 1)
  // @ts-expect-error a Date comes back as a text: keep a number
  req.session.data.at = new Date()
  // @ts-expect-error a key that is not declared
  await req.session.update('crat', () => ['tea'])
})

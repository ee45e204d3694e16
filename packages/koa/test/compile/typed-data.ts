// An application that declares SessionData: `data` takes these keys only.
import { createSessionManager } from '@sojourn/session-core'
import { koaSession } from '@sojourn/session-koa'
import Koa from 'koa'

declare module '@sojourn/session-koa' {
  interface SessionData {
    cart: string[]
    at: Date
  }
}

const app = new Koa()
app.use(koaSession(createSessionManager({ secret: 'a secret of more than thirty-two bytes' })))

app.use(async (ctx) => {
  ctx.session.data.cart = ['tea']
  ctx.session.data.cart.push('tea')
  await ctx.session.update('cart', (cart = []) => [...cart, 'tea'])
  // @ts-expect-error a value of another type
  ctx.session.data.cart = 1
  // @ts-expect-error a key that is not declared
  ctx.session.data.crat = ['tea']
  // @ts-expect-error a value of another type
  await ctx.session.update('cart', () => 1)
  // @ts-expect-error a Date comes back as a text: keep a number
  ctx.session.data.at = new Date()
  // @ts-expect-error a key that is not declared
  await ctx.session.update('crat', () => ['tea'])
})

// An application that declares no SessionData: `data` takes any key, and values are unknown.
import { createSessionManager } from '@sojourn/session-core'
import { koaSession } from '@sojourn/session-koa'
import Koa from 'koa'

interface Shop {
  cart: string[]
}
const sessions = createSessionManager<Shop>({ secret: 'a secret of more than thirty-two bytes' })
const app = new Koa()
app.use(koaSession(sessions, { property: 'session', skip: (ctx) => ctx.path === '/health' }))

app.use(async (ctx) => {
  ctx.session.data.cart = ['tea']
  await ctx.session.update('cart', (cart) => [...(Array.isArray(cart) ? cart : []), 'tea'])
  // @ts-expect-error the value is unknown
  ctx.session.data.cart.push('tea')
  // @ts-expect-error values are kept in session.data
  ctx.session.cart = ['tea']
  // @ts-expect-error the subject is read-only
  ctx.session.subject = 'ada'

  const typed = sessions.of(ctx)
  typed.data.cart?.push('tea')
  // @ts-expect-error this manager's data has no such key
  typed.data.crat = ['tea']
})

// Contexts with a state of their own have it too.
declare const custom: Koa.ParameterizedContext<{ user: string }, { extra: number }>
custom.session.data.cart = ['tea']
// @ts-expect-error values are kept in session.data
custom.session.cart = ['tea']

// @ts-expect-error an option that does not exist
app.use(koaSession(sessions, { propery: 'session' }))
// @ts-expect-error another library's options
app.use(koaSession({ key: 'koa.sess' }))

// Its type is Koa's own, and no wider one.
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const isMiddleware: IsSame<ReturnType<typeof koaSession>, Koa.Middleware> = true
// @ts-expect-error any function is not what it returns
const isFunction: IsSame<ReturnType<typeof koaSession>, (...args: never[]) => unknown> = true

export { isFunction, isMiddleware }

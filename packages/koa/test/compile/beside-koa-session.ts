// A project that has @types/koa-session: `./bare` leaves `ctx.session` to it.
import { createSessionManager } from '@sojourn/session-core'
import { type KoaSessionOptions, koaSession } from '@sojourn/session-koa/bare'
import Koa from 'koa'
import session from 'koa-session'

interface Shop {
  cart: string[]
}
const sessions = createSessionManager<Shop>({ secret: 'a secret of more than thirty-two bytes' })
const options: KoaSessionOptions = { property: 'sojourn' }
const app = new Koa()
app.use(session(app))
app.use(koaSession(sessions, options))

app.use((ctx) => {
  ctx.session!.maxAge = 60_000
  const typed = sessions.of(ctx)
  typed.data.cart = ['tea']
  // @ts-expect-error this manager's data has no such key
  typed.data.crat = ['tea']
})

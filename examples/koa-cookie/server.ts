import Router from '@koa/router'
import { createSessionManager, memoryRevocations } from '@sojourn/session-core'
import { koaSession } from '@sojourn/session-koa'
import Koa from 'koa'

const sessions = createSessionManager<{ cart: string[] }>({
  secret: process.env.SESSION_SECRET!,
  revocations: memoryRevocations(), // what was logged out; for several processes redisRevocations(client)
})

const router = new Router()
router.post('/login/:name', async (ctx) => {
  await ctx.session.login(ctx.params.name!) // after you have checked the password
  ctx.body = { hello: ctx.session.subject }
})
router.post('/cart/:item', (ctx) => {
  const { data } = sessions.of(ctx) // ctx.session, typed by its manager
  data.cart = [...(data.cart ?? []), ctx.params.item!]
  ctx.body = data.cart
})
router.get('/me', (ctx) => {
  ctx.body = { outcome: ctx.session.outcome, subject: ctx.session.subject }
})
router.post('/logout', async (ctx) => {
  await ctx.session.logout()
  ctx.body = { bye: true }
})
new Koa()
  .use(koaSession(sessions))
  .use(router.routes())
  .listen(process.env.PORT ?? 3000)

import { compatSession } from '@sojourn/session-compat/koa'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import Koa from 'koa'

const sessions = createSessionManager({ secret: 'at least thirty-two bytes of a secret', store: memoryStore() })
const app = new Koa()
app.use(compatSession(sessions, { subject: (data) => data.user }))
app.use(async (ctx) => {
  if (ctx.path === '/null') ctx.session = null
  if (ctx.session?.isNew) ctx.session.cart = ['tea']
  if (ctx.session) ctx.session.maxAge = 60_000
  await ctx.session?.manuallyCommit()
  ctx.body = { populated: ctx.session?.populated, subject: sessions.of(ctx).subject }
})

// @ts-expect-error Koa has its own proxy setting
compatSession(sessions, { trustProxy: true })

// `./bare` alone adds nothing to the framework's types.
import { createSessionManager } from '@sojourn/session-core'
import { koaSession } from '@sojourn/session-koa/bare'
import Koa from 'koa'

const sessions = createSessionManager({ secret: 'a secret of more than thirty-two bytes' })
const app = new Koa()
app.use(koaSession(sessions))

// Contexts of DefaultState take any property; the context of a request without state does not.
declare const ctx: Koa.ExtendableContext
sessions.of(ctx).data.cart = ['tea']
// @ts-expect-error no session is declared on the context
ctx.session

import Router from '@koa/router'
import { koaSession } from '@sojourn/session-koa'
import Koa, { type Middleware } from 'koa'
import { checkAccount, loginOptions } from './account'
import { errorAnswer, missing, notFound } from './answer'
import { checkKey, next, readJson } from './data'
import type { Framework } from './framework'
import { endOthers, endOwn, facts, listOwn, needsUser } from './own-sessions'
import { isOpen, type OpenStorage } from './storages'

/** The demo in Koa. */
export const koaDemo: Framework = (storages) => {
  const app = new Koa()
  app.use(errors)
  for (const storage of storages) {
    const isElsewhere = ({ path }: Koa.Context) => path !== `/${storage.name}` && !path.startsWith(`/${storage.name}/`)
    if (isOpen(storage)) {
      app.use(koaSession(storage.sessions, { skip: isElsewhere })).use(routes(storage).routes())
    } else {
      app.use((ctx, go) => (isElsewhere(ctx) ? go() : Promise.reject(missing(storage))))
    }
  }
  app.use((ctx) => Promise.reject(notFound(ctx.method, ctx.path)))
  return app.callback()
}

function routes({ name, sessions }: OpenStorage): Router {
  const router = new Router({ prefix: `/${name}`, sensitive: true, strict: true })
  const logIn: Middleware = async (ctx) => {
    const session = sessions.of(ctx)
    await session.login(checkAccount(ctx.req), loginOptions(ctx.req))
    ctx.body = { subject: session.subject }
  }
  router.get('/auth', logIn).post('/auth', logIn)
  router.delete('/auth', async (ctx) => {
    await sessions.of(ctx).logout()
    ctx.body = { message: 'Logged out.' }
  })
  router.get('/me', (ctx) => {
    ctx.body = { framework: 'Koa', ...facts(sessions.of(ctx)) }
  })
  router.use((ctx, go) => {
    needsUser(sessions.of(ctx))
    return go()
  })
  router.get('/session', (ctx) => {
    ctx.body = facts(sessions.of(ctx))
  })
  router.put('/session/data/:key', async (ctx) => {
    const { data } = sessions.of(ctx)
    data[checkKey(ctx.params.key!)] = await readJson(ctx.req)
    ctx.body = { data }
  })
  router.delete('/session/data/:key', (ctx) => {
    const { data } = sessions.of(ctx)
    delete data[checkKey(ctx.params.key!)]
    ctx.body = { data }
  })
  router.post('/session/counter', async (ctx) => {
    ctx.body = { counter: await sessions.of(ctx).update('counter', next) }
  })
  router.get('/sessions', async (ctx) => {
    ctx.body = { sessions: await listOwn(sessions, sessions.of(ctx)) }
  })
  router.delete('/sessions', async (ctx) => {
    ctx.body = { ended: await endOthers(sessions, sessions.of(ctx)) }
  })
  router.delete('/sessions/:id', async (ctx) => {
    await endOwn(sessions, sessions.of(ctx), ctx.params.id!)
    ctx.body = { ended: 1 }
  })
  return router
}

const errors: Middleware = async (ctx, go) => {
  try {
    await go()
  } catch (error) {
    const { status, json } = errorAnswer(error)
    ctx.status = status
    ctx.body = json
  }
}

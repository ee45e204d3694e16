import { koaSession } from '@sojourn/session-koa'
import Koa, { type Middleware } from 'koa'
import { type Answer, errorAnswer, missing, notFound } from './answer'
import type { Framework } from './framework'
import { demoRequest } from './request'
import { answer } from './routes'
import { siteFile, siteHeaders } from './site'
import { isOpen, type Storage } from './storages'

/** The demo in Koa. */
export const koaDemo: Framework = ({ storages, about }) => {
  const app = new Koa()
  app.use(errors)
  for (const storage of storages) {
    // Skipped under other paths, so that a request opens a session in one storage only.
    if (isOpen(storage)) app.use(koaSession(storage.sessions, { skip: (ctx) => !isUnder(storage, ctx.path) }))
  }
  app.use(async (ctx) => {
    const storage = storages.find((candidate) => isUnder(candidate, ctx.path))
    if (!storage) return page(ctx, about)
    if (!isOpen(storage)) throw missing(storage)
    send(ctx, await answer(storage.sessions, storage.sessions.of(ctx), demoRequest(ctx.req, ctx.originalUrl)))
  })
  return app.callback()
}

const isUnder = ({ name }: Storage, path: string) => path === `/${name}` || path.startsWith(`/${name}/`)

const errors: Middleware = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    send(ctx, errorAnswer(error))
  }
}

function page(ctx: Koa.Context, about: () => unknown): void {
  const file = ctx.method === 'GET' ? siteFile(ctx.path) : undefined
  if (file) {
    ctx.set(siteHeaders)
    ctx.type = file.type
    ctx.body = file.body
  } else if (ctx.path === '/demo.json') {
    send(ctx, { status: 200, json: about() })
  } else {
    throw notFound(ctx.method, ctx.path)
  }
}

function send(ctx: Koa.Context, { status, json }: Answer): void {
  ctx.status = status
  ctx.body = json
}

import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Session } from '@sojourn/session-core'
import { type CarrierApp, type CarrierSuiteOptions, type Exchange, serveOnLoopback } from '@sojourn/session-testing'
import type Koa from 'koa'
import { koaSession, requireFresh, sameOriginOnly } from '../src'
import { versions } from './served'

/** The applications of the carrier suite on both major versions. */
export const adapters: CarrierSuiteOptions[] = versions.map(([name, Application]) => ({
  name,
  serve({ sessions, routes, onError }: CarrierApp) {
    const app = new Application()
    app.on('error', onError)
    for (const [index, manager] of sessions.entries()) {
      app.use(koaSession(manager, index === 0 ? {} : { property: `session${index + 1}` }))
    }
    app.use(async (ctx) => {
      const method = ctx.method === 'HEAD' ? 'GET' : ctx.method
      const route = routes.find((route) => route.method === method && route.path === ctx.path)
      const { fresh, sameOrigin } = route?.guards ?? {}
      const handle = async () => void (await route?.handler(exchangeOf(ctx)))
      const guarded = sameOrigin ? () => sameOriginOnly(sameOrigin)(ctx, handle) : handle
      await (fresh ? requireFresh(sessions[0], fresh)(ctx, guarded) : guarded())
    })
    return serveOnLoopback(createServer(app.callback()))
  },
}))

function exchangeOf(ctx: Koa.Context): Exchange {
  return {
    session: ctx.session as Session,
    of: (sessions) => sessions.of(ctx),
    method: ctx.method,
    url: ctx.url,
    header: (name) => ctx.get(name) || undefined,
    body: () => text(ctx.req),
    gone: () => new Promise((gone) => ctx.res.once('close', gone)),
    setHeader: (name, value) => ctx.set(name, value),
    send(status, body = null as never) {
      ctx.body = body
      ctx.status = status
    },
    json(value) {
      ctx.type = 'json'
      ctx.body = JSON.stringify(value)
    },
    redirect(url, body) {
      ctx.redirect(url)
      if (body !== undefined) ctx.body = body
    },
    stream(chunks) {
      ctx.body = Readable.from(chunks, { objectMode: false })
    },
    raw() {
      ctx.respond = false
      ctx.status = 200
      return ctx.res
    },
  }
}

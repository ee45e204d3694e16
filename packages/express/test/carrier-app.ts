import { createServer } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Session } from '@sojourn/session-core'
import { type CarrierApp, type CarrierSuiteOptions, type Exchange, serveOnLoopback } from '@sojourn/session-testing'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { expressSession, requireFresh, sameOriginOnly } from '../src'
import { versions } from './versions'

/** The applications of the carrier suite on both major versions. */
export const adapters: CarrierSuiteOptions[] = versions.map(([name, express]) => ({
  name,
  serve({ sessions, routes, onError }: CarrierApp) {
    const app = express()
    app.set('env', 'test')
    for (const [index, manager] of sessions.entries()) {
      app.use(expressSession(manager, index === 0 ? {} : { property: `session${index + 1}` }))
    }
    for (const { method, path, handler, guards } of routes) {
      const before: RequestHandler[] = []
      if (guards?.fresh) before.push(requireFresh(sessions[0], guards.fresh))
      if (guards?.sameOrigin) before.push(sameOriginOnly(guards.sameOrigin))
      app[method === 'GET' ? 'get' : 'post'](path, ...before, (req, res, next) => {
        // Express 4 ignores what a handler returns.
        handler(exchangeOf(req, res)).catch(next)
      })
    }
    app.use((error: unknown, _req: Request, _res: Response, next: NextFunction) => {
      onError(error)
      next(error)
    })
    return serveOnLoopback(createServer(app))
  },
}))

function exchangeOf(req: Request, res: Response): Exchange {
  return {
    session: req.session as Session,
    of: (sessions) => sessions.of(req),
    method: req.method,
    url: req.url,
    header: (name) => req.get(name),
    body: () => text(req),
    gone: () => new Promise((gone) => res.once('close', gone)),
    setHeader: (name, value) => res.set(name, value),
    send: (status, body) => (body === undefined ? res.status(status).end() : res.status(status).send(body)),
    json: (value) => res.json(value),
    redirect: (url, body) => (body === undefined ? res.redirect(url) : res.status(302).location(url).send(body)),
    stream: (chunks) => pipeline(Readable.from(chunks, { objectMode: false }), res, () => {}),
    raw: () => res,
  }
}

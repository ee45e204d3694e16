import { createServer, type Server } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import type { SessionManager } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import { fastifySession } from '@sojourn/session-fastify'
import { koaSession } from '@sojourn/session-koa'
import express, { type NextFunction, type Request, type Response } from 'express'
import Fastify from 'fastify'
import Koa from 'koa'
import { page, type SiteData } from './pages'

type Sessions = SessionManager<SiteData>
type OnError = (error: unknown) => void

const isStream = (answer: object): answer is Readable => 'pipe' in answer

function onExpress(sessions: Sessions, onError: OnError): Server {
  const app = express()
  app.use(expressSession(sessions))
  app.use(async (req: Request, res: Response) => {
    const answer = await page({ url: req.url, session: sessions.of(req), body: req })
    if (isStream(answer)) pipeline(answer, res, () => {})
    else res.json(answer)
  })
  app.use((error: { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    onError(error)
    res.status(error.status ?? 500).end()
  })
  return createServer(app)
}

function onKoa(sessions: Sessions, onError: OnError): Server {
  const app = new Koa()
  app.on('error', onError)
  app.use(koaSession(sessions))
  app.use(async (ctx) => {
    ctx.body = await page({ url: ctx.url, session: sessions.of(ctx), body: ctx.req })
  })
  return createServer(app.callback())
}

async function onFastify(sessions: Sessions, onError: OnError): Promise<Server> {
  const app = Fastify()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  await app.register(fastifySession, { sessions })
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    onError(error)
    return reply.code(error.statusCode ?? 500).send()
  })
  app.all('/*', (request) => {
    const body = (request.body ?? request.raw) as Readable
    return page({ url: request.url, session: sessions.of(request), body })
  })
  await app.ready()
  return app.server
}

/** Creates the same site with each framework. */
export const servers = async (sessions: Sessions, onError: OnError): Promise<Server[]> => [
  onExpress(sessions, onError),
  onKoa(sessions, onError),
  await onFastify(sessions, onError),
]

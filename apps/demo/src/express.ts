import { expressSession } from '@sojourn/session-express'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { type Answer, errorAnswer, missing, notFound } from './answer'
import type { Framework } from './framework'
import { demoRequest } from './request'
import { answer } from './routes'
import { siteFile, siteHeaders } from './site'
import { isOpen, type OpenStorage } from './storages'

/** The demo in Express. */
export const expressDemo: Framework = ({ storages, about }) => {
  const app = express()
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing')
  for (const storage of storages) {
    const path = `/${storage.name}`
    // Mounted under its path, so that a request opens a session in one storage only.
    if (isOpen(storage)) app.use(path, expressSession(storage.sessions), demo(storage))
    else app.use(path, (_req, _res, next) => next(missing(storage)))
  }
  app.get('/demo.json', (_req, res) => void res.json(about()))
  app.get('/{*path}', (req, res, next) => {
    const file = siteFile(req.path)
    if (file) res.set(siteHeaders).type(file.type).send(file.body)
    else next()
  })
  app.use((req, _res, next) => next(notFound(req.method, req.path)))
  app.use(errors)
  return app
}

const demo =
  ({ sessions }: OpenStorage): RequestHandler =>
  async (req, res) =>
    send(res, await answer(sessions, sessions.of(req), demoRequest(req, req.originalUrl)))

const errors: ErrorRequestHandler = (error, _req, res, _next) => send(res, errorAnswer(error))

function send(res: express.Response, { status, json }: Answer): void {
  res.status(status).json(json)
}

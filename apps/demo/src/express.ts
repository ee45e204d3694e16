import { expressSession } from '@sojourn/session-express'
import express, { type ErrorRequestHandler, Router } from 'express'
import { checkAccount, loginOptions } from './account'
import { errorAnswer, missing, notFound } from './answer'
import { checkKey, next, readJson } from './data'
import type { Framework } from './framework'
import { endOthers, endOwn, facts, listOwn, needsUser } from './own-sessions'
import { isOpen, type Sessions } from './storages'

/** The demo in Express. */
export const expressDemo: Framework = (storages) => {
  const app = express().disable('x-powered-by').disable('etag').enable('case sensitive routing')
  for (const storage of storages) {
    const path = `/${storage.name}`
    if (isOpen(storage)) app.use(path, expressSession(storage.sessions), routes(storage.sessions))
    else app.use(path, () => Promise.reject(missing(storage)))
  }
  app.use((req) => Promise.reject(notFound(req.method, req.path)))
  app.use(errors)
  return app
}

function routes(sessions: Sessions): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.all('/auth', async (req, res, skip) => {
    const session = sessions.of(req)
    if (req.method === 'GET' || req.method === 'POST') {
      await session.login(checkAccount(req), loginOptions(req))
      res.json({ subject: session.subject })
    } else if (req.method === 'DELETE') {
      await session.logout()
      res.json({ message: 'Logged out.' })
    } else skip()
  })
  router.get('/me', (req, res) => void res.json({ framework: 'Express', ...facts(sessions.of(req)) }))
  router.use((req, _res, go) => {
    needsUser(sessions.of(req))
    go()
  })
  router.get('/session', (req, res) => void res.json(facts(sessions.of(req))))
  router.put('/session/data/:key', async (req, res) => {
    const { data } = sessions.of(req)
    data[checkKey(req.params.key)] = await readJson(req)
    res.json({ data })
  })
  router.delete('/session/data/:key', (req, res) => {
    const { data } = sessions.of(req)
    delete data[checkKey(req.params.key)]
    res.json({ data })
  })
  router.post('/session/counter', async (req, res) => {
    res.json({ counter: await sessions.of(req).update('counter', next) })
  })
  router.get('/sessions', async (req, res) => void res.json({ sessions: await listOwn(sessions, sessions.of(req)) }))
  router.delete('/sessions', async (req, res) => void res.json({ ended: await endOthers(sessions, sessions.of(req)) }))
  router.delete('/sessions/:id', async (req, res) => {
    await endOwn(sessions, sessions.of(req), req.params.id)
    res.json({ ended: 1 })
  })
  return router
}

const errors: ErrorRequestHandler = (error, _req, res, _next) => {
  const { status, json } = errorAnswer(error)
  res.status(status).json(json)
}

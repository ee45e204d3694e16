import { fastifySession } from '@sojourn/session-fastify'
import fastify, { type FastifyPluginAsync, type FastifyReply } from 'fastify'
import { type Answer, errorAnswer, missing, notFound } from './answer'
import type { Framework } from './framework'
import { demoRequest } from './request'
import { answer } from './routes'
import { siteFile, siteHeaders } from './site'
import { isOpen, type Storage } from './storages'

/** The demo in Fastify. */
export const fastifyDemo: Framework = async ({ storages, about }) => {
  const app = fastify({ frameworkErrors: (error, _request, reply) => send(reply, errorAnswer(error)) })
  app.setErrorHandler((error, _request, reply) => send(reply, errorAnswer(error)))
  app.setNotFoundHandler((request, reply) => {
    const file = request.method === 'GET' ? siteFile(request.url.split('?')[0]!) : undefined
    if (!file) throw notFound(request.method, request.url)
    return reply.code(200).headers(siteHeaders).type(file.type).send(file.body)
  })
  app.get('/demo.json', () => about())
  for (const storage of storages) app.register(demo(storage), { prefix: `/${storage.name}` })
  await app.ready()
  return (req, res) => app.routing(req, res)
}

/** A Fastify context under the storage's path, so that a request opens a session in one storage only. */
const demo =
  (storage: Storage): FastifyPluginAsync =>
  async (scope) => {
    scope.removeAllContentTypeParsers()
    // The routes read the body themselves.
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    if (isOpen(storage)) scope.register(fastifySession, { sessions: storage.sessions })
    scope.all('/*', async (request, reply) => {
      if (!isOpen(storage)) throw missing(storage)
      const { sessions } = storage
      return send(reply, await answer(sessions, sessions.of(request), demoRequest(request.raw, request.url)))
    })
  }

const send = (reply: FastifyReply, { status, json }: Answer) => reply.code(status).send(json)

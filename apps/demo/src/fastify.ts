import { fastifySession } from '@sojourn/session-fastify'
import fastify, { type FastifyPluginAsync, type FastifyReply, type FastifyRequest } from 'fastify'
import { checkAccount, loginOptions } from './account'
import { errorAnswer, missing, notFound } from './answer'
import { checkKey, next, readJson } from './data'
import type { Framework } from './framework'
import { endOthers, endOwn, facts, listOwn, needsUser } from './own-sessions'
import { isOpen, type MissingStorage, type Sessions } from './storages'

/** The demo in Fastify. */
export const fastifyDemo: Framework = async (storages) => {
  const app = fastify({ frameworkErrors: errors })
  app.setErrorHandler(errors)
  app.setNotFoundHandler((request) => {
    throw notFound(request.method, request.url)
  })
  // The routes read the body themselves.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  for (const storage of storages) {
    app.register(isOpen(storage) ? routes(storage.sessions) : closed(storage), { prefix: `/${storage.name}` })
  }
  await app.ready()
  return app.routing
}

const routes =
  (sessions: Sessions): FastifyPluginAsync =>
  async (app) => {
    app.register(fastifySession, { sessions })
    app.route({
      method: ['GET', 'POST'],
      url: '/auth',
      handler: async (request) => {
        const session = sessions.of(request)
        await session.login(checkAccount(request.raw), loginOptions(request.raw))
        return { subject: session.subject }
      },
    })
    app.delete('/auth', async (request) => {
      await sessions.of(request).logout()
      return { message: 'Logged out.' }
    })
    app.get('/me', async (request) => ({ framework: 'Fastify', ...facts(sessions.of(request)) }))
    app.register(async (user) => {
      user.addHook('preHandler', async (request) => needsUser(sessions.of(request)))
      user.get('/session', async (request) => facts(sessions.of(request)))
      user.put<Key>('/session/data/:key', async (request) => {
        const { data } = sessions.of(request)
        data[checkKey(request.params.key)] = await readJson(request.raw)
        return { data }
      })
      user.delete<Key>('/session/data/:key', async (request) => {
        const { data } = sessions.of(request)
        delete data[checkKey(request.params.key)]
        return { data }
      })
      user.post('/session/counter', async (request) => ({
        counter: await sessions.of(request).update('counter', next),
      }))
      user.get('/sessions', async (request) => ({ sessions: await listOwn(sessions, sessions.of(request)) }))
      user.delete('/sessions', async (request) => ({ ended: await endOthers(sessions, sessions.of(request)) }))
      user.delete<Id>('/sessions/:id', async (request) => {
        await endOwn(sessions, sessions.of(request), request.params.id)
        return { ended: 1 }
      })
    })
  }

type Key = { Params: { key: string } }
type Id = { Params: { id: string } }

/** A storage that is missing answers every path with the reason. */
const closed =
  (storage: MissingStorage): FastifyPluginAsync =>
  async (app) =>
    void app.all('/*', () => Promise.reject(missing(storage)))

function errors(error: unknown, _request: FastifyRequest, reply: FastifyReply) {
  const { status, json } = errorAnswer(error)
  return reply.code(status).send(json)
}

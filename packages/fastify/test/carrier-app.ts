import { Readable } from 'node:stream'
import type { Session } from '@sojourn/session-core'
import type { CarrierApp, CarrierSuiteOptions, Exchange } from '@sojourn/session-testing'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { fastifySession, requireFresh, sameOriginOnly } from '../src'

/** The application of the carrier suite. */
export const adapter: CarrierSuiteOptions = {
  name: 'Fastify 5',
  async serve({ sessions, routes, onError }: CarrierApp) {
    const app = Fastify({ forceCloseConnections: true })
    app.addHook('onError', async (_request, _reply, error) => onError(error))
    for (const [index, manager] of sessions.entries()) {
      app.register(fastifySession, { sessions: manager, property: index === 0 ? 'session' : `session${index + 1}` })
    }
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.register(async (routed) => {
      for (const { method, path, handler, guards } of routes) {
        const onRequest = guards?.sameOrigin ? [sameOriginOnly(guards.sameOrigin)] : []
        const preHandler = guards?.fresh ? [requireFresh(sessions[0], guards.fresh)] : []
        routed.route({
          method,
          url: path,
          onRequest,
          preHandler,
          handler: (request, reply) => handler(exchangeOf(request, reply)),
        })
      }
    })
    return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
  },
}

function exchangeOf(request: FastifyRequest, reply: FastifyReply): Exchange {
  return {
    session: request.session as Session,
    of: (sessions) => sessions.of(request),
    method: request.method,
    url: request.url,
    header: (name) => request.headers[name]?.toString(),
    body: async () => String(request.body ?? ''),
    gone: () => new Promise((gone) => reply.raw.once('close', gone)),
    setHeader: (name, value) => reply.header(name, value),
    send: (status, text) => reply.code(status).send(text),
    json: (value) => reply.type('application/json').send(JSON.stringify(value)),
    redirect: (url, text) =>
      text === undefined ? reply.redirect(url) : reply.code(302).header('location', url).send(text),
    stream: (chunks) => reply.send(Readable.from(chunks, { objectMode: false })),
    raw: () => reply.hijack().raw,
  }
}

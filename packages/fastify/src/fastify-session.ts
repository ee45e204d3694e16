import type { Session, SessionManager } from '@sojourn/session-core'
import {
  alreadyOpen,
  answerError,
  checkMount,
  type HoldOptions,
  holdResponse,
  nodeCarrier,
  sessionAccessor,
} from '@sojourn/session-http'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { discardBody, forgetAnswer } from './forget-answer'

/** The options of {@link fastifySession}. */
export interface FastifySessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /** The manager that `createSessionManager(options)` returns. Required. */
  sessions: SessionManager<unknown>
  /**
   * The property of `request` that holds the session. A route whose config has this key set to false has no session. If you
   * register several managers, give each its own name.
   * @default 'session'
   */
  property?: string
  /**
   * Requests for which it returns true get no session and cost nothing.
   * @default no request is skipped
   * @example (request) => request.url.startsWith('/assets/')
   */
  skip?: (request: FastifyRequest) => boolean
}

const plugin: FastifyPluginAsync<FastifySessionOptions> = async (fastify, options) => {
  // Names of options are not checked: plugin loaders add some of their own.
  const {
    sessions,
    property = 'session',
    skip,
    maxHeldBytes,
  } = checkMount('fastifySession', options?.sessions, options)
  const opened = Symbol('session')
  type Request = FastifyRequest & { [opened]?: Session<unknown> }
  fastify.decorateRequest(opened, undefined)
  decorate(fastify, property, (request: Request) => request[opened])

  fastify.addHook('onRequest', async (request: Request, reply) => {
    const config = request.routeOptions.config as unknown as Record<string, unknown> | undefined
    if (config?.[property] === false || skip?.(request)) return
    // Fastify sets headers on the raw response at the very end, and handlers may answer on the raw response themselves. The
    // hold adds the session's headers in every case.
    const response = holdResponse(reply.raw, {
      commit: () => commit(request),
      onClose: () => commit(request),
      onError: (error) => answerFailedCommit(reply, error),
      maxHeldBytes,
    })
    const client = { secure: request.protocol === 'https', ip: request.ip }
    request[opened] = await sessions.open(nodeCarrier(request.raw, response, client), request)
  })

  // Commit here as well, so that an error goes to Fastify's error path while the reply can still be changed.
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (reply.raw.headersSent) return
    if (isResponse(payload)) reply.code(payload.status) // Fastify does the same after this hook.
    await commit(request)?.catch((error) => {
      forgetAnswer(reply)
      discardBody(payload)
      throw error
    })
  })

  function commit(request: Request): Promise<void> | undefined {
    const session = request[opened]
    return session && sessions.commit(session)
  }
}

function decorate(fastify: FastifyInstance, property: string, find: (request: FastifyRequest) => unknown): void {
  if (fastify.hasRequestDecorator(property)) throw alreadyOpen(taken(property))
  const { get: getter, set: setter } = sessionAccessor(`request.${property}`, find)
  fastify.decorateRequest(property, { getter, setter })
}

const taken = (property: string) =>
  `request.${property} exists already: another plugin uses it, or fastifySession is registered twice. ` +
  "Register it once, or choose another name: register(fastifySession, { sessions, property: '…' })."

/** Answers if the commit of a raw answer failed: by Fastify's error path, or directly if the reply was hijacked. */
function answerFailedCommit(reply: FastifyReply, error: unknown): void {
  if (reply.sent) {
    reply.log.error(error)
    answerError(reply.raw, error)
  } else {
    forgetAnswer(reply)
    reply.send(error)
  }
}

// The same test as Fastify's: there are several implementations of Response.
const isResponse = (payload: unknown): payload is Response =>
  Object.prototype.toString.call(payload) === '[object Response]'

/**
 * Plugin for Fastify 5. It puts the session of each request at `request.session`. The session is opened in `onRequest`, and
 * committed in `onSend`, or earlier if a handler sends headers on `reply.raw`. An error of the commit reaches
 * `setErrorHandler`.
 *
 * Registration rejects with a SessionConfigError if `sessions` is not a manager, and with a TypeError if requests have
 * that property already.
 * `onRequest` rejects with what `sessions.open` rejects with: 503 if the store is unavailable, `ERR_SESSION_ALREADY_OPEN` if
 * one manager is registered under two names or if two managers have the same cookie.
 * @example
 * await app.register(fastifySession, { sessions })
 * app.post('/login', (request) => request.session.login('ada'))
 */
export const fastifySession = fp(plugin, { fastify: '5.x', name: '@sojourn/session-fastify' })

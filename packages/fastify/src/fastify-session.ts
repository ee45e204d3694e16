import type { Session, SessionManager } from '@sojourn/session-core'
import {
  answerError,
  checkMount,
  type HoldOptions,
  holdResponse,
  nodeCarrier,
  sessionAccessor,
} from '@sojourn/session-http'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { forgetAnswer, forgetBody } from './forget-answer'

/** What `request.session.data` holds. Augment it where one shape serves the whole application; else use `sessions.of(request)`. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented.
export interface SessionData {}

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's session; undefined where `skip` or the route's config says so. `sessions.of(request)` is the same, typed by its manager. */
    session: Session<SessionData>
  }
  interface FastifyContextConfig {
    /** False: this route has no session. A manager under another `property` looks for its own name. */
    session?: boolean
  }
}

/** What {@link fastifySession} is registered with. */
export interface FastifySessionOptions extends Pick<HoldOptions, 'maxHeldBytes'> {
  /** What `createSessionManager` made. Required. */
  sessions: SessionManager<unknown>
  /**
   * The name on `request` under which handlers find the session, and in a route's config, where false means that the
   * route has none. Several managers need several names. Default `session`.
   */
  property?: string
  /** Requests for which it is true have no session, and cost nothing. Default none. */
  skip?: (request: FastifyRequest) => boolean
}

const plugin: FastifyPluginAsync<FastifySessionOptions> = async (fastify, options) => {
  const { sessions, property = 'session', skip, maxHeldBytes } = options
  // Not the options' names: loaders of plugins add some of their own.
  checkMount('fastifySession, by its option sessions,', sessions)
  const opened = Symbol('session')
  type Request = FastifyRequest & { [opened]?: Session<unknown> }
  fastify.decorateRequest(opened, undefined)
  decorate(fastify, property, (request: Request) => request[opened])

  fastify.addHook('onRequest', async (request: Request, reply) => {
    const config = request.routeOptions.config as unknown as Record<string, unknown> | undefined
    if (config?.[property] === false || skip?.(request)) return
    // Fastify gives the raw response its own headers at the very end, and handlers may answer on the raw response
    // themselves: whoever sends the headers, this puts ours among them.
    const response = holdResponse(reply.raw, {
      commit: () => commit(request),
      onError: (error) => fail(reply, error),
      maxHeldBytes,
    })
    const client = { secure: request.protocol === 'https', ip: request.ip }
    request[opened] = await sessions.open(nodeCarrier(request.raw, response, client), request)
  })

  // Here rather than in the hold, so that what fails goes to Fastify's error path before anything of the reply is gone.
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (reply.raw.headersSent) return
    if (isResponse(payload)) reply.code(payload.status) // as Fastify is about to do
    await commit(request)?.catch((error) => {
      forgetAnswer(reply)
      forgetBody(payload)
      throw error
    })
  })

  function commit(request: Request): Promise<void> | undefined {
    const session = request[opened]
    return session && sessions.commit(session)
  }
}

function decorate(fastify: FastifyInstance, property: string, find: (request: FastifyRequest) => unknown): void {
  if (fastify.hasRequestDecorator(property)) throw new TypeError(taken(property))
  const { get: getter, set: setter } = sessionAccessor(`request.${property}`, find)
  fastify.decorateRequest(property, { getter, setter })
}

const taken = (property: string) =>
  `request.${property} is taken: another plugin uses it, or this one is registered twice. ` +
  "Register it once, or choose another name: register(fastifySession, { sessions, property: '…' })."

/** A raw answer could not be committed. Fastify's error path answers, unless the reply was taken out of its hands. */
function fail(reply: FastifyReply, error: unknown): void {
  if (reply.sent) {
    reply.log.error(error)
    answerError(reply.raw, error)
  } else {
    forgetAnswer(reply)
    reply.send(error)
  }
}

// Like Fastify itself: there is more than one implementation of it.
const isResponse = (payload: unknown): payload is Response =>
  Object.prototype.toString.call(payload) === '[object Response]'

/**
 * Gives every request its session, as `request.session` and as `sessions.of(request)`: opened in `onRequest`, committed
 * in `onSend`, or when a handler sends headers on `reply.raw`. A commit that fails reaches `setErrorHandler`.
 *
 * Registration fails with a TypeError where `sessions` is no manager, and where requests have that property already.
 * `onRequest` rejects with what `sessions.open` rejects with: 503 where sessions cannot be reached,
 * `ERR_SESSION_ALREADY_OPEN` where one manager is registered under two names, or another one has the same cookie.
 */
export const fastifySession = fp(plugin, { fastify: '5.x', name: '@sojourn/session-fastify' })

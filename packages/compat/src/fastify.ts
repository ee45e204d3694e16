import type { SessionManager } from '@sojourn/session-core'
import { type FastifySessionOptions, fastifySession } from '@sojourn/session-fastify/bare'
import type { FastifyPluginAsync, FastifyRequest, Session as SessionData } from 'fastify'
import fp from 'fastify-plugin'
import { bagBehind, SessionObject, type Shape, settle } from './bag'
import { bagManager, bagOf } from './mount'
import { type CompatOptions, readSettings } from './options'
import { sessionStore } from './session-store'

/** What `request.session` is: the types are those of @fastify/session. */
export type { FastifySessionObject } from '@fastify/session'
export type { CompatEvent } from './events'
export type { CompatOptions, SubjectData } from './options'

/** The options of {@link compatSession}. */
export interface CompatSessionOptions
  extends CompatOptions<SessionData>,
    Pick<FastifySessionOptions, 'skip' | 'maxHeldBytes'> {
  /** The manager that `createSessionManager(options)` returns. Required. */
  // biome-ignore lint/suspicious/noExplicitAny: of any data: a plugin's options cannot be generic
  sessions: SessionManager<any>
}

type Callback = (error?: unknown) => void
type Values = Record<string, unknown>

// The methods of @fastify/session.
class FastifySession extends SessionObject {
  get sessionId() {
    return bagBehind(this).handle.id
  }

  get encryptedSessionId() {
    return bagBehind(this).handle.id
  }

  get(name: string) {
    return (this as unknown as Values)[name]
  }

  set(name: string, value: unknown) {
    ;(this as unknown as Values)[name] = value
  }

  options({ maxAge, expires, ...attributes }: Values) {
    const { cookie } = this as unknown as { cookie: Values }
    if (maxAge !== undefined) cookie.maxAge = maxAge
    else if (expires !== undefined) cookie.expires = expires
    Object.assign(cookie, attributes)
  }

  regenerate(keep?: readonly string[] | Callback, callback?: Callback) {
    const [names, done] = typeof keep === 'function' ? [[], keep] : [keep ?? [], callback]
    return settle(bagBehind(this).regenerate(names), this, done)
  }

  destroy(callback?: Callback) {
    return settle(bagBehind(this).destroy(), this, callback)
  }

  reload(callback?: Callback) {
    return settle(bagBehind(this).reload(), this, callback)
  }

  save(callback?: Callback) {
    return settle(bagBehind(this).save(), this, callback)
  }

  touch() {
    bagBehind(this).touch()
  }

  isModified() {
    return bagBehind(this).isModified()
  }

  isSaved() {
    return !bagBehind(this).handle.isNew && !bagBehind(this).isModified()
  }
}

const SHAPE: Shape = { Session: FastifySession, hasCookie: true, tellsModified: true, isData: () => true }

const plugin: FastifyPluginAsync<CompatSessionOptions> = async (fastify, options) => {
  const { sessions, ...others } = options
  const { settings, rest } = readSettings('compatSession', sessions as never, others as never, ['skip', 'maxHeldBytes'])
  const manager = bagManager(sessions, settings, SHAPE)
  fastify.decorateRequest('session', {
    getter(this: FastifyRequest) {
      return (bagOf(this)?.session ?? null) as never
    },
    setter(this: FastifyRequest, value: unknown) {
      bagOf(this)?.replace(value)
    },
  } as never)
  const store = sessionStore(sessions)
  fastify.decorateRequest('sessionStore', { getter: () => store } as never)
  await fastify.register(fastifySession, {
    ...rest,
    sessions: manager as unknown as SessionManager<unknown>,
    property: 'sojournSession',
  })
}

/**
 * Plugin that takes the place of @fastify/session: `request.session` is a property bag with `get`, `set`, `options`,
 * `regenerate(keep)`, `destroy`, `reload`, `save` and `touch`, as @fastify/passport and others expect it. The methods take a callback,
 * or return a promise. The strict handle of the same session is `sessions.of(request)`.
 *
 * What is stored, and when, is decided as with `fastifySession`. `regenerate` yields an empty session under a new token, but for the
 * keys that are to be kept. A request that comes late to a session that has ended changes nothing, and fails with
 * `ERR_SESSION_ENDED` (409). A route whose config has `sojournSession: false` has no session.
 * @example
 * await fastify.register(compatSession, { sessions, subject: (data) => data.passport })
 * await fastify.register(passport.secureSession())
 * @throws SessionConfigError if `sessions` is not a manager, and naming an option that is unknown or has its place elsewhere.
 */
export const compatSession = fp(plugin, { name: '@sojourn/session-compat', fastify: '5.x' })

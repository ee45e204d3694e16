import type { SessionManager } from '@sojourn/session-core'
import { type ExpressSessionOptions, expressSession } from '@sojourn/session-express/bare'
import type { Request, RequestHandler } from 'express'
import type { SessionData } from 'express-session'
import { bagBehind, SessionObject, type Shape, settle } from './bag'
import { alreadyOpen, bagManager, bagOf } from './mount'
import { type CompatOptions, readSettings } from './options'
import { sessionStore } from './session-store'

export type { CompatEvent } from './events'
export type { CompatOptions, SubjectData } from './options'

/** The options of {@link compatSession}. */
export interface CompatSessionOptions
  extends CompatOptions<SessionData>,
    Pick<ExpressSessionOptions, 'skip' | 'trustProxy' | 'maxHeldBytes'> {}

type Callback = (error?: unknown) => void

// The methods of express-session. They return the session if they are given a callback, else a promise.
class ExpressSession extends SessionObject {
  get id() {
    return bagBehind(this).handle.id
  }

  regenerate(callback?: Callback) {
    return settle(bagBehind(this).regenerate(), this, callback)
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
    return this
  }

  resetMaxAge() {
    return this
  }
}

const SHAPE: Shape = { Session: ExpressSession, hasCookie: true, isData: () => true }

const session: PropertyDescriptor & ThisType<Request> = {
  enumerable: true,
  configurable: true,
  get() {
    return bagOf(this)!.session ?? undefined
  },
  set(value) {
    bagOf(this)!.replace(value)
  },
}

const sessionID: PropertyDescriptor & ThisType<Request> = {
  enumerable: true,
  configurable: true,
  get() {
    return bagOf(this)!.handle.id
  },
}

/**
 * Middleware that takes the place of express-session's: `req.session` is a property bag with `id`, `cookie`, `regenerate`,
 * `destroy`, `reload`, `save` and `touch`, as Passport, connect-flash and other packages expect it. The methods take a callback, or
 * return a promise. The strict handle of the same session is `sessions.of(req)`.
 *
 * What is stored, and when, is decided as with `expressSession(sessions)`: before the first byte leaves, and not with a status of
 * 500 and above. `regenerate` yields an empty session under a new token. A request that comes late to a session that has ended
 * changes nothing, and fails with `ERR_SESSION_ENDED` (409).
 *
 * These errors go to the application's error middleware: a session that cannot be opened (503) or stored, and a `req.session`
 * that exists already.
 * @example
 * app.use(compatSession(sessions, { subject: (data) => data.passport?.user }))
 * app.use(passport.session())
 * @throws SessionConfigError if `sessions` is not a manager, and naming an option that is unknown or has its place elsewhere.
 */
export function compatSession<Data>(
  sessions: SessionManager<Data>,
  options: CompatSessionOptions = {},
): RequestHandler {
  const { settings, rest } = readSettings('compatSession', sessions as never, options as never, [
    'skip',
    'trustProxy',
    'maxHeldBytes',
  ])
  const manager = bagManager(sessions, settings, SHAPE)
  const middleware = expressSession(manager, { ...rest, property: 'sojournSession' })
  const store = { value: sessionStore(sessions), configurable: true }
  return (req, res, next) => {
    if ('session' in req) return next(alreadyOpen('req.session', 'express-session'))
    return middleware(req, res, (error?: unknown) => {
      if (!error && bagOf(req)) Object.defineProperties(req, { session, sessionID, sessionStore: store })
      next(error)
    })
  }
}

import type { SessionManager } from '@sojourn/session-core'
import { type KoaSessionOptions, koaSession } from '@sojourn/session-koa/bare'
import type { Context, Middleware } from 'koa'
import { bagBehind, SessionObject, type Shape, settle } from './bag'
import { alreadyOpen, bagManager, bagOf } from './mount'
import { type CompatOptions, readSettings } from './options'

export type { CompatEvent } from './events'
export type { CompatOptions, SubjectData } from './options'

/** The options of {@link compatSession}. */
export interface CompatSessionOptions extends CompatOptions, Pick<KoaSessionOptions, 'skip' | 'maxHeldBytes'> {}

type Callback = (error?: unknown) => void

// The methods and properties of koa-session.
class KoaSession extends SessionObject {
  get isNew() {
    return bagBehind(this).handle.isNew
  }

  get length() {
    return Object.keys(bagBehind(this).values()).length
  }

  get populated() {
    return this.length > 0
  }

  get maxAge(): number | 'session' {
    return bagBehind(this).lifetime.length ?? 'session'
  }

  set maxAge(ms: number | 'session' | undefined) {
    bagBehind(this).lifetime.ask(typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined)
  }

  get externalKey() {
    return bagBehind(this).handle.id
  }

  save(callback?: Callback) {
    return settle(bagBehind(this).save(), this, callback)
  }

  regenerate(callback?: Callback) {
    return settle(bagBehind(this).renew(), this, callback)
  }

  manuallyCommit() {
    return bagBehind(this).save()
  }

  toJSON() {
    return bagBehind(this).values()
  }
}

// koa-session does not store what begins with an underscore.
const isData = (name: string, value: unknown) => !name.startsWith('_') && typeof value !== 'function'

const SHAPE: Shape = { Session: KoaSession, hasCookie: false, isData }

const session: PropertyDescriptor & ThisType<Context> = {
  enumerable: true,
  configurable: true,
  get() {
    return bagOf(this)!.session
  },
  set(value) {
    bagOf(this)!.replace(value)
  },
}

/**
 * Middleware that takes the place of koa-session's: `ctx.session` is a property bag with `isNew`, `populated`, `maxAge`,
 * `regenerate` and `save`, as koa-passport and others expect it; `ctx.session = null` ends it. The strict handle of the same session
 * is `sessions.of(ctx)`.
 *
 * As with koa-session, `regenerate` gives what the session holds a new token. What is stored, and when, is decided as with
 * `koaSession(sessions)`. A request that comes late to a session that has ended changes nothing, and fails with
 * `ERR_SESSION_ENDED` (409).
 * @example
 * app.use(compatSession(sessions, { subject: (data) => data.passport?.user }))
 * app.use(passport.session())
 * @throws SessionConfigError if `sessions` is not a manager, and naming an option that is unknown or has its place elsewhere.
 */
export function compatSession<Data>(sessions: SessionManager<Data>, options: CompatSessionOptions = {}): Middleware {
  const { settings, rest } = readSettings('compatSession', sessions as never, options as never, [
    'skip',
    'maxHeldBytes',
  ])
  const manager = bagManager(sessions, settings, SHAPE)
  const middleware = koaSession(manager, { ...rest, property: 'sojournSession' })
  return (ctx, next) => {
    if ('session' in ctx) throw alreadyOpen('ctx.session', 'koa-session')
    return middleware(ctx, () => {
      if (bagOf(ctx)) Object.defineProperty(ctx, 'session', session)
      return next()
    })
  }
}

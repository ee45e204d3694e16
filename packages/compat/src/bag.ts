import { type HttpCarrier, isSessionError, type Session, type SessionPolicy } from '@sojourn/session-core'
import { subjectFrom } from '#check'
import { bend } from './bend'
import { SessionCookie } from './cookie'
import { Lifetime } from './lifetime'
import type { Settings } from './options'

/** How a library's session object looks. */
export interface Shape {
  /** Its class: the library's methods. */
  readonly Session: new (
    bag: Bag,
  ) => SessionObject
  /** Whether it tells if it was modified. */
  readonly tellsModified?: boolean
  /** Whether it has a `cookie`. */
  readonly hasCookie: boolean
  /** Whether a property is data: the library stores it. */
  isData(name: string, value: unknown): boolean
}

/** A mount's shape, settings and policy: the same for all its requests. */
export interface Mount {
  readonly shape: Shape
  readonly settings: Settings
  readonly policy: SessionPolicy
}

type Values = Record<string, unknown>

/** A session object of a library. Its values are own properties; the bag behind it is no property, so no copy has it. */
export class SessionObject {
  readonly #bag: Bag

  constructor(bag: Bag) {
    this.#bag = bag
  }

  static bag(session: SessionObject): Bag {
    return session.#bag
  }
}

/** The bag behind a session object. */
export const bagBehind = (session: SessionObject): Bag => SessionObject.bag(session)

/**
 * One request's session, shown as a property bag. The bag's values become `data` of the strict handle when the session is stored:
 * at the end of the response, by `save`, and by what replaces the token.
 */
export class Bag {
  readonly lifetime: Lifetime
  /** What a handler sees; undefined before it looks, null after the session was ended. */
  private shown: Values | null | undefined
  /** The values that it was made of. */
  private loaded = new Map<string, unknown>()
  private subject: string | undefined
  /** What is stored, as text. */
  private stored = ''
  private mustTouch = false
  private isDestroyed = false
  private hasFailed = false
  private queue: Promise<unknown> | undefined

  constructor(
    readonly handle: Session,
    private readonly carrier: HttpCarrier,
    private readonly mount: Mount,
  ) {
    this.lifetime = new Lifetime(handle, mount.policy, mount.settings.events)
  }

  /** The session object; null after its end. */
  get session(): Values | null {
    if (this.shown === undefined) this.show()
    return this.shown!
  }

  /** A handler assigns to the request's property: nothing ends the session, an object takes the place of its values. */
  replace(value: unknown): void {
    if (typeof value !== 'object' || value === null) {
      this.shown = null
      return
    }
    if (value === this.shown) return
    // What the new values replace must be known, also if no handler has read it.
    if (this.shown === undefined) this.show()
    const { loaded, subject } = this
    this.show({ ...value })
    Object.assign(this, { loaded, subject })
  }

  private show(values: Values = this.handle.data as Values): void {
    const { shape, settings, policy } = this.mount
    const session = new shape.Session(this) as unknown as Values
    if (shape.hasCookie) session.cookie = new SessionCookie(this.lifetime, policy, settings.events)
    // A method keeps its name, as with the other libraries. What the library would not store, it does not show.
    const isFree = (name: string) =>
      name !== '__proto__' && shape.isData(name, values[name]) && (!(name in session) || name in Object.prototype)
    const entries = Object.entries(values).filter(([name]) => isFree(name))
    for (const [name, value] of entries) session[name] = value
    this.shown = session
    this.loaded = new Map(entries)
    this.noteStored()
    this.subject = this.subjectNow()
  }

  /** Whether it could not be stored: the answer that reports the error must not store its values either. */
  get isRefused(): boolean {
    return this.hasFailed && !!this.shown
  }

  /** What the library would store. Without a prototype: a subject is never read from `Object.prototype`. */
  values(): Values {
    const { hasCookie, isData } = this.mount.shape
    const values: Values = Object.create(null)
    const { shown } = this
    if (!shown) return values
    for (const name of Object.keys(shown)) {
      if (!(hasCookie && name === 'cookie') && isData(name, shown[name])) values[name] = shown[name]
    }
    return values
  }

  private subjectNow(values?: Values): string | undefined {
    const { subject } = this.mount.settings
    return subject && subjectFrom(subject(values ?? this.values()))
  }

  /** Before the headers leave. Undefined: there is nothing to wait for. */
  commit(): Promise<void> | undefined {
    if (this.queue) return this.queue.then(() => this.commit())
    const { carrier } = this
    if (this.hasFailed) return undefined
    if (carrier.headersSent || carrier.statusCode >= 500 || carrier.aborted) return this.drop()
    if (!this.mount.settings.saveUninitialized && this.shown === undefined && !this.mustTouch) return undefined
    const failed = (error: unknown) => {
      this.hasFailed = true
      throw error
    }
    try {
      return this.store()?.catch(failed)
    } catch (error) {
      return Promise.resolve(error).then(failed)
    }
  }

  /** The response stores no change, and the strict handle reports those that are lost. A session can still end: that needs no response. */
  private drop(): Promise<void> | undefined {
    const { carrier, shown } = this
    try {
      if (shown) this.toData()
      if (shown === null && carrier.statusCode < 500 && !this.isDestroyed) return this.end()
    } catch {
      // A value that cannot be stored would not be stored anyway.
    }
    return undefined
  }

  /** Hands what has changed to the strict handle. Undefined: it was done at once, and the handle's commit stores it. */
  private store(): Promise<void> | undefined {
    if (this.shown === null || this.lifetime.isOver) return this.isDestroyed ? undefined : this.end()
    const subject = this.shown ? this.subjectNow() : this.subject
    const isSame = subject === this.subject
    const { loaded } = this
    const before = isSame ? undefined : { ...(this.handle.data as Values) }
    if (this.shown) this.toData()
    const isBegun = !this.mount.settings.saveUninitialized || !this.handle.isNew
    if (isSame && isBegun && !this.lifetime.isChanged && !this.mustTouch) return undefined
    return this.apply(subject).catch((error) => {
      // The login or logout failed: no later write may store its values under the old token.
      if (before && subject !== this.subject) {
        this.handle.data = before
        this.loaded = loaded
      }
      throw error
    })
  }

  /** `subject`: whom the values name. */
  private async apply(subject: string | undefined): Promise<void> {
    const { handle, lifetime } = this
    if (subject !== this.subject) {
      const data = this.handle.data
      if (subject !== undefined) await handle.login(subject, { idle: lifetime.idle })
      else if (handle.subject !== undefined) {
        lifetime.carry(handle.idle)
        await handle.regenerate({ empty: true })
      }
      // Where the login began another session, or ended one, the values stay all the same.
      handle.data = { ...data }
      this.subject = subject
    }
    // Without a session to keep them for, these are worth no error.
    if (handle.isNew && NO_SESSION.includes(handle.outcome)) return
    if (lifetime.isChanged) await handle.setIdle(lifetime.idle)
    if (!handle.isNew) lifetime.stored()
    if (this.mustTouch) await handle.touch()
    this.mustTouch = false
    if (this.mount.settings.saveUninitialized && handle.isNew) await handle.update(BEGUN, () => undefined)
  }

  /** Only what differs: the strict handle may have changed other keys. */
  private toData(): void {
    const { events } = this.mount.settings
    const data = this.handle.data as Values
    const values = this.values()
    const report = (path: string) =>
      events.emit('bent', path, `JSON does not keep ${path} as it is: the next request reads another value.`)
    // All of them first: if one cannot be stored, none is.
    const bent = Object.entries(values).map(([name, value]) => [name, bend(value, `session.${name}`, report)] as const)
    for (const [name, value] of bent) {
      if (value === undefined) delete values[name]
      else if (value !== values[name] || this.loaded.get(name) !== value) data[name] = value
    }
    for (const name of this.loaded.keys()) if (!Object.hasOwn(values, name)) delete data[name]
    this.loaded = new Map(Object.entries(values))
  }

  private noteStored(): void {
    if (this.mount.shape.tellsModified) this.stored = JSON.stringify(this.values())
  }

  /** Where the shape tells it: whether it holds something else than what was read or stored. */
  isModified(): boolean {
    return JSON.stringify(this.values()) !== this.stored
  }

  /** Runs the methods of one request one after another. */
  private enqueue<T>(method: () => Promise<T>): Promise<T> {
    const result = (this.queue ?? Promise.resolve()).then(method)
    const done = () => {
      if (this.queue === last) this.queue = undefined
    }
    const last = result.then(done, done)
    this.queue = last
    // Other libraries' methods are called without awaiting them: the failure of one must not end the process.
    result.catch(() => {})
    return result
  }

  save(): Promise<void> {
    return this.enqueue(async () => {
      await this.store()
      await this.handle.save()
      this.noteStored()
    })
  }

  /** A new token, and an empty session but for the keys in `keep`. */
  regenerate(keep: readonly string[] = []): Promise<void> {
    return this.enqueue(async () => {
      const kept = Object.fromEntries(Object.entries(this.values()).filter(([name]) => keep.includes(name)))
      const { lifetime, subject } = this
      const { idle } = lifetime
      // A new token is no login: whom the kept values name stays logged in as before.
      const staysLoggedIn = subject !== undefined && this.subjectNow(kept) === subject
      await this.handle.regenerate({ empty: !staysLoggedIn }).catch(unlessALoginMayFollow)
      this.handle.data = {}
      this.isDestroyed = false
      lifetime.carry(idle)
      this.show({})
      if (staysLoggedIn) this.subject = subject
      Object.assign(this.shown!, kept)
    })
  }

  /** A new token for what the session holds. */
  renew(): Promise<void> {
    return this.enqueue(async () => {
      await this.store()
      await this.handle.regenerate().catch(unlessALoginMayFollow)
    })
  }

  /** Reads the session again, into a new object. */
  reload(): Promise<void> {
    return this.enqueue(async () => {
      if (this.handle.isNew) throw new Error('failed to load session')
      await this.handle.reload()
      this.show()
    })
  }

  touch(): void {
    this.mustTouch = true
  }

  destroy(): Promise<void> {
    return this.enqueue(async () => {
      this.shown = null
      await this.end()
    })
  }

  private async end(): Promise<void> {
    this.shown = null
    await this.handle.destroy()
    this.isDestroyed = true
  }
}

/**
 * A login form that was sent twice, or that another site has posted: there is no session of which the token could change, and
 * the login that follows begins one. Anything else that follows fails when it is stored.
 */
function unlessALoginMayFollow(error: unknown): void {
  if (!isSessionError(error, 'ERR_SESSION_ENDED') && !isSessionError(error, 'ERR_SESSION_WITHHELD')) throw error
}

/** Outcomes with which no anonymous session can begin. */
const NO_SESSION: readonly string[] = ['withheld', 'unavailable']

/** A key that is never stored. */
const BEGUN = 'begun'

/** A method of another library: with a callback it returns `session`, else a promise. */
export function settle<T extends object>(promise: Promise<void>, session: T, callback: unknown): T | Promise<void> {
  if (typeof callback !== 'function') return promise
  // Outside the promise: what the callback throws is its caller's error, and no unhandled rejection.
  promise.then(
    () => queueMicrotask(() => callback()),
    (error) => queueMicrotask(() => callback(error)),
  )
  return session
}

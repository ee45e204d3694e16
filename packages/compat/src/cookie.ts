import type { SessionPolicy } from '@sojourn/session-core'
import type { CompatEvents } from './events'
import type { Lifetime } from './lifetime'

const ATTRIBUTES = ['path', 'domain', 'httpOnly', 'secure', 'sameSite', 'partitioned', 'priority'] as const

type Attribute = (typeof ATTRIBUTES)[number]

/** `session.cookie` of express-session and @fastify/session. Its lifetime is the session's own; the attributes are read only. */
export class SessionCookie {
  readonly #lifetime: Lifetime
  readonly #policy: SessionPolicy
  readonly #events: CompatEvents

  constructor(lifetime: Lifetime, policy: SessionPolicy, events: CompatEvents) {
    this.#lifetime = lifetime
    this.#policy = policy
    this.#events = events
  }

  static attribute(cookie: SessionCookie, name: Attribute): unknown {
    return cookie.#policy.cookie[name]
  }

  static ignore(cookie: SessionCookie, name: Attribute, value: unknown): void {
    if (value === cookie.#policy.cookie[name]) return
    const message = `session.cookie.${name} has no effect: the manager's cookie.${name} is that of every session.`
    cookie.#events.emit('no-effect', `cookie.${name}`, message)
  }

  get maxAge(): number | null {
    return this.#lifetime.left ?? null
  }

  set maxAge(ms: number | Date | null | undefined) {
    if (ms instanceof Date) this.expires = ms
    else if (ms && typeof ms !== 'number') throw new TypeError('maxAge must be a number or Date')
    else this.#lifetime.ask(typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined)
  }

  get originalMaxAge(): number | null {
    return this.#lifetime.length ?? null
  }

  set originalMaxAge(ms: number | null | undefined) {
    this.maxAge = ms
  }

  get expires(): Date | null {
    const { left } = this.#lifetime
    return left === undefined ? null : new Date(Date.now() + left)
  }

  set expires(date: Date | string | boolean | null | undefined) {
    const at = date ? new Date(date as Date | string).getTime() : Number.NaN
    this.#lifetime.ask(Number.isNaN(at) ? undefined : at - Date.now())
  }

  toJSON(): object {
    const { originalMaxAge, expires } = this
    const attributes = ATTRIBUTES.map((name) => [name, SessionCookie.attribute(this, name)])
    return { originalMaxAge, expires, ...Object.fromEntries(attributes) }
  }
}

// Accessors of the class, because a session object is made for each request.
for (const name of ATTRIBUTES) {
  Object.defineProperty(SessionCookie.prototype, name, {
    enumerable: true,
    get(this: SessionCookie) {
      return SessionCookie.attribute(this, name)
    },
    set(this: SessionCookie, value: unknown) {
      SessionCookie.ignore(this, name, value)
    },
  })
}

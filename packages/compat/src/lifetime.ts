import type { Session, SessionPolicy } from '@sojourn/session-core'
import type { CompatEvents } from './events'

const FOREVER = 400 * 86_400_000

/** The lifetime that one request sees and sets: `maxAge` of the other libraries, in milliseconds. */
export class Lifetime {
  /** What a handler asked for, in seconds; `configured` for that of the manager. */
  private asked: number | 'configured' | undefined
  /** A handler asked for an end in the past. */
  isOver = false

  constructor(
    private readonly handle: Session,
    private readonly policy: SessionPolicy,
    private readonly events: CompatEvents,
  ) {}

  /** How long the session lives after a request, in ms; undefined if its cookie goes with the browser. */
  get length(): number | undefined {
    const own = this.asked ?? this.handle.idle ?? 'configured'
    if (own !== 'configured') return own * 1000
    const { cookie, timeouts } = this.policy
    return cookie.persistent && timeouts.idle > 0 ? timeouts.idle * 1000 : undefined
  }

  /** What is left of it, in ms. */
  get left(): number | undefined {
    const { length } = this
    if (length === undefined || this.asked !== undefined || this.handle.isNew) return length
    return Math.min(length, this.handle.remaining.idle * 1000)
  }

  /** Undefined: the manager's own again. */
  ask(ms: number | undefined): void {
    this.isOver = ms !== undefined && ms <= 0
    if (ms === undefined) this.asked = 'configured'
    if (ms === undefined || ms <= 0) return
    const { timeouts } = this.policy
    const longest = timeouts.longest * 1000 || FOREVER
    for (const [clock, most] of [
      ['longest', longest],
      ['absolute', timeouts.absolute * 1000 || FOREVER],
    ] as const) {
      if (ms <= most) continue
      const message = `A session asked for ${ms} ms, and timeouts.${clock} ends it after ${most / 1000} s.`
      this.events.emit('bounded', 'maxAge', message)
    }
    if (!this.policy.cookie.persistent) {
      const message =
        "A session has a maxAge, and the manager's cookie goes with the browser: set cookie.persistent to true."
      this.events.emit('not-persistent', 'maxAge', message)
    }
    this.asked = Math.min(ms, longest) / 1000
  }

  /** In seconds, as a login states it. */
  get idle(): number | undefined {
    const own = this.asked ?? this.handle.idle
    return own === 'configured' ? undefined : own
  }

  /** Whether the session must be given another lifetime. */
  get isChanged(): boolean {
    return this.asked !== undefined && this.idle !== this.handle.idle
  }

  stored(): void {
    this.asked = undefined
  }

  /** After a logout, what follows in this request lives as long. */
  carry(idle: number | undefined): void {
    if (idle !== undefined) this.asked ??= idle
  }
}

/** What a session object of another library asks for, and does not get here. Each is reported once per mount and name. */
export interface CompatEvent {
  /**
   * - `bent`: JSON changes a value, so the next request reads another one. `name` is its path.
   * - `no-effect`: an option, or an attribute of a cookie, that has no effect here.
   * - `bounded`: a `maxAge` that is longer than `timeouts.longest` or `timeouts.absolute` allows.
   * - `not-persistent`: a `maxAge` was set, and the manager's cookie ends with the browser.
   * - `costly`: `saveUninitialized` stores a row and sends a cookie for every visitor.
   */
  readonly type: 'bent' | 'no-effect' | 'bounded' | 'not-persistent' | 'costly'
  /** What it is about: the path of a value, the name of an option or of an attribute. */
  readonly name: string
  /** What happens, and what to do. */
  readonly message: string
}

/** Names may come from requests: no more are remembered. */
const MAX_NAMES = 200

/** Reports each event once. Without an observer it is a warning of the process. */
export class CompatEvents {
  private readonly reported = new Set<string>()

  constructor(private readonly observer: ((event: CompatEvent) => void) | undefined) {}

  emit(type: CompatEvent['type'], name: string, message: string): void {
    const key = `${type} ${name}`
    if (this.reported.has(key) || this.reported.size >= MAX_NAMES) return
    this.reported.add(key)
    try {
      if (!this.observer) process.emitWarning(message, 'SojournWarning')
      this.observer?.({ type, name, message })
    } catch {
      // An observer that throws harms no request.
    }
  }
}

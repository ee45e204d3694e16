import type { ClockName } from './record/timeouts'

/** What core reports to `onEvent`. Ids are public and safe to log; a token is never in an event. */
export type SessionEvent =
  | { type: 'created' | 'renewed' | 'regenerated' | 'touched' | 'touch-skipped' | 'restored'; id: string }
  | { type: 'destroyed' | 'reused' | 'revoked' | 'conflict'; id: string }
  | { type: 'expired'; id: string; clock: ClockName }
  /** A cookie that names a session and does not prove it, or a row that does not open. */
  | { type: 'rejected'; id: string | undefined; reason: 'token' | 'secret' | 'row' | 'instant' }
  /** Two different cookies of our name were both valid, so neither was used. */
  | { type: 'duplicate'; ids: string[] }
  | { type: 'store-slow'; operation: string; id: string | undefined; ms: number }
  | { type: 'store-failed'; operation: string; id: string | undefined; error: unknown }
  /** The browser is going to drop the cookie that was just sent. */
  | { type: 'cookie-not-kept'; message: string }
  /** The configuration is legal and may not do what its author expects. */
  | { type: 'config-warning'; option: string; message: string }

/** How often each event has happened since the manager was made. */
export type SessionCounters = Readonly<Partial<Record<SessionEvent['type'], number>>>

/** Counts events and passes them on. An observer that throws harms nothing. */
export class EventLog {
  readonly counters: Partial<Record<SessionEvent['type'], number>> = {}

  constructor(private readonly observer: ((event: SessionEvent) => void) | undefined) {}

  emit(event: SessionEvent): void {
    this.counters[event.type] = (this.counters[event.type] ?? 0) + 1
    try {
      // An async observer's rejection would otherwise end the process, whoever's promise it is.
      const outcome = this.observer?.(event) as PromiseLike<unknown> | undefined
      if (typeof outcome?.then === 'function') outcome.then(undefined, () => {})
    } catch {}
  }
}

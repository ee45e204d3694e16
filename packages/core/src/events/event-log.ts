import { platform } from '#platform'
import { channels } from './channels'
import { newCounters, type SessionCounters } from './counters'
import type { SessionEvent } from './events'
import type { SessionOutcome } from './outcome'

/** An event without what the log adds to it. */
export type Report<Event = SessionEvent> = Event extends SessionEvent
  ? Omit<Event, 'at' | 'audience' | 'subjectKey'>
  : never

type Counts<Name extends string> = Record<Name, number>

/** The key of a subject in stores and events: a hash, so that neither has the subject, and no application sees another's. */
export const subjectKey = (audience: string, subject: string, kind = 'session') =>
  platform.sha256(JSON.stringify(kind === 'session' ? [audience, subject] : [audience, subject, kind]))

/** What the log needs of the manager's options. */
interface LogOptions {
  readonly audience: string
  readonly clock: () => number
  readonly onEvent: ((event: SessionEvent) => void) | undefined
}

/**
 * Counts events and outcomes, and passes events to `onEvent` and the channel `sojourn.event`. What `onEvent` throws, or rejects with, is ignored. Without
 * `onEvent`, a cookie that browsers drop would go unnoticed, and so would a likely mistake in the options: these are warnings of the process.
 */
export class EventLog {
  private readonly counts = newCounters()
  private pending: Promise<void> | undefined

  /** `isQuiet`: events reach `onEvent` alone. */
  constructor(
    private readonly options: LogOptions,
    private readonly isQuiet: boolean,
  ) {}

  /** Whether anyone listens to the channel. */
  private get isHeard(): boolean {
    return !this.isQuiet && channels.event.hasSubscribers
  }

  /** A copy of the counters. */
  get counters(): SessionCounters {
    return { outcomes: { ...this.counts.outcomes }, events: { ...this.counts.events } }
  }

  /** Resolves when `onEvent` has been called for every event so far. */
  get delivered(): Promise<void> | undefined {
    return this.pending
  }

  /** Counts a request that was opened. */
  opened(outcome: SessionOutcome): void {
    ;(this.counts.outcomes as Counts<SessionOutcome>)[outcome]++
  }

  /**
   * Counts an event and passes it on. `subject`: who it is about. `isLikelyMistake`: a warning that is shown where there is no
   * observer.
   */
  emit(report: Report, subject?: string, isLikelyMistake = report.type === 'cookie-not-kept'): void {
    ;(this.counts.events as Counts<SessionEvent['type']>)[report.type]++
    const { audience, clock, onEvent } = this.options
    if (!onEvent && isLikelyMistake && 'message' in report) platform.warn(report.message)
    if (!onEvent && !this.isHeard) return
    const event = { ...report, audience, at: clock() } as SessionEvent
    this.deliver(event, subject === undefined ? undefined : subjectKey(audience, subject))
  }

  /** WebCrypto hashes asynchronously. Later events wait for that, so that all arrive in order. */
  private deliver(event: SessionEvent, key: string | Promise<string> | undefined): void {
    if (!this.pending && typeof key !== 'object') {
      this.tell(event, key)
      return
    }
    const last = Promise.all([key, this.pending]).then(([subjectKey]) => {
      if (this.pending === last) this.pending = undefined
      this.tell(event, subjectKey)
    })
    this.pending = last
  }

  private tell(event: SessionEvent, subjectKey: string | undefined): void {
    const told = subjectKey === undefined ? event : ({ ...event, subjectKey } as SessionEvent)
    if (this.isHeard) channels.event.publish(told)
    try {
      // An async observer returns a promise. Without a handler, its rejection would end the process.
      const { onEvent } = this.options
      const outcome = onEvent?.(told) as PromiseLike<unknown> | undefined
      if (typeof outcome?.then === 'function') outcome.then(undefined, () => {})
    } catch {}
  }
}

import { shown } from '../check'
import { SessionStoreError } from '../errors'
import { channels, traced } from '../events/channels'
import type { EventLog } from '../events/event-log'
import type { SessionStoreMessage } from '../events/messages'
import type { Admission, CircuitBreaker } from '../store/circuit-breaker'
import { isConnectionFailure } from '../store/connection-failure'

/** Longer than this, in milliseconds, a ready event loop does not take: it was blocked, or the process did something else. */
const BLOCKED = 20

/** A call looks at the clock so many times within the limit, to see how long the event loop was blocked. */
const LOOKS = 8

/**
 * The time limit that all store calls of one open, one commit or one awaited operation share. By default drivers wait for
 * ever (for a connection, for a reply, in an offline queue), and a request must not.
 *
 * It measures the store, not this process. Time between two calls in which the event loop was blocked does not count. If it was
 * blocked past the limit during a call, the store is given that time again (at most the limit once more), and a reply that
 * has arrived is read.
 *
 * Every call goes through the circuit breaker of its store. A call that ran out of time counts against the store only if the
 * store had at least half of the limit, with the event loop free.
 */
export class Deadline {
  private endsAt: number
  /** How much time was given again, in milliseconds. */
  private extended = 0
  private waiting = 0
  private idleSince: number
  private isRefused = false
  /** How often a write of the operation was attempted again. */
  retries = 0

  /** `insists`: the breaker lets these calls through, because something else bounds how many there are. */
  constructor(
    private readonly ms: number,
    private readonly events: EventLog,
    /** What messages say of the store and its user. Undefined: there are none. */
    private readonly source: Pick<SessionStoreMessage, 'audience' | 'store'> | undefined,
    private readonly breaker?: CircuitBreaker,
    private readonly insists = false,
  ) {
    this.idleSince = performance.now()
    this.endsAt = this.idleSince + ms
  }

  /** Whether the operation is to give up: the time is over, or the breaker has refused a call. */
  get passed(): boolean {
    return this.isRefused || this.isOver
  }

  private get isOver(): boolean {
    return performance.now() >= this.endsAt
  }

  /**
   * Runs one store call until the deadline, and reports its failure.
   * @throws SessionStoreError `ERR_STORE_UNAVAILABLE` at the deadline, for every error of the store, and at once while the
   * breaker is open ({@link wasSent}). A call that ran out of time may still take effect: each write carries a version, so a
   * late one does no harm.
   */
  call<T>(operation: string, id: string | undefined, run: () => Promise<T>): Promise<T> {
    return this.told(operation, id, run, this.breaker)
  }

  /** The same for a call to another storage, which tells the breaker nothing about this one. */
  callElsewhere<T>(operation: string, id: string | undefined, run: () => Promise<T>): Promise<T> {
    return this.told(operation, id, run, undefined)
  }

  private told<T>(
    operation: string,
    id: string | undefined,
    run: () => Promise<T>,
    breaker: CircuitBreaker | undefined,
  ): Promise<T> {
    const { source } = this
    if (!source || !channels.store.hasSubscribers) return this.reported(operation, id, run, breaker)
    return this.tracedCall({ ...source, operation, id }, run, breaker)
  }

  private tracedCall<T>(message: SessionStoreMessage, run: () => Promise<T>, breaker: CircuitBreaker | undefined) {
    return traced(channels.store, message, () => this.reported(message.operation, message.id, run, breaker))
  }

  /** Asks the breaker before a call, tells it the result, and reports a call that failed or was slow. */
  private async reported<T>(
    operation: string,
    id: string | undefined,
    run: () => Promise<T>,
    breaker: CircuitBreaker | undefined,
  ): Promise<T> {
    const started = performance.now()
    const admission = breaker?.admit(this.insists)
    try {
      if (breaker && !admission) {
        this.isRefused = true
        throw new NotSent(breaker.failures)
      }
      const result = await this.inTime(run)
      if (admission) breaker?.answered(admission)
      return result
    } catch (error) {
      if (breaker && admission) tell(breaker, admission, error)
      this.events.emit({ type: 'store-failed', operation, id, error })
      throw unavailable(operation, id, error)
    } finally {
      const ms = performance.now() - started
      if (ms > this.ms / 4) this.events.emit({ type: 'store-slow', operation, id, ms })
    }
  }

  /**
   * Waits until the deadline for work that makes store calls of its own. The errors of the work pass through.
   * @throws SessionStoreError `ERR_STORE_UNAVAILABLE` at the deadline.
   */
  async within<T>(operation: string, id: string | undefined, run: () => Promise<T>): Promise<T> {
    try {
      return await this.inTime(run)
    } catch (error) {
      throw error instanceof DeadlinePassed ? unavailable(operation, id, error) : error
    }
  }

  /** Resolves when a promise is fulfilled or rejected. Resolves to false at the deadline. */
  async waitFor(promise: Promise<unknown>): Promise<boolean> {
    try {
      await this.inTime(() =>
        promise.then(
          () => {},
          () => {},
        ),
      )
      return true
    } catch {
      return false
    }
  }

  /** Settles as the work does, or rejects at the deadline. */
  private inTime<T>(run: () => Promise<T>): Promise<T> {
    this.begin()
    return new Promise((resolve, reject) => {
      const wait: Wait = { isOver: false, timer: undefined }
      const end = () => {
        if (wait.isOver) return
        wait.isOver = true
        clearTimeout(wait.timer)
        if (--this.waiting === 0) this.idleSince = performance.now()
      }
      const fail = (error: unknown) => {
        end()
        reject(error)
      }
      if (this.isOver) return fail(new DeadlinePassed(this.ms, false))
      started(run).then((value) => {
        end()
        resolve(value)
      }, fail)
      // One microtask later: work that is over by then (the memory store) needs no timer.
      NOW.then(() => wait.isOver || this.watch(wait, fail))
    })
  }

  /** Rejects at the deadline. */
  private watch(wait: Wait, reject: (error: Error) => void): void {
    const began = performance.now()
    let blocked = 0
    let due = began
    let isLastTurn = false
    const look = (ms: number) => {
      due = performance.now() + Math.min(ms, this.ms / LOOKS)
      wait.timer = setTimeout(check, due - performance.now())
    }
    const check = () => {
      const now = performance.now()
      blocked += Math.max(0, now - due)
      const late = now - this.endsAt
      if (late < 0 || this.extend(late)) look(this.endsAt - now)
      else if (isLastTurn || late < 1) reject(new DeadlinePassed(this.ms, now - began - blocked >= this.ms / 2))
      else {
        // The timer was a little late. One turn of the event loop reads the replies that have arrived.
        isLastTurn = true
        wait.timer = setTimeout(check)
      }
    }
    look(this.endsAt - began)
  }

  private begin(): void {
    if (this.waiting++ > 0) return
    const idle = performance.now() - this.idleSince
    if (idle > BLOCKED) this.endsAt += idle
  }

  /** Gives the time again for which the event loop was blocked. False if it was not, or if all of it was given. */
  private extend(late: number): boolean {
    const granted = Math.min(late, this.ms - this.extended)
    if (late < BLOCKED || granted <= 0) return false
    this.extended += granted
    this.endsAt = performance.now() + granted
    return true
  }
}

/** Work that is waited for. */
interface Wait {
  isOver: boolean
  timer: ReturnType<typeof setTimeout> | undefined
}

const NOW = Promise.resolve()

/** Starts the work. What it throws at once is a rejection too. */
function started<T>(run: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(run())
  } catch (error) {
    return Promise.reject(error)
  }
}

class DeadlinePassed extends Error {
  constructor(
    ms: number,
    /** Whether the store had enough of the time, so that it is the store that is slow. */
    readonly isOfStore: boolean,
  ) {
    super(`no answer within ${ms} ms`)
  }
}

/** The cause of the error while the breaker is open. */
class NotSent extends Error {
  constructor(failures: number) {
    super(`not sent: the last ${failures} calls were not answered, so the store is left alone (circuitBreaker)`)
  }
}

/** False if the breaker refused the call whose error this is: the store has seen nothing of it. */
export const wasSent = (error: unknown) => !((error as Error | undefined)?.cause instanceof NotSent)

function tell(breaker: CircuitBreaker, admission: Admission, error: unknown): void {
  if (error instanceof DeadlinePassed) error.isOfStore ? breaker.failed(admission) : breaker.release(admission)
  else if (isConnectionFailure(error)) breaker.failed(admission)
  else breaker.refused(admission)
}

function unavailable(operation: string, id: string | undefined, cause: unknown): SessionStoreError {
  const reason = cause instanceof Error ? cause.message || codeOf(cause) : shown(cause)
  const failed = `The session store failed (operation: ${operation})`
  const message = `${failed}. No user was logged out; try again.`
  const error = new SessionStoreError('ERR_STORE_UNAVAILABLE', operation, id, message, cause)
  // The reason goes into the stack only, for logs: some frameworks send the message to the client, who must not learn the
  // store's address.
  error.stack = error.stack?.replace(failed, () => `${failed}: ${reason}`)
  return error
}

/** Node's error for a host that refuses on each of its addresses has a code and no message. */
const codeOf = (cause: Error & { code?: unknown }) => String(cause.code ?? cause.name)

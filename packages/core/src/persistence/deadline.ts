import { shown } from '../check'
import { SessionStoreError } from '../errors'
import type { EventLog } from '../events'

/**
 * The time limit that all store calls of one open, one commit or one awaited operation share. By default drivers wait for
 * ever (for a connection, for a reply, in an offline queue), and a request must not.
 */
export class Deadline {
  private readonly endsAt: number

  constructor(
    private readonly ms: number,
    private readonly events: EventLog,
  ) {
    this.endsAt = performance.now() + ms
  }

  get passed(): boolean {
    return performance.now() >= this.endsAt
  }

  /**
   * Runs one store call until the deadline, and reports its failure.
   * @throws SessionStoreError `ERR_STORE_UNAVAILABLE` at the deadline, and for every error of the store. A call that ran
   * out of time may still take effect: each write carries a version, so a late one does no harm.
   */
  async call<T>(operation: string, id: string | undefined, run: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      return await this.race(run)
    } catch (error) {
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
      return await this.race(run)
    } catch (error) {
      throw error instanceof DeadlinePassed ? unavailable(operation, id, error) : error
    }
  }

  private async race<T>(run: () => Promise<T>): Promise<T> {
    const left = this.endsAt - performance.now()
    if (left <= 0) throw new DeadlinePassed(this.ms)
    const work = Promise.resolve(run())
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    work.then(settle, settle)
    await undefined
    // Already settled (the memory store): no timer needed.
    if (isSettled) return work
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new DeadlinePassed(this.ms)), left)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

class DeadlinePassed extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
  }
}

function unavailable(operation: string, id: string | undefined, cause: unknown): SessionStoreError {
  const reason = cause instanceof Error ? cause.message || codeOf(cause) : shown(cause)
  const failed = `The session store failed to ${operation}`
  const message = `${failed}. No user was logged out; try again.`
  const error = new SessionStoreError('ERR_STORE_UNAVAILABLE', operation, id, message, cause)
  // The reason goes into the stack only, for logs: some frameworks send the message to the client, who must not learn the
  // store's address.
  error.stack = error.stack?.replace(failed, () => `${failed}: ${reason}`)
  return error
}

/** Node's error for a host that refuses on each of its addresses has a code and no message. */
const codeOf = (cause: Error & { code?: unknown }) => String(cause.code ?? cause.name)

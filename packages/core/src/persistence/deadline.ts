import { shown } from '../check'
import { SessionStoreError } from '../errors'
import type { EventLog } from '../events'

/**
 * The time that all store calls of one open, one commit or one awaited operation share. Drivers wait for ever by default
 * (for a connection, for a reply, in an offline queue); whoever waits for a session must not.
 */
export class Deadline {
  private readonly deadline: number

  constructor(
    private readonly ms: number,
    private readonly events: EventLog,
  ) {
    this.deadline = performance.now() + ms
  }

  get spent(): boolean {
    return performance.now() >= this.deadline
  }

  /**
   * Runs one store call for as long as the budget lasts, and reports what goes wrong with it.
   * @throws SessionStoreError `ERR_STORE_UNAVAILABLE` when it runs out, and for whatever the store throws. What a call that
   * ran out of time goes on to do is unknown: every write carries a version, so that a late one cannot do harm.
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
   * Waits for work that makes store calls of its own, for as long as the budget lasts. Its errors pass through.
   * @throws SessionStoreError `ERR_STORE_UNAVAILABLE` when the budget runs out.
   */
  async within<T>(operation: string, id: string | undefined, run: () => Promise<T>): Promise<T> {
    try {
      return await this.race(run)
    } catch (error) {
      throw error instanceof OutOfTime ? unavailable(operation, id, error) : error
    }
  }

  private async race<T>(run: () => Promise<T>): Promise<T> {
    const left = this.deadline - performance.now()
    if (left <= 0) throw new OutOfTime(this.ms)
    const work = Promise.resolve(run())
    let settled = false
    const settle = () => {
      settled = true
    }
    work.then(settle, settle)
    await undefined
    // What comes out of memory is there by now, and needs no timer.
    if (settled) return work
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new OutOfTime(this.ms)), left)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

class OutOfTime extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
  }
}

function unavailable(operation: string, id: string | undefined, cause: unknown): SessionStoreError {
  const reason = cause instanceof Error ? cause.message || codeOf(cause) : shown(cause)
  const failed = `The session store failed to ${operation}`
  const message = `${failed}. Nobody was logged out; try again.`
  const error = new SessionStoreError('ERR_STORE_UNAVAILABLE', operation, id, message, cause)
  // Logs show the stack, and some frameworks send the message to the client, who need not know the store's address.
  error.stack = error.stack?.replace(failed, () => `${failed}: ${reason}`)
  return error
}

/** Node's error for a host that refuses on each of its addresses has a code and no message. */
const codeOf = (cause: Error & { code?: unknown }) => String(cause.code ?? cause.name)

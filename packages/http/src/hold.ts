import type { ServerResponse } from 'node:http'
import { type HeaderSending, HeldCalls, refuseCall } from './held-calls'
import type { HoldOptions } from './hold-response'
import { PipedSources } from './piped-sources'
import { headersSentError, Pretence } from './pretence'
import { applyHead, forgetAnswer, isGone } from './response-head'

const MAX_HELD_BYTES = 16 * 1024 * 1024

type Methods = Record<HeaderSending, (...args: unknown[]) => unknown>

/** One response that may have to wait. See `holdResponse`. */
export class Hold {
  private readonly real: Methods
  private readonly sources: PipedSources
  private held: HeldCalls | undefined
  private pretence: Pretence | undefined
  private own!: Methods
  private passing = false
  private answered = false
  private announcing = false
  private attempt = 0

  constructor(
    private readonly res: ServerResponse,
    private readonly options: HoldOptions,
  ) {
    const { writeHead, flushHeaders, write, end } = res
    this.real = { writeHead, flushHeaders, write, end } as Methods
    this.sources = new PipedSources(res)
    this.install()
  }

  /** Whether the response is waiting. */
  get isHeld(): boolean {
    return this.held !== undefined
  }

  /** Does something to the response as it really is. */
  openly(work: () => void): void {
    if (this.held && this.pretence) this.pretence.suspend(work)
    else work()
  }

  /** Methods of an attempt that failed are dead, also in the hands of who wrapped them, such as a compression. */
  private install(): void {
    const attempt = ++this.attempt
    this.answered = false
    const through =
      (method: HeaderSending) =>
      (...args: unknown[]) =>
        attempt === this.attempt ? this.call(method, args) : this.ignore(method, args)
    this.own = {
      writeHead: through('writeHead'),
      flushHeaders: through('flushHeaders'),
      write: through('write'),
      end: through('end'),
    }
    Object.assign(this.res, this.own)
  }

  private call(method: HeaderSending, args: unknown[]): unknown {
    if (this.held) return this.enqueue(this.held, method, args)
    // The handler whose answer was dropped may go on, and must not end up in the error's.
    if (this.attempt > 1 && (this.res.writableEnded || this.sources.ending)) return this.ignore(method, args)
    if (this.passing || this.answered || this.res.headersSent) return this.pass(method, args)
    if (method !== 'writeHead' && this.res.writeHead !== this.own.writeHead) {
      this.announce()
      return this.call(method, args)
    }
    const ready = method === 'writeHead' ? applyHead(this.res, args) : args
    if (this.announcing) return this.res
    const waiting = this.options.commit()
    if (!waiting) return this.pass(method, ready)
    const held = new HeldCalls()
    this.held = held
    this.pretence = new Pretence(this.res)
    waiting.then(
      () => this.settle(held) && this.release(held),
      (error) => this.settle(held) && this.giveUp(held, error),
    )
    return this.enqueue(held, method, ready)
  }

  /**
   * Node sends a head by way of the response's `writeHead`, where others wait for it to add headers or to begin a
   * compression. They have their turn before the commit, so that what they add is committed too, and what is written
   * while the head waits goes through them; afterwards there is nothing left for them to do.
   */
  private announce(): void {
    this.announcing = true
    try {
      this.res.writeHead(this.res.statusCode)
    } finally {
      this.announcing = false
    }
    this.res.writeHead = this.own.writeHead as ServerResponse['writeHead']
  }

  /**
   * Node's own methods call one another by way of the response; those calls begin nothing new. Nor do those that come when
   * the answer has been passed on and is kept back beneath us, by the hold of another manager for one.
   */
  private pass(method: HeaderSending, args: unknown[]): unknown {
    const nested = this.passing
    this.passing = true
    try {
      const result = this.real[method].apply(this.res, args)
      this.answered = true
      return result
    } finally {
      this.passing = nested
    }
  }

  private enqueue(held: HeldCalls, method: HeaderSending, args: unknown[]): unknown {
    if (method === 'writeHead' && !held.isEmpty) throw headersSentError('write')
    if (held.ended) return this.ignore(method, args)
    if (method === 'write' && held.bytes >= (this.options.maxHeldBytes ?? MAX_HELD_BYTES)) {
      this.overflow(held)
      return this.ignore(method, args)
    }
    held.add(method, args)
    if (held.ended) this.pretence?.end()
    return method === 'write' ? !held.full : this.res
  }

  /** Ends the waiting, once. */
  private settle(held: HeldCalls): boolean {
    if (this.held !== held) return false
    this.held = undefined
    this.pretence?.stop()
    return true
  }

  private release(held: HeldCalls): void {
    if (isGone(this.res)) {
      held.drop(new Error('The client is gone: nothing was sent.'))
      return
    }
    try {
      const resume = held.replay((method, args) => this.pass(method, args))
      if (resume) this.res.emit('drain')
    } catch (error) {
      this.giveUp(held, error)
    }
  }

  private overflow(held: HeldCalls): void {
    this.settle(held)
    this.res.destroy()
    this.giveUp(held, new Error('A handler ignored write() === false and wrote more than maxHeldBytes allows.'))
  }

  private giveUp(held: HeldCalls, error: unknown): void {
    held.drop(error)
    this.sources.cutOff()
    if (!this.res.headersSent) forgetAnswer(this.res)
    this.install()
    this.options.onError(error)
  }

  private ignore(method: HeaderSending, args: unknown[]): unknown {
    return refuseCall(method, args, new Error('The response has been answered already.'), this.res)
  }
}

import type { ServerResponse } from 'node:http'
import { answerUncaught } from '../answer-error'
import { callCommit, callErrorPath } from './callbacks'
import { HeldCalls, type HeldMethod, type Methods, methodsOf, refuseCall } from './held-calls'
import type { HoldOptions } from './hold-options'
import { PipedSources } from './piped-sources'
import { applyHead, forgetAnswer, isGone } from './response-head'
import { headersSentError, SentFacade } from './sent-facade'
import { shareMethods } from './shared-methods'
import type { Answer, State, Waiting } from './state'

const MAX_HELD_BYTES = 16 * 1024 * 1024

/** One response that may have to wait. See `holdResponse`. */
export class HeldResponse {
  private readonly original: Methods
  private readonly sources: PipedSources
  private answer: Answer
  private state: State = { kind: 'unsent' }

  constructor(
    private readonly res: ServerResponse,
    private readonly options: HoldOptions,
  ) {
    this.sources = new PipedSources(res)
    const shared = shareMethods(res, this)
    this.original = shared?.original ?? methodsOf((method) => (res as unknown as Methods)[method])
    this.answer = shared ? { by: 'handler', methods: shared.methods } : this.install('handler')
  }

  /** Whether the commit is pending. */
  get isWaiting(): boolean {
    return this.state.kind === 'waiting'
  }

  /** Runs `work` on the response as it is behind the facade. */
  bypass(work: () => void): void {
    if (this.state.kind === 'waiting') this.state.facade.bypass(work)
    else work()
  }

  /** Starts an answer. The methods of an earlier one stop working, also where other libraries have wrapped them. */
  private install(by: Answer['by']): Answer {
    const methods = methodsOf((method) => {
      if (!this.original[method]) return undefined
      return (...args) => this.receive(methods, method, args)
    })
    Object.assign(this.res, methods)
    this.state = { kind: 'unsent' }
    return { by, methods }
  }

  /** A method was called that is one of `methods`. */
  receive(methods: Methods, method: HeldMethod, args: unknown[]): unknown {
    return this.answer.methods === methods ? this.call(method, args) : this.refuse(method, args)
  }

  private call(method: HeldMethod, args: unknown[]): unknown {
    const { state, res, answer } = this
    if (state.kind === 'waiting') return this.hold(state, method, args)
    // The handler of the discarded answer may go on writing. Keep that out of the error's answer.
    if (answer.by === 'errorPath' && (res.writableEnded || this.sources.ending)) return this.refuse(method, args)
    if (method === 'flush') return this.original.flush.apply(res, args)
    if (state.kind === 'passedOn' || res.headersSent) return this.pass(method, args)
    if (method === 'writeHead') {
      const status = applyHead(res, args)
      return state.kind === 'runningHooks' ? res : this.commit(method, status)
    }
    if (state.kind === 'unsent' && res.writeHead !== answer.methods.writeHead) {
      this.runWriteHeadHooks()
      return this.call(method, args)
    }
    return this.commit(method, args)
  }

  /**
   * Other libraries replace `writeHead` to add headers or to begin a compression. Run them before the commit, so that it
   * sees their headers, and so that what is written while the response waits goes through them. They run once.
   */
  private runWriteHeadHooks(): void {
    this.state = { kind: 'runningHooks' }
    try {
      this.res.writeHead(this.res.statusCode)
    } finally {
      if (this.state.kind === 'runningHooks') this.state = { kind: 'unsent' }
    }
    this.res.writeHead = this.answer.methods.writeHead as ServerResponse['writeHead']
  }

  private commit(method: HeldMethod, args: unknown[]): unknown {
    const committed = callCommit(this.options)
    if (!committed) return this.pass(method, args)
    const waiting: Waiting = { kind: 'waiting', calls: new HeldCalls(), facade: new SentFacade(this.res) }
    this.state = waiting
    committed.then(
      () => this.finish(waiting) && this.release(waiting.calls),
      (error) => {
        if (!this.finish(waiting)) return
        // A failed commit is final: the answer of the error path is sent without one.
        if (this.answer.by === 'errorPath') this.release(waiting.calls)
        else this.fail(waiting.calls, error)
      },
    )
    return this.hold(waiting, method, args)
  }

  /**
   * Calls the method that was there before ours. Node's methods call one another through the response, and another hold
   * below us may wait for its own commit: from here on, calls are passed on. A call that throws has sent nothing.
   */
  private pass(method: HeldMethod, args: unknown[]): unknown {
    const before = this.state
    this.state = { kind: 'passedOn' }
    try {
      return this.original[method].apply(this.res, args)
    } catch (error) {
      this.state = before
      throw error
    }
  }

  private hold(waiting: Waiting, method: HeldMethod, args: unknown[]): unknown {
    const { calls, facade } = waiting
    if (method === 'writeHead' && !calls.isEmpty) throw headersSentError('write')
    if (calls.ended) return this.refuse(method, args)
    if (method === 'write' && calls.bytes >= (this.options.maxHeldBytes ?? MAX_HELD_BYTES)) {
      this.overflow(waiting)
      return this.refuse(method, args)
    }
    calls.add(method, args)
    if (calls.ended) facade.showEnded()
    return method === 'write' ? !calls.isFull : this.res
  }

  /** Ends the waiting. Returns false if it ended before. */
  private finish(waiting: Waiting): boolean {
    if (this.state !== waiting) return false
    waiting.facade.remove()
    this.state = { kind: 'passedOn' }
    return true
  }

  private release(calls: HeldCalls): void {
    if (isGone(this.res)) {
      calls.discard(new Error('Nothing was sent: the client closed the connection.'))
      return
    }
    try {
      const drained = calls.replay((method, args) => this.pass(method, args))
      // Later, because an error that a listener throws is not one of the response.
      if (drained) process.nextTick(() => this.res.emit('drain'))
    } catch (error) {
      this.fail(calls, error)
    }
  }

  private overflow(waiting: Waiting): void {
    this.finish(waiting)
    this.res.destroy()
    this.fail(
      waiting.calls,
      new Error('The handler ignored write() === false and wrote more than maxHeldBytes while the response waited.'),
    )
  }

  /** Discards the answer. The error path makes another one, but only once. */
  private fail(calls: HeldCalls, error: unknown): void {
    calls.discard(error)
    this.sources.cutOff()
    if (this.answer.by === 'errorPath') {
      answerUncaught(this.res.req, this.res, error)
      return
    }
    if (!this.res.headersSent) forgetAnswer(this.res)
    this.answer = this.install('errorPath')
    callErrorPath(this.options, this.res, error)
  }

  private refuse(method: HeldMethod, args: unknown[]): unknown {
    return refuseCall(method, args, new Error('The response was answered already.'), this.res)
  }
}

import { checkCall } from '../check'
import { isSessionError, SessionEndedError, SessionUsageError } from '../errors'
import type { Deadline } from '../persistence/deadline'
import type { LoadedSession } from '../persistence/persistence'
import type { Remember } from '../persistence/remember'
import type { Change } from '../record/changes'
import type { SessionRecord } from '../record/record'
import { cookieMaxAge } from '../record/timeouts'
import { bindTo } from './binding'
import { WorkingData } from './data'
import { RequestState } from './request-state'
import type { LoginOptions } from './session'

/** What goes on behind a handle: the awaited methods, one after another. */
export class RequestSession extends RequestState {
  update(key: string, fn: (value: unknown) => unknown): Promise<unknown> {
    if (typeof key !== 'string' || key === '__proto__' || typeof fn !== 'function') {
      throw new SessionUsageError(
        'ERR_SESSION_USAGE',
        "session.update() takes a key and a function of its value: session.update('visits', (n = 0) => n + 1)",
      )
    }
    return this.serially(async () => {
      let result: unknown
      const noted = async (value: unknown) => {
        result = await fn(value)
        return result
      }
      await this.change({ kind: 'update', key, fn: noted })
      this.working.settleKey(key, result)
      return result
    })
  }

  login(subject: string, options: LoginOptions = {}): Promise<void> {
    if (typeof subject !== 'string' || subject === '') {
      throw new SessionUsageError(
        'ERR_SESSION_USAGE',
        'session.login() takes who logs in as a string that is not empty: String(user.id)',
      )
    }
    checkCall('login', options, ['label', 'remember'])
    if (typeof (options.label ?? '') !== 'string' || typeof (options.remember ?? false) !== 'boolean') {
      throw new SessionUsageError(
        'ERR_SESSION_USAGE',
        'session.login() takes a label that is a string, and remember as true or false',
      )
    }
    const remember = this.rememberFor(options)
    return this.serially(async () => {
      const { core, carrier } = this.around
      const budget = core.budget()
      const bound = await bindTo(carrier, core.options.bind)
      const former = this.live?.record
      await this.changeHands({ kind: 'login', subject, label: options.label, bound, rememberedBy: remember }, budget)
      await this.rememberLogin(former, budget)
    })
  }

  private rememberFor({ remember }: LoginOptions): string | undefined {
    const { core, remember: remembering } = this.around
    if (remember && !remembering) {
      throw new SessionUsageError(
        'ERR_SESSION_USAGE',
        'login({ remember: true }) needs the option remember of createSessionManager',
      )
    }
    return (remember ?? core.options.remember?.everyLogin) ? remembering?.newId() : undefined
  }

  private async changeHands(change: Change & { kind: 'login' }, budget: Deadline): Promise<void> {
    const { subject } = change
    const another = this.slot?.subject !== undefined && this.slot.subject !== subject
    const { over, working } = this
    if (over || another) this.working = new WorkingData({})
    this.over = false
    try {
      await this.change(change, budget)
    } catch (error) {
      if (!this.live || !isSessionError(error, 'ERR_SESSION_ENDED')) {
        Object.assign(this, { over, working })
        throw error
      }
      // Somebody ended it, or logged in with it, while we worked: nothing of it may live on in what begins now.
      this.forget()
      await this.change(change, budget)
    }
    if (another) this.working = new WorkingData(this.slot!.data)
  }

  /** Follows a login: the remember-me it asked for begins, and the one of the login before ends. */
  private async rememberLogin(former: SessionRecord | undefined, budget: Deadline): Promise<void> {
    const { core, cookies, persistence, remember } = this.around
    const live = this.live!
    if (!remember) return
    try {
      if (former) await remember.endOf(former, budget)
      if (live.record.rememberedBy) this.setPendingRemember(await this.beginRemember(remember, live, budget))
      else if (former?.rememberedBy || cookies.remember!.values().length > 0) cookies.remember!.clear()
    } catch (error) {
      // Half a login is none. Nobody has its token: where time has run out, nobody need wait for its end either.
      this.forget()
      core.background(persistence.end(live.record, core.budget()).catch(() => {}))
      throw error
    }
  }

  /** @throws SessionEndedError where the session was over before its remember-me was there to be ended with it. */
  private async beginRemember(remember: Remember, live: LoadedSession, budget: Deadline): Promise<LoadedSession> {
    const begun = await remember.begin(live, budget)
    if ('live' in (await this.around.persistence.open(live.handOut!, budget))) return begun
    throw new SessionEndedError()
  }

  /** The response carries this remember-me's new token. */
  setPendingRemember({ handOut, record }: LoadedSession): void {
    const { core, cookies } = this.around
    if (!handOut || !core.options.remember) return
    cookies.remember?.setPending(handOut, cookieMaxAge(record, core.options.remember.timeouts, core.now()))
  }

  regenerate(): Promise<void> {
    return this.serially(async () => {
      this.assertOpen()
      if (this.live) await this.change({ kind: 'regenerate' })
    })
  }

  save(): Promise<void> {
    return this.serially(async () => {
      if (this.working.edits().size > 0) await this.change({ kind: 'save' })
    })
  }

  touch(): Promise<void> {
    return this.serially(async () => {
      this.assertOpen()
      // A write, and not the store's touch: that knows no token and no clock, and would move the mark of a session that is over.
      if (this.live) await this.change({ kind: 'touch' })
    })
  }

  logout(): Promise<void> {
    return this.serially(async () => {
      const others = [...(this.live?.record.slots.keys() ?? [])].filter((audience) => audience !== this.audience)
      if (others.length === 0) return this.end()
      this.working = new WorkingData({})
      try {
        await this.leave()
      } catch (error) {
        this.around.cookies.session.clear()
        if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
      }
      this.over = true
    })
  }

  /** Takes this application out of a session that others go on with. */
  private async leave(): Promise<void> {
    const { core, cookies, persistence, remember } = this.around
    const live = this.live!
    // The others go on under a new token: before anything is ended, it must be sure that the client can be told.
    this.assertHeadersLeft()
    const budget = core.budget()
    // First what could log the subject in again.
    await remember?.endOf((await persistence.find?.(live.record.id, budget)) ?? live.record, budget)
    cookies.remember?.clear()
    try {
      await this.change({ kind: 'leave', anyToken: false }, budget)
    } catch (error) {
      if (!live.stored || !isSessionError(error, 'ERR_SESSION_ENDED')) throw error
      // Another request was faster, and its client has the new token: that one goes on, and not in this application.
      await this.change({ kind: 'leave', anyToken: true }, budget)
      cookies.session.clear()
    }
  }

  destroy(): Promise<void> {
    return this.serially(() => this.end())
  }

  private async end(): Promise<void> {
    const { core, cookies, persistence, remember } = this.around
    const { live } = this
    // Without a store and without revocations, to clear the cookie is all there is to end it by.
    if (live && !live.stored && !core.options.revocations) this.assertHeadersLeft()
    this.forget()
    this.over = true
    cookies.session.clear()
    cookies.remember?.clear()
    if (this.outcome === 'unavailable') throw this.unavailable('destroy')
    if (!live) return
    const budget = core.budget()
    const { record } = live
    // Another request may have logged in meanwhile, and be remembered by another one.
    await remember?.endOf((await persistence.find?.(record.id, budget)) ?? record, budget)
    await persistence.end(remember ? { ...record, rememberedBy: undefined } : record, budget)
  }
}

import { isSessionError } from '../errors'
import type { HttpCarrier } from '../http/carrier'
import { MAX_COOKIE_BYTES } from '../http/cookie'
import { RequestCookie } from '../http/request-cookie'
import type { Context } from '../persistence/context'
import type { Deadline } from '../persistence/deadline'
import type { LoadedSession, Opened, Persistence } from '../persistence/persistence'
import type { Remember, Restored } from '../persistence/remember'
import { bindTo, isBoundTo } from './binding'
import { RequestSession } from './methods'

type OpenedLive = Extract<Opened, { live: LoadedSession }>

/** Finds out which session a request's cookies name. */
export class Opener {
  constructor(
    private readonly core: Context,
    private readonly persistence: Persistence,
    private readonly remember: Remember | undefined,
  ) {}

  /** @throws SessionStoreError where the store is down and `onUnavailable` is `fail`. */
  async open(carrier: HttpCarrier): Promise<RequestSession> {
    const { core, remember } = this
    const { options } = core
    const cookies = {
      session: new RequestCookie(options.cookie, carrier),
      remember: options.remember && new RequestCookie(options.remember.cookie, carrier),
    }
    let opened: Opened = { outcome: 'none' }
    let restored: Restored | undefined
    try {
      const budget = core.budget()
      const values = cookies.session.values()
      if (values.length === 1) opened = await this.openValue(carrier, values[0]!, budget)
      if (values.length > 1) opened = await this.openOne(carrier, values, budget)
      if (!('live' in opened) && cookies.remember) restored = await this.restore(carrier, cookies.remember, budget)
    } catch (error) {
      if (options.onUnavailable === 'fail' || !isSessionError(error, 'ERR_STORE_UNAVAILABLE')) throw error
      opened = { outcome: 'unavailable' }
    }
    const outcome = restored ? 'restored' : opened.outcome
    const live = restored?.session ?? ('live' in opened ? opened.live : undefined)
    const around = { core, persistence: this.persistence, remember, carrier, cookies }
    const state = new RequestSession(around, outcome, live)
    if (restored) state.setPendingRemember(restored.remember)
    return state
  }

  /** Exactly one valid cookie wins. Two that are valid for different sessions: somebody planted one, and nobody knows which. */
  private async openOne(carrier: HttpCarrier, values: string[], budget: Deadline): Promise<Opened> {
    let first: Opened | undefined
    const valid = new Map<string, OpenedLive>()
    for (const value of values) {
      const opened = await this.openValue(carrier, value, budget)
      first ??= opened
      if (!('live' in opened)) continue
      const { id } = opened.live.record
      if (!valid.has(id) || opened.outcome === 'resumed') valid.set(id, opened)
    }
    if (valid.size > 1) {
      this.core.events.emit({ type: 'duplicate', ids: [...valid.keys()] })
      return { outcome: 'malformed' }
    }
    return [...valid.values()][0] ?? first!
  }

  private async openValue(carrier: HttpCarrier, value: string, budget: Deadline): Promise<Opened> {
    if (value.length > MAX_COOKIE_BYTES * this.core.options.cookie.chunks) return { outcome: 'malformed' }
    const opened = await this.persistence.open(value, budget)
    const bound = 'live' in opened ? opened.live.record.bound : undefined
    return !bound || (await isBoundTo(carrier, bound)) ? opened : { outcome: 'mismatch' }
  }

  private async restore(carrier: HttpCarrier, cookie: RequestCookie, budget: Deadline): Promise<Restored | undefined> {
    const values = cookie.values()
    if (values.length !== 1) return undefined
    const bound = await bindTo(carrier, this.core.options.bind)
    const restored = await this.remember?.restore(values[0]!, bound, budget)
    // It may be one that another request, of another client, has just begun.
    const boundTo = restored?.session.record.bound
    return !boundTo || (await isBoundTo(carrier, boundTo)) ? restored : undefined
  }
}

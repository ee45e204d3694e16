import { isSessionError } from '../errors'
import type { HttpCarrier } from '../http/carrier'
import { MAX_COOKIE_BYTES } from '../http/cookie'
import { RequestCookie } from '../http/request-cookie'
import type { Deadline } from '../persistence/deadline'
import type { LoadedSession, Opened, Restored } from '../persistence/persistence'
import { bindTo, isBoundTo } from './binding'
import { type Engine, RequestState } from './state'

/**
 * Opens the session that a request's cookies name.
 * @throws SessionStoreError if the store is down and `onUnavailable` is `fail`.
 */
export async function openSession(engine: Engine, carrier: HttpCarrier): Promise<RequestState> {
  const { context } = engine
  const { options } = context
  const cookies = {
    session: new RequestCookie(options.cookie, carrier),
    remember: options.remember && new RequestCookie(options.remember.cookie, carrier),
  }
  let opened: Opened = { outcome: 'none' }
  let restored: Restored | undefined
  try {
    const deadline = context.deadline()
    const values = cookies.session.values()
    if (values.length === 1) opened = await openValue(engine, carrier, values[0]!, deadline)
    if (values.length > 1) opened = await openOneOf(engine, carrier, values, deadline)
    const session = 'session' in opened ? opened.session : undefined
    const isAnonymous = session?.record.audiences.get(options.audience)?.subject === undefined
    if (cookies.remember && isAnonymous) {
      restored = await restore(engine, carrier, cookies.remember, session, deadline)
    }
  } catch (error) {
    if (options.onUnavailable === 'fail' || !isSessionError(error, 'ERR_STORE_UNAVAILABLE')) throw error
    opened = { outcome: 'unavailable' }
  }
  if (restored?.session) opened = { outcome: 'restored', session: restored.session }
  const state = new RequestState(engine, carrier, cookies, opened)
  if (restored) state.setPendingRemember(restored.cookie)
  return state
}

/** Exactly one valid cookie is accepted. Two that are valid for different sessions are ambiguous: one may be planted. */
async function openOneOf(engine: Engine, carrier: HttpCarrier, values: string[], deadline: Deadline): Promise<Opened> {
  let first: Opened | undefined
  const valid = new Map<string, Opened>()
  for (const value of values) {
    const opened = await openValue(engine, carrier, value, deadline)
    first ??= opened
    if (!('session' in opened)) continue
    const { id } = opened.session.record
    if (!valid.has(id) || opened.outcome === 'resumed') valid.set(id, opened)
  }
  if (valid.size > 1) {
    engine.context.events.emit({ type: 'duplicate', ids: [...valid.keys()] })
    return { outcome: 'malformed' }
  }
  return [...valid.values()][0] ?? first!
}

async function openValue(engine: Engine, carrier: HttpCarrier, value: string, deadline: Deadline): Promise<Opened> {
  if (value.length > MAX_COOKIE_BYTES * engine.context.options.cookie.chunks) return { outcome: 'malformed' }
  const opened = await engine.persistence.open(value, deadline)
  const bound = 'session' in opened ? opened.session.record.bound : undefined
  return !bound || (await isBoundTo(carrier, bound)) ? opened : { outcome: 'mismatch' }
}

async function restore(
  { context, remember }: Engine,
  carrier: HttpCarrier,
  cookie: RequestCookie,
  session: LoadedSession | undefined,
  deadline: Deadline,
): Promise<Restored | undefined> {
  const values = cookie.values()
  if (values.length !== 1) return undefined
  const bound = await bindTo(carrier, context.options.bind)
  const restored = await remember?.restore(values[0]!, { session, bound }, deadline)
  // A parallel request may have restored the session, and that request may come from another client.
  const boundTo = restored?.session?.record.bound
  return !boundTo || (await isBoundTo(carrier, boundTo)) ? restored : undefined
}

import { own } from '../check'
import type { ImportResult } from '../config/session-import'
import { isSessionError } from '../errors'
import { channels, traced } from '../events/channels'
import type { SessionOpenMessage } from '../events/messages'
import type { HttpCarrier } from '../http/carrier'
import { MAX_COOKIE_BYTES } from '../http/cookie'
import type { RequestCookie } from '../http/request-cookie'
import { isWithheld, type RequestCookies, requestCookies } from '../http/withheld'
import type { Deadline } from '../persistence/deadline'
import {
  hasSession,
  type LoadedSession,
  type Opened,
  type RememberMe,
  type Restored,
  type Restoring,
} from '../persistence/persistence'
import { bindTo, isBoundTo } from './binding'
import { leaveUnchosen } from './ending'
import { openImported } from './import'
import { type Engine, type Found, RequestState } from './state'

/**
 * Opens the session that a request's cookies name.
 * @throws SessionStoreError if the store is down and `onUnavailable` is `fail`.
 */
export function openSession(engine: Engine, carrier: HttpCarrier): Promise<RequestState> {
  return channels.open.hasSubscribers ? openTraced(engine, carrier) : openAndCount(engine, carrier)
}

function openTraced(engine: Engine, carrier: HttpCarrier): Promise<RequestState> {
  const message: SessionOpenMessage = { ...engine.context.source, outcome: undefined, id: undefined }
  return traced(channels.open, message, () => openAndCount(engine, carrier), complete)
}

function complete(message: SessionOpenMessage, state?: RequestState, error?: unknown): void {
  message.outcome = isSessionError(error, 'ERR_STORE_UNAVAILABLE') ? 'unavailable' : state?.outcome
  message.id = state?.session?.record.id
}

async function openAndCount(engine: Engine, carrier: HttpCarrier): Promise<RequestState> {
  const { events } = engine.context
  try {
    const state = await openRequest(engine, carrier)
    events.opened(state.outcome)
    return state
  } catch (error) {
    if (isSessionError(error, 'ERR_STORE_UNAVAILABLE')) events.opened('unavailable')
    throw error
  }
}

async function openRequest(engine: Engine, carrier: HttpCarrier): Promise<RequestState> {
  const { context } = engine
  const { options } = context
  const cookies = requestCookies(options, carrier)
  if (isWithheld(carrier, cookies, options.cookie)) {
    context.events.emit({ type: 'withheld' })
    return new RequestState(engine, carrier, cookies, noSession('withheld'))
  }
  try {
    const deadline = context.deadline()
    const isAllowed = (session: LoadedSession) => isBound(engine, carrier, session)
    const open = (value: string) => openValue(engine, value, isAllowed, deadline)
    const found = await openCookies(engine, cookies.session.values(), open, deadline)
    if (cookies.remember || engine.importer) return await continueFrom(found, engine, carrier, cookies, deadline)
    return new RequestState(engine, carrier, cookies, found)
  } catch (error) {
    if (options.onUnavailable === 'fail' || !isSessionError(error, 'ERR_STORE_UNAVAILABLE')) throw error
    return new RequestState(engine, carrier, cookies, noSession('unavailable'))
  }
}

const noSession = (outcome: 'withheld' | 'unavailable'): Found => ({
  opened: { outcome },
  unchosen: [],
  allValid: false,
})

/** What other cookies add to what the session cookie has opened: remember-me, and the sessions of another library. */
async function continueFrom(
  found: Found,
  engine: Engine,
  carrier: HttpCarrier,
  cookies: RequestCookies,
  deadline: Deadline,
): Promise<RequestState> {
  const { context } = engine
  const { audience } = context.options
  const current = hasSession(found.opened) ? found.opened.session : undefined
  let restored: Restored | undefined
  if (cookies.remember && current?.record.audiences.get(audience)?.subject === undefined) {
    const underway = !hasSession(found.opened) && !!own(found.opened).underway
    restored = await restore(engine, carrier, cookies.remember, { session: current, underway }, deadline)
  }
  const old = await openImported(engine, carrier, cookies, deadline)
  let { opened, unchosen } = found
  const session = restored?.session
  if (session) {
    const seriesOf = ({ record }: LoadedSession) => record.audiences.get(audience)?.series
    opened = { outcome: 'restored', session }
    // The restore has ended the session that this series had before.
    unchosen = unchosen.filter((other) => seriesOf(other) !== seriesOf(session))
  }
  if (old) opened = await openedBy(old, engine, carrier)
  const state = new RequestState(engine, carrier, cookies, { ...found, opened, unchosen })
  if (old) state.clearForeign = old.clear
  if (restored) state.setPendingRemember(restored.cookie)
  // As after a login: two valid sessions would be ambiguous again on the next request. If this fails, that one tries again.
  if (session && unchosen.length > 0) {
    state.clearOtherPaths()
    await leaveUnchosen(state, 'login', context.deadline()).catch(() => {})
  }
  return state
}

async function openedBy(result: ImportResult<LoadedSession>, engine: Engine, carrier: HttpCarrier): Promise<Opened> {
  const { context } = engine
  const { outcome, imported, skipped } = own(result)
  if (outcome === 'imported') {
    const session = imported?.session
    // Another client may have imported it, with a copy of the cookie.
    return session && (await isBound(engine, carrier, session)) ? { outcome, session } : { outcome: 'mismatch' }
  }
  if (outcome === 'reused' && imported) context.report({ type: 'reused', id: imported.id }, imported.session.record)
  if (outcome === 'rejected') context.events.emit({ type: 'rejected', id: undefined, reason: 'import' })
  if (skipped) context.events.emit({ type: 'import-skipped', reason: skipped })
  return { outcome }
}

/**
 * Exactly one valid cookie is accepted. Of several valid ones, those count in which this application has a part. If two do,
 * they are ambiguous: one may be planted (decision 017).
 */
export async function openCookies(
  engine: Engine,
  values: readonly string[],
  open: (value: string) => Promise<Opened>,
  deadline: Deadline,
): Promise<Found> {
  if (values.length === 0) return { opened: { outcome: 'none' }, unchosen: [], allValid: true }
  const first = await open(values[0]!)
  if (values.length === 1 && hasSession(first)) return { opened: first, unchosen: [], allValid: true }
  return choose(engine, values, first, open, deadline)
}

/** Chooses among what the values open, or reports why the only one opens nothing. `first`: what the first value has opened. */
async function choose(
  engine: Engine,
  values: readonly string[],
  first: Opened,
  open: (value: string) => Promise<Opened>,
  deadline: Deadline,
): Promise<Found> {
  let isAllValid = true
  const valid = new Map<string, Resumed>()
  const reused: Unopened[] = []
  for (const [i, value] of values.entries()) {
    const opened = i === 0 ? first : await open(value)
    if (!hasSession(opened)) {
      isAllValid = false
      if (opened.outcome === 'reused') reused.push(opened)
      continue
    }
    const { id } = opened.session.record
    const other = valid.get(id)
    if (!other || isNewer(opened, other)) valid.set(id, opened)
  }
  for (const { id, replaced } of reused) {
    // Left under an earlier cookie path, beside the current token: no theft.
    if (id === undefined || valid.has(id)) continue
    engine.context.report({ type: 'reused', id }, replaced?.record)
    if (replaced && engine.context.options.onReuse === 'destroy')
      await engine.persistence.end(replaced.record, deadline)
  }
  if (valid.size === 0) return { opened: first, unchosen: [], allValid: isAllValid }
  const { audience } = engine.context.options
  const all = [...valid.values()]
  const ours = all.length === 1 ? all : all.filter(({ session }) => session.record.audiences.has(audience))
  const chosen = ours.length === 1 ? ours[0] : undefined
  if (!chosen) engine.context.events.emit({ type: 'duplicate', ids: [...valid.keys()] })
  return {
    opened: chosen ?? { outcome: 'malformed' },
    unchosen: all.flatMap((opened) => (opened === chosen ? [] : opened.session)),
    allValid: isAllValid,
  }
}

type Resumed = Extract<Opened, { session: LoadedSession }>
type Unopened = Exclude<Opened, Resumed>

/** Of two cookies of one session, the current token counts, and the later state of a sealed one. */
const isNewer = (opened: Resumed, other: Resumed): boolean =>
  opened.outcome === other.outcome ? opened.session.touchedAt > other.session.touchedAt : opened.outcome === 'resumed'

/** What one value opens. A session that `isAllowed` refuses is bound to another client. */
export async function openValue(
  engine: Engine,
  value: string,
  isAllowed: (session: LoadedSession) => Promise<boolean>,
  deadline: Deadline,
): Promise<Opened> {
  if (value.length > MAX_COOKIE_BYTES * engine.context.options.cookie.chunks) return { outcome: 'malformed' }
  const opened = await engine.persistence.open(value, deadline)
  if (!hasSession(opened) || (await isAllowed(opened.session))) return opened
  return { outcome: 'mismatch' }
}

/** Whether a session may be used by this client. If not, that is reported. */
async function isBound({ context }: Engine, carrier: HttpCarrier, { record }: LoadedSession): Promise<boolean> {
  if (!record.bound || (await isBoundTo(carrier, record.bound))) return true
  context.report({ type: 'mismatch', id: record.id }, record)
  return false
}

async function restore(
  engine: Engine,
  carrier: HttpCarrier,
  cookie: RequestCookie,
  request: Omit<Restoring, 'bound'>,
  deadline: Deadline,
): Promise<Restored | undefined> {
  const { context, remember } = engine
  const value = await onlyLive(cookie.values(), remember, deadline)
  if (value === undefined) return undefined
  const bound = await bindTo(carrier, context.options.bind)
  const restored = await remember?.restore(value, { ...request, bound }, deadline)
  // A parallel request may have restored the session, and that request may come from another client.
  const begun = restored?.session
  return !begun || (await isBound(engine, carrier, begun)) ? restored : undefined
}

/** The remember-me that restores: the only one that came, or the only one of several that is live. */
async function onlyLive(values: readonly string[], remember: RememberMe | undefined, deadline: Deadline) {
  if (values.length < 2) return values[0]
  const live: string[] = []
  for (const value of values) if ((await remember?.identify(value, deadline)) !== undefined) live.push(value)
  return live.length === 1 ? live[0] : undefined
}

import { isSessionError } from '../errors'
import { channels, traced } from '../events/channels'
import type { SessionCommitMessage } from '../events/messages'
import { clearSiteData, type SiteData, varyByCookie } from '../http/headers'
import type { LoadedSession } from '../persistence/persistence'
import { isFirstUse as isFirstUseOfSealed } from '../persistence/successors'
import { type Edits, NO_EDITS } from '../record/changes'
import { isUsed } from '../record/record'
import { confirmationDue } from '../record/secrets'
import { remaining, renewalDue, type SessionRemaining, type TimeoutPolicy, touchDue, verdict } from '../record/timeouts'
import { byteLength } from '../seal/bytes'
import { countAsReported, reportDropped } from './dropped'
import { clearForeign } from './import'
import type { RequestState } from './state'

/**
 * - `write`: stores the edits, and renews the token if that is due. The headers wait; a failure is the response's error.
 * - `renew`: only sends a new cookie, or notes that the last one has come back. The headers wait; after a failure the next request tries again.
 * - `touch`: notes the activity in the store, in the background.
 * - `ignore`: no store call and no header.
 */
type Action = SessionCommitMessage['action']

/** The commit rule. `dropped`: the response keeps no changes, so there are no edits either. The first match decides. */
function actionFor(state: RequestState, edits: Edits, dropped: boolean): Action {
  const { ended, engine, openedAt, session } = state
  const { timeouts } = engine.context.options
  if (edits.size > 0) return 'write'
  if (!session || ended) return 'ignore'
  if (!dropped && isRenewalDue(session, timeouts, openedAt)) return 'renew'
  if (!dropped && isFirstUse(session, engine.context.options.audience)) return 'renew'
  const { idle } = session.record
  if (!touchDue({ touchedAt: session.touchedAt, idle }, timeouts, openedAt) && !isFirstUseSinceLogin(state))
    return 'ignore'
  if (engine.persistence.touch) return 'touch'
  return dropped ? 'ignore' : 'renew'
}

const isRenewalDue = ({ record, stale, stored }: LoadedSession, timeouts: TimeoutPolicy, at: number): boolean =>
  !stale && (stored?.token.outdated || renewalDue(record, timeouts, at))

/** Whether a new token has come back for the first time: then the grace of the one before it must begin to end. */
function isFirstUse(session: LoadedSession, audience: string): boolean {
  const { record, stale, stored } = session
  if (!stored) return isFirstUseOfSealed(session, audience)
  if (!stored.token.presented || stale) return false
  return confirmationDue(record) || (record.audiences.get(audience)?.unconfirmed ?? false)
}

/** The first request after a login, if that decides which session `evict-oldest` ends. */
function isFirstUseSinceLogin({ audience, engine, openedAt, session }: RequestState): boolean {
  const { maxPerSubject, onLimit } = engine.context.options
  if (!session || maxPerSubject === undefined || onLimit !== 'evict-oldest') return false
  const isUsedAt = (touchedAt: number) => isUsed({ ...session.record, touchedAt }, audience)
  return isUsedAt(openedAt) && !isUsedAt(session.touchedAt)
}

/** The response keeps no change to `data` and renews no token. */
const isDropped = ({ carrier, failed }: RequestState) => failed || carrier.statusCode >= 500 || carrier.aborted

/** The time left once the response has left: what the commit is going to do to the clocks counts as done. */
export function remainingAfterCommit(state: RequestState): SessionRemaining {
  const { carrier, engine, session } = state
  const { clock, timeouts } = engine.context.options
  const now = clock()
  if (!session) return remaining({ startedAt: now, renewedAt: now, touchedAt: now, idle: undefined }, timeouts, now)
  let { renewedAt } = session.record
  let { touchedAt } = session
  const action = carrier.headersSent ? 'ignore' : actionFor(state, NO_EDITS, isDropped(state))
  if (action !== 'ignore') touchedAt = state.openedAt
  if (action === 'renew' && isRenewalDue(session, timeouts, state.openedAt)) renewedAt = now
  return remaining({ ...session.record, renewedAt, touchedAt }, timeouts, now)
}

/**
 * What an adapter calls at the last point before the response headers leave, on error responses as well, and again when the
 * response is over. Undefined: there is nothing to wait for. Else the headers must wait, and a rejection goes to the framework's
 * error path.
 */
export function commit(state: RequestState): Promise<void> | undefined {
  const { carrier } = state
  // A method that the handler did not await began before the response, so its cookie belongs to this response.
  if (state.running) return state.running.then(() => commit(state))
  state.isOver = carrier.headersSent || carrier.aborted
  if (carrier.headersSent) {
    reportDropped(state)
    return undefined
  }
  if (state.accessed) varyByCookie(carrier)
  const dropped = isDropped(state)
  let edits = NO_EDITS
  try {
    if (dropped || state.isWithheld) reportDropped(state)
    else edits = state.working.edits()
    if (edits.size > 0) state.assertNotEnded()
  } catch (error) {
    fail(state)
    const rejected = Promise.reject(error)
    return channels.commit.hasSubscribers ? tracedCommit(state, 'write', edits, () => rejected) : rejected
  }
  const action = actionFor(state, edits, dropped)
  return channels.commit.hasSubscribers ? actTraced(state, action, edits) : act(state, action, edits)
}

const actTraced = (state: RequestState, action: Action, edits: Edits) =>
  tracedCommit(state, action, edits, () => act(state, action, edits))

function tracedCommit(
  state: RequestState,
  action: Action,
  edits: Edits,
  work: () => Promise<void> | undefined,
): Promise<void> | undefined {
  // Some adapters commit again when the headers leave: that is no second commit, unless there is something to do.
  if (state.isCommitTold && action === 'ignore') return work()
  state.isCommitTold = true
  const before = state.retries
  const message: SessionCommitMessage = {
    ...state.engine.context.source,
    action,
    keys: [...edits.keys()],
    id: state.session?.record.id,
  }
  return traced(channels.commit, message, work, () => {
    const cookie = state.cookies.session.pending?.value
    message.id = state.session?.record.id
    message.retries = state.retries - before
    message.cookieBytes = cookie === undefined ? undefined : byteLength(cookie)
  })
}

function act(state: RequestState, action: Action, edits: Edits): Promise<void> | undefined {
  if (action === 'write' || action === 'renew') return write(state, edits)
  if (action === 'touch') touchInBackground(state)
  applyCookies(state)
  return undefined
}

function fail(state: RequestState): void {
  state.failed = true
  countAsReported(state)
}

async function write(state: RequestState, edits: Edits): Promise<void> {
  try {
    // Queued, so that a commit at the end of the response waits for this one.
    await state.enqueue(() => state.change({ kind: 'commit', edits }))
  } catch (error) {
    // Without edits nothing is lost: the next request renews or touches.
    if (edits.size > 0 || !isSessionError(error)) {
      fail(state)
      throw error
    }
  }
  applyCookies(state)
}

/** Uses the instant of opening, so that a touch cannot undo what a login or a renewal has written since. */
function touchInBackground(state: RequestState): void {
  const { context, persistence } = state.engine
  const { openedAt } = state
  const session = state.session!
  const { id } = session.record
  const instants = { ...session.record, touchedAt: session.touchedAt }
  // A late touch must not revive a session that has expired in between.
  if (verdict(instants, context.options.timeouts, context.now()) !== 'alive') return
  state.session = { ...session, touchedAt: openedAt }
  const touched = persistence.touch!(session, openedAt, context.deadline()).then(
    (found) => context.report({ type: found ? 'touched' : 'touch-skipped', id }, session.record),
    () => context.report({ type: 'touch-skipped', id }, session.record),
  )
  context.background.run(touched)
}

function applyCookies(state: RequestState): void {
  const { carrier, cookies, engine } = state
  if (carrier.headersSent) return
  if (state.left && carrier.secure) clearSiteData(carrier, siteDataOf(state))
  const isSessionSet = cookies.session.applyCookies()
  const isRememberSet = cookies.remember?.applyCookies() ?? false
  if (isSessionSet || isRememberSet) {
    cookies.marker?.applyCookies(cookies)
    engine.context.warnIfInsecure(carrier)
  }
  clearForeign(state)
}

/** Browsers may clear cookies after they have kept those of the same response, which belongs to other applications then. */
function siteDataOf({ cookies, engine }: RequestState): readonly SiteData[] {
  const types = engine.context.options.clearSiteData
  return cookies.session.pending?.value ? types.filter((type) => type !== 'cookies') : types
}

import { isSessionError } from '../errors'
import { varyByCookie } from '../http/headers'
import { type Edits, NO_EDITS } from '../record/changes'
import { renewalDue, touchDue, verdict } from '../record/timeouts'
import type { RequestState } from './state'

/** What decides the fate of a session at the end of a request. */
interface Situation {
  /** `session.data` was changed. */
  readonly edited: boolean
  readonly renewalDue: boolean
  readonly touchDue: boolean
  /** A store can note activity without a new cookie. */
  readonly inStore: boolean
  /** The response keeps no changes: an error (500 or above, or a failed commit), or the client is gone. */
  readonly dropped: boolean
}

/**
 * - `write`: stores the edits, and the renewal that is due. The headers wait, and a failure is the response's error.
 * - `renew`: sends a new cookie. The headers wait, and a failure leaves it to the next request.
 * - `touch`: notes the activity in the store, in the background.
 * - `ignore`: no store call and no header.
 */
type Action = 'write' | 'renew' | 'touch' | 'ignore'

/** The commit rule. The first line that applies decides. */
function actionFor({ edited, renewalDue, touchDue, inStore, dropped }: Situation): Action {
  if (edited && !dropped) return 'write'
  if (renewalDue && !dropped) return 'renew'
  if (touchDue && inStore) return 'touch'
  if (touchDue && !dropped) return 'renew'
  return 'ignore'
}

/**
 * What an adapter calls at the last point before the response headers leave, on error responses as well. Undefined: there
 * is nothing to wait for. Else the headers must wait, and a rejection goes to the framework's error path.
 */
export function commit(state: RequestState): Promise<void> | undefined {
  const { carrier } = state
  if (carrier.headersSent) return undefined
  // A method that the handler did not await began before the response, so its cookie belongs to this response.
  if (state.running) return state.running.then(() => commit(state))
  if (state.accessed) varyByCookie(carrier)
  const dropped = state.failed || carrier.statusCode >= 500 || carrier.aborted
  let edits = NO_EDITS
  try {
    if (!dropped) edits = state.working.edits()
    if (edits.size > 0) state.assertNotEnded()
  } catch (error) {
    state.failed = true
    return Promise.reject(error)
  }
  const situation = situationOf(state, edits, dropped)
  const action = actionFor(situation)
  if (action === 'write' || action === 'renew') {
    return write(state, edits, situation.touchDue && !situation.inStore).then(() => applyCookies(state))
  }
  if (action === 'touch') touchInBackground(state)
  applyCookies(state)
  return undefined
}

function situationOf(state: RequestState, edits: Edits, dropped: boolean): Situation {
  const { context, persistence } = state.engine
  const { timeouts } = context.options
  const session = state.ended ? undefined : state.session
  return {
    edited: edits.size > 0,
    renewalDue: session !== undefined && !session.stale && renewalDue(session.record, timeouts, state.openedAt),
    touchDue: session !== undefined && touchDue(session, timeouts, state.openedAt),
    inStore: persistence.touch !== undefined,
    dropped,
  }
}

async function write(state: RequestState, edits: Edits, touch: boolean): Promise<void> {
  try {
    await state.change({ kind: 'commit', touch, edits })
  } catch (error) {
    // Without edits nothing is lost: the next request renews or touches.
    if (edits.size === 0 && isSessionError(error)) return
    state.failed = true
    throw error
  }
}

/** Uses the instant of opening, so that a touch cannot undo what a login or a renewal has written since. */
function touchInBackground(state: RequestState): void {
  const { context, persistence } = state.engine
  const { openedAt } = state
  const session = state.session!
  // A late touch must not revive a session that has expired in between.
  if (verdict({ ...session.record, touchedAt: session.touchedAt }, context.options.timeouts, context.now()) !== 'alive')
    return
  const { id } = session.record
  state.session = { ...session, touchedAt: openedAt }
  const touched = persistence.touch!(session, openedAt, context.deadline()).then(
    (found) => context.events.emit({ type: found ? 'touched' : 'touch-skipped', id }),
    () => context.events.emit({ type: 'touch-skipped', id }),
  )
  context.background(touched)
}

function applyCookies({ carrier, cookies, engine }: RequestState): void {
  if (carrier.headersSent) return
  const applied = [cookies.session.applyCookies(), cookies.remember?.applyCookies()]
  if (applied.includes(true)) engine.context.warnIfInsecure(carrier)
}

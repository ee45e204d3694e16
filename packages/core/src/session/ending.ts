import { isSessionError, SessionEndedError } from '../errors'
import type { SubjectLogoutEvent } from '../events/events'
import type { Deadline } from '../persistence/deadline'
import type { LoadedSession } from '../persistence/persistence'
import { NO_EDITS } from '../record/changes'
import { seriesNameOf } from '../record/record'
import { WorkingData } from './data'
import { dismissOld, refuseOld } from './import'
import type { RequestState } from './state'

// `logout` and `destroy`: the methods of `Session` that end it, and what a login ends.

export const logout = (state: RequestState): Promise<void> => state.operate('logout', () => leaveOrEnd(state))

/** Takes this application out of the session, and ends it if no other application is in it. */
export async function leaveOrEnd(state: RequestState): Promise<void> {
  state.left = true
  const { audience, cookies } = state
  const session = state.session ?? state.replaced
  const isShared = session && [...session.record.audiences.keys()].some((name) => name !== audience)
  if (!isShared) return end(state, 'logout')
  state.working = new WorkingData({})
  const deadline = state.engine.context.deadline()
  await refuseOld(state, session, deadline)
  try {
    await leave(state, session, deadline)
    reportLogout(state, session, 'logout')
  } catch (error) {
    cookies.session.clear()
    if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
  }
  state.ended = true
  state.clearOtherPaths()
  await leaveUnchosen(state, 'logout', deadline)
  await endUnchosenSeries(state, deadline)
  await dismissOld(state, deadline)
}

/** Takes this application out of a session that other applications still use. */
async function leave(state: RequestState, session: LoadedSession, deadline: Deadline): Promise<void> {
  const { persistence } = state.engine
  const { cookies } = state
  // The other applications get a new token. Check that it can be sent before anything is ended.
  state.assertHeadersNotSent()
  await endSeriesOf(state, session, deadline)
  cookies.remember?.clear()
  try {
    if (!state.session) throw new SessionEndedError()
    await state.change({ kind: 'leave', anyToken: false }, deadline)
  } catch (error) {
    if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
    // Another request has already replaced the token. Remove our entry anyway, and clear the cookie in this response.
    await persistence.write(session, { kind: 'leave', anyToken: true, edits: NO_EDITS }, deadline)
    cookies.session.clear()
  }
}

/** Ends this application's series of a session, before its entry goes: it could log the subject in again. */
async function endSeriesOf(state: RequestState, { record }: LoadedSession, deadline: Deadline): Promise<void> {
  const { persistence } = state.engine
  // Another request may have begun it since.
  const newest = (await persistence.find?.(record.id, deadline)) ?? record
  const series = seriesNameOf(newest.audiences.get(state.audience))
  if (series) await persistence.series?.end(series, deadline, record.id)
}

/**
 * Ends what is this application's in the other sessions whose cookies the request sent: the next request would send them
 * again. Yields whether one of them lives on for another application.
 */
export async function leaveUnchosen(state: RequestState, reason: LogoutReason, deadline: Deadline): Promise<boolean> {
  const { persistence } = state.engine
  let isShared = false
  for (const session of state.unchosen) {
    const { audiences } = session.record
    if (audiences.size > 1 || !audiences.has(state.audience)) isShared = true
    if (!audiences.has(state.audience)) continue
    if (audiences.size === 1) {
      if (await persistence.end(session.record, deadline)) reportLogout(state, session, reason)
      continue
    }
    await endSeriesOf(state, session, deadline)
    // Its cookie is not replaced: the response can set one cookie of this name, and that is another session's.
    const left = persistence.write(session, { kind: 'leave', anyToken: true, edits: NO_EDITS }, deadline)
    if (await left.catch(undefinedIfEnded)) reportLogout(state, session, reason)
  }
  state.unchosen = []
  return isShared
}

/** The same for several remember-me cookies. */
export async function endUnchosenSeries(state: RequestState, deadline: Deadline): Promise<void> {
  const { remember } = state.engine
  const values = state.cookies.remember?.values() ?? []
  for (const value of values.length > 1 ? values : []) {
    const series = await remember?.identify(value, deadline)
    if (series) await remember?.end(series, deadline, state.session?.record.id)
  }
}

function undefinedIfEnded(error: unknown): undefined {
  if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
}

type LogoutReason = SubjectLogoutEvent['reason']

/** The subject of this application's part of a session has left it. A visitor without a login leaves unreported. */
export function reportLogout(
  { audience, engine }: RequestState,
  { record }: LoadedSession,
  reason: LogoutReason,
): void {
  const subject = record.audiences.get(audience)?.subject
  if (subject !== undefined) engine.context.events.emit({ type: 'logout', id: record.id, reason }, subject)
}

export const destroy = (state: RequestState): Promise<void> => state.operate('destroy', () => end(state, 'destroy'))

async function end(state: RequestState, reason: 'logout' | 'destroy'): Promise<void> {
  state.left = true
  const { cookies } = state
  const session = state.session ?? state.replaced
  const { context, persistence } = state.engine
  // Without a store and without revocations, clearing the cookie is all that ends the session.
  if (session && !session.stored && !context.options.revocations) state.assertHeadersNotSent()
  state.reset()
  state.ended = true
  cookies.session.clear()
  cookies.remember?.clear()
  state.clearOtherPaths()
  if (state.outcome === 'unavailable') throw state.unavailable('destroy')
  const deadline = context.deadline()
  let isInUse = false
  try {
    await refuseOld(state, session, deadline)
    if (session && (await persistence.end(session.record, deadline))) reportLogout(state, session, reason)
  } finally {
    isInUse = await leaveUnchosen(state, reason, deadline)
    await endUnchosenSeries(state, deadline)
    await dismissOld(state, deadline)
  }
  // What this application had is dead, and the cookie may be that of another application's session.
  if (isInUse && (context.options.store || context.options.revocations)) cookies.session.dropPending()
}

import { checkCall } from '../check'
import { isSessionError, SessionEndedError, SessionNotFreshError, SessionUsageError } from '../errors'
import type { Deadline } from '../persistence/deadline'
import { hasSession, type LoadedSession, type RememberMe } from '../persistence/persistence'
import type { Change } from '../record/changes'
import { checkFreshness, type FreshnessOptions, freshness, isLevel } from '../record/freshness'
import { type SeriesName, seriesNameOf } from '../record/record'
import { FOREVER } from '../record/timeouts'
import { bindTo } from './binding'
import { WorkingData } from './data'
import { endUnchosenSeries, leaveOrEnd, leaveUnchosen, reportLogout } from './ending'
import { dismissOld } from './import'
import type { LoginOptions, RegenerateOptions } from './session'
import type { RequestState } from './state'

// The awaited methods of `Session`. Those of one request run one after another.

export function update(state: RequestState, key: string, fn: (value: unknown) => unknown): Promise<unknown> {
  if (typeof key !== 'string' || key === '__proto__' || typeof fn !== 'function') {
    throw misuse("session.update() takes a key and a function of its value: session.update('visits', (n = 0) => n + 1)")
  }
  return state.operate('update', async () => {
    let result: unknown
    const keepResult = async (value: unknown) => {
      result = await fn(value)
      return result
    }
    await state.change({ kind: 'update', key, fn: keepResult })
    state.working.rebaseKey(key, result)
    return result
  })
}

export function login(state: RequestState, subject: string, given: LoginOptions = {}): Promise<void> {
  if (typeof subject !== 'string' || subject === '') {
    throw misuse('session.login() takes the subject as a string that is not empty: String(user.id)')
  }
  const options = checkCall('login', given, ['label', 'remember', 'keep', 'level', 'idle'])
  const { label, level } = options
  const keep = options.keep && checkKeys(options.keep)
  if (typeof (label ?? '') !== 'string' || typeof (options.remember ?? false) !== 'boolean') {
    throw misuse('session.login() takes a label that is a string, and remember as true or false')
  }
  if (level !== undefined && !isLevel(level)) {
    throw misuse('session.login() takes a level that is a whole number of at least 1: { level: 2 }')
  }
  const idle = checkIdle(state, 'login', options.idle)
  const { context, persistence, remember } = state.engine
  if (options.remember && !remember) {
    throw misuse('login({ remember: true }) needs the option remember of createSessionManager')
  }
  const isRemembered = options.remember ?? context.options.remember?.everyLogin
  const series = isRemembered ? remember?.newId() : undefined
  return state.operate('login', async () => {
    const deadline = context.deadline()
    const bound = await bindTo(state.carrier, context.options.bind)
    const previous = seriesNameOf(state.entry)
    const had = state.session?.record.id
    try {
      await changeSubject(state, { kind: 'login', subject, label, level, idle, bound, series, keep }, deadline)
    } catch (error) {
      if (isSessionError(error, 'ERR_SESSION_LIMIT')) {
        context.events.emit({ type: 'limited', id: had, reason: 'login' }, subject)
      }
      throw error
    }
    try {
      await leaveUnchosen(state, 'login', deadline)
      await endUnchosenSeries(state, deadline)
      await replaceSeries(state, previous, deadline)
      await dismissOld(state, deadline)
    } catch (error) {
      // The login failed half-way. Its token was never sent, so discard the new session in the background.
      const { record } = state.session!
      state.reset()
      context.cleanUp((limit) => persistence.end(record, limit))
      throw error
    }
    state.left = false
    state.clearOtherPaths()
    context.report({ type: 'login', id: state.id }, state.session?.record)
  })
}

/** A lifetime in seconds as milliseconds. */
function checkIdle(state: RequestState, call: string, seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined
  const longest = (state.engine.context.options.timeouts.longest || FOREVER) / 1000
  if (typeof seconds === 'number' && seconds > 0 && seconds <= longest) return Math.max(1, Math.round(seconds * 1000))
  throw misuse(
    `session.${call}() takes an idle of more than 0 and at most ${longest} seconds, which timeouts.longest decides; it was ${seconds}`,
  )
}

function checkKeys(keep: unknown): readonly string[] {
  if (Array.isArray(keep) && keep.every((key) => typeof key === 'string')) return [...keep]
  throw misuse("session.login() takes in keep a list of keys of session.data: { keep: ['cart'] }")
}

async function changeSubject(
  state: RequestState,
  change: Change & { kind: 'login' },
  deadline: Deadline,
): Promise<void> {
  const { ended, entry, session, working } = state
  const isAnother = entry?.subject !== undefined && entry.subject !== change.subject
  if (ended || isAnother) state.working = new WorkingData({})
  state.ended = false
  try {
    await state.change(change, deadline)
    if (isAnother) reportLogout(state, session!, 'login')
  } catch (error) {
    if (!state.session || !isSessionError(error, 'ERR_SESSION_ENDED')) {
      Object.assign(state, { ended, working })
      throw error
    }
    // Another request ended or re-authenticated this session. Start a new one and carry nothing over.
    state.reset()
    await state.change(change, deadline)
  }
  // `session.data` shows what is left of it.
  if (isAnother || change.keep) state.working = new WorkingData(state.entry!.data)
}

/** After a login: ends the series of the previous login, and begins the one that this login asked for. */
async function replaceSeries(state: RequestState, previous: SeriesName | undefined, deadline: Deadline): Promise<void> {
  const { remember } = state.engine
  const cookie = state.cookies.remember
  if (!remember || !cookie) return
  const session = state.session!
  if (previous) await remember.end(previous, deadline, session.record.id)
  if (state.entry?.series) state.setPendingRemember(await beginSeries(state, remember, session, deadline))
  else if (previous || cookie.values().length > 0) cookie.clear()
}

/** @throws SessionEndedError if the session ended before its series was there to be ended with it. */
async function beginSeries(state: RequestState, remember: RememberMe, session: LoadedSession, deadline: Deadline) {
  const cookie = await remember.begin(session, deadline)
  if (hasSession(await state.engine.persistence.open(session.newToken!, deadline))) return cookie
  throw new SessionEndedError()
}

export function regenerate(state: RequestState, given: RegenerateOptions = {}): Promise<void> {
  const { empty = false } = checkCall('regenerate', given, ['empty'])
  if (typeof empty !== 'boolean') throw misuse('session.regenerate() takes empty as true or false')
  return state.operate('regenerate', async () => {
    state.assertNotEnded()
    if (empty) return startEmpty(state)
    if (state.session) await replaceToken(state)
  })
}

async function replaceToken(state: RequestState): Promise<void> {
  const { context, remember } = state.engine
  const deadline = context.deadline()
  await state.change({ kind: 'regenerate' }, deadline)
  state.clearOtherPaths()
  if (!state.entry?.series) return
  const cookie = await remember?.replaceToken(state.session!, state.cookies.remember?.values()[0], deadline)
  if (cookie) state.setPendingRemember(cookie)
}

async function startEmpty(state: RequestState): Promise<void> {
  state.working.replace({})
  if (!state.session) return
  // An anonymous one keeps its id: for the quiet window after a new token, its late requests begin no other session.
  const { size } = state.session.record.audiences
  if (state.entry?.subject === undefined && state.entry?.series === undefined && size === 1) await replaceToken(state)
  else await leaveOrEnd(state)
  state.ended = false
}

export const save = (state: RequestState): Promise<void> =>
  state.operate('save', async () => {
    if (state.isWithheld) state.assertNotEnded()
    if (state.working.edits().size > 0) await state.change({ kind: 'save' })
  })

export const touch = (state: RequestState): Promise<void> =>
  state.operate('touch', async () => {
    state.assertNotEnded()
    // Not the store's own touch: it checks neither the token nor the clocks, so it could extend a session that has ended.
    if (state.session) await state.change({ kind: 'touch' })
  })

export const reload = (state: RequestState): Promise<void> =>
  state.operate('reload', async () => {
    state.assertNotEnded()
    await state.reload()
  })

export function setIdle(state: RequestState, seconds: number | undefined): Promise<void> {
  const idle = checkIdle(state, 'setIdle', seconds)
  return state.operate('setIdle', async () => {
    state.assertNotEnded()
    const { session, working } = state
    const isSame = session ? session.record.idle === idle : working.edits().size === 0
    if (!isSame) await state.change({ kind: 'idle', idle })
  })
}

/** Not awaited: a guard whose promise is not awaited would let everyone pass. */
export function requireFresh(state: RequestState, given: FreshnessOptions): void {
  const options = checkRequirement(given)
  state.assertAvailable()
  const { context } = state.engine
  context.warnOfWithin(options.within)
  const verdict = freshness(state.entry ?? ANONYMOUS, options, context.now())
  if (verdict !== 'fresh') throw new SessionNotFreshError(verdict)
}

const ANONYMOUS = { subject: undefined, authenticatedAt: undefined, level: undefined }

function checkRequirement(given: FreshnessOptions): FreshnessOptions {
  try {
    return checkFreshness('requireFresh', given)
  } catch (error) {
    throw misuse((error as Error).message)
  }
}

const misuse = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)

import { checkCall } from '../check'
import { isSessionError, SessionUsageError } from '../errors'
import type { Deadline } from '../persistence/deadline'
import type { Ending } from '../persistence/end-session'
import type { LoadedSession } from '../persistence/persistence'
import type { Change } from '../record/changes'
import type { SessionRecord } from '../record/record'
import { bindTo } from './binding'
import { WorkingData } from './data'
import type { LoginOptions } from './session'
import type { RequestState } from './state'

// The awaited methods of `Session`. Those of one request run one after another.

export function update(state: RequestState, key: string, fn: (value: unknown) => unknown): Promise<unknown> {
  if (typeof key !== 'string' || key === '__proto__' || typeof fn !== 'function') {
    throw misuse("session.update() takes a key and a function of its value: session.update('visits', (n = 0) => n + 1)")
  }
  return state.enqueue(async () => {
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

export function login(state: RequestState, subject: string, options: LoginOptions = {}): Promise<void> {
  if (typeof subject !== 'string' || subject === '') {
    throw misuse('session.login() takes the subject as a string that is not empty: String(user.id)')
  }
  checkCall('login', options, ['label', 'remember'])
  const { label } = options
  if (typeof (label ?? '') !== 'string' || typeof (options.remember ?? false) !== 'boolean') {
    throw misuse('session.login() takes a label that is a string, and remember as true or false')
  }
  const { context, remember } = state.engine
  if (options.remember && !remember) {
    throw misuse('login({ remember: true }) needs the option remember of createSessionManager')
  }
  const isRemembered = options.remember ?? context.options.remember?.everyLogin
  const rememberedBy = isRemembered ? remember?.newId() : undefined
  return state.enqueue(async () => {
    const deadline = context.deadline()
    const bound = await bindTo(state.carrier, context.options.bind)
    const previous = state.session?.record
    await changeSubject(state, { kind: 'login', subject, label, bound, rememberedBy }, deadline)
    await replaceRemember(state, previous, deadline)
  })
}

async function changeSubject(
  state: RequestState,
  change: Change & { kind: 'login' },
  deadline: Deadline,
): Promise<void> {
  const { ended, entry, working } = state
  const isAnother = entry?.subject !== undefined && entry.subject !== change.subject
  if (ended || isAnother) state.working = new WorkingData({})
  state.ended = false
  try {
    await state.change(change, deadline)
  } catch (error) {
    if (!state.session || !isSessionError(error, 'ERR_SESSION_ENDED')) {
      Object.assign(state, { ended, working })
      throw error
    }
    // Another request ended or re-authenticated this session. Start a new one and carry nothing over.
    state.reset()
    await state.change(change, deadline)
  }
  if (isAnother) state.working = new WorkingData(state.entry!.data)
}

/** After a login: ends the remember-me of the previous login, and begins the one that this login asked for. */
async function replaceRemember(state: RequestState, previous: SessionRecord | undefined, deadline: Deadline) {
  const { context, persistence, remember } = state.engine
  const cookie = state.cookies.remember
  if (!remember || !cookie) return
  const session = state.session!
  try {
    if (previous) await persistence.end(await remember.endingOf(previous, deadline), deadline)
    if (session.record.rememberedBy) state.setPendingRemember(await remember.begin(session, deadline))
    else if (previous?.rememberedBy || cookie.values().length > 0) cookie.clear()
  } catch (error) {
    // The login failed half-way. Its token was never sent, so discard the new session in the background.
    state.reset()
    context.background(persistence.end(session.record, context.deadline()).catch(() => {}))
    throw error
  }
}

export const regenerate = (state: RequestState): Promise<void> =>
  state.enqueue(async () => {
    state.assertNotEnded()
    if (state.session) await state.change({ kind: 'regenerate' })
  })

export const save = (state: RequestState): Promise<void> =>
  state.enqueue(async () => {
    if (state.working.edits().size > 0) await state.change({ kind: 'save' })
  })

export const touch = (state: RequestState): Promise<void> =>
  state.enqueue(async () => {
    state.assertNotEnded()
    // Not the store's own touch: it checks neither the token nor the clocks, so it could extend a session that has ended.
    if (state.session) await state.change({ kind: 'touch' })
  })

export const logout = (state: RequestState): Promise<void> =>
  state.enqueue(async () => {
    const { audience, cookies, session } = state
    const isShared = session && [...session.record.audiences.keys()].some((name) => name !== audience)
    if (!isShared) return end(state)
    state.working = new WorkingData({})
    try {
      await leave(state, session)
    } catch (error) {
      cookies.session.clear()
      if (!isSessionError(error, 'ERR_SESSION_ENDED')) throw error
    }
    state.ended = true
  })

/** Takes this application out of a session that other applications still use. */
async function leave(state: RequestState, session: LoadedSession): Promise<void> {
  const { context, persistence } = state.engine
  const { cookies } = state
  // The other applications get a new token. Check that it can be sent before anything is ended.
  state.assertHeadersNotSent()
  const deadline = context.deadline()
  // Remember-me first: it could log the subject in again.
  const ending = await remembered(state, session.record, deadline)
  if (ending) await persistence.end(ending, deadline)
  cookies.remember?.clear()
  try {
    await state.change({ kind: 'leave', anyToken: false }, deadline)
  } catch (error) {
    if (!session.stored || !isSessionError(error, 'ERR_SESSION_ENDED')) throw error
    // Another request has already replaced the token. Remove our entry anyway, and clear the cookie in this response.
    await state.change({ kind: 'leave', anyToken: true }, deadline)
    cookies.session.clear()
  }
}

export const destroy = (state: RequestState): Promise<void> => state.enqueue(() => end(state))

async function end(state: RequestState): Promise<void> {
  const { cookies, session } = state
  const { context, persistence } = state.engine
  // Without a store and without revocations, clearing the cookie is all that ends the session.
  if (session && !session.stored && !context.options.revocations) state.assertHeadersNotSent()
  state.reset()
  state.ended = true
  cookies.session.clear()
  cookies.remember?.clear()
  if (state.outcome === 'unavailable') throw state.unavailable('destroy')
  if (!session) return
  const deadline = context.deadline()
  await persistence.end({ ...session.record, ...(await remembered(state, session.record, deadline)) }, deadline)
}

/** What must end besides the session. It is read again, because another request may have logged in since. */
async function remembered(state: RequestState, record: SessionRecord, deadline: Deadline): Promise<Ending | undefined> {
  const { persistence, remember } = state.engine
  return remember?.endingOf((await persistence.find?.(record.id, deadline)) ?? record, deadline)
}

const misuse = (message: string) => new SessionUsageError('ERR_SESSION_USAGE', message)

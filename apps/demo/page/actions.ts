import { batch } from '@preact/signals'
import { type Problem, type Reply, send } from './api'
import { follow } from './live'
import { followPolicy } from './policy'
import * as state from './state'
import { causeOf } from './words'

type Changed = { ended?: number | null }

/** Sends a request under the storage's path. */
const ask = <Json = unknown>(method: string, path: string, init?: RequestInit) =>
  send<Json>(method, `/${state.storage.value}/${path}`, init)

/** Loads what the page needs first, and follows the address and the clock. */
export async function start(): Promise<void> {
  await refreshAbout()
  followPolicy()
  setInterval(tick, matchMedia('(prefers-reduced-motion: reduce)').matches ? 1000 : 100)
  setInterval(() => isStarting() && void lookAgain(), 1000)
  addEventListener('hashchange', open)
  // The browser may keep the page for "back". Nothing private must be on it then, not even for a moment.
  addEventListener('pagehide', blank)
  addEventListener('pageshow', ({ persisted }) => persisted && open())
  await open()
}

/** Shows the clocks and storages as they are now, without a request to the session. */
export async function refreshAbout(): Promise<void> {
  useAbout((await send<state.About>('GET', '/demo.json')).json as state.About)
}

function useAbout(about: state.About): void {
  const before = state.about.value?.timeouts ?? about.timeouts
  const moved = (name: state.ClockName) => state.ends.value[name] + (about.timeouts[name] - before[name]) * 1000
  state.ends.value = { idle: moved('idle'), rolling: moved('rolling'), absolute: moved('absolute') }
  state.about.value = about
}

async function open(): Promise<void> {
  state.storage.value = location.hash.slice(1) || 'memory'
  blank()
  await act(refresh)
}

/** Shows nothing of the session, and does not listen to it. */
function blank(): void {
  follow(undefined)
  batch(() => {
    state.session.value = undefined
    state.events.value = []
    state.evidence.value = undefined
    state.ownSessions.value = undefined
    state.renewedAt.value = undefined
  })
}

/** Shows the session as it is now. */
export async function refresh(): Promise<void> {
  const asked = state.storage.value
  const { problem } = state.currentStorage.value ?? {}
  if (problem) return leave(`This storage is missing: ${problem}.`)
  const reply = await ask<state.Facts>('GET', 'me')
  if (asked !== state.storage.value) return
  if (reply.json.subject) {
    show(reply)
    follow(asked)
    state.evidence.value = (await ask<state.Evidence>('GET', 'evidence')).json as state.Evidence
  } else if (reply.status === 200) leave(causeOf(reply.json.outcome))
  else {
    state.notice.value = reply.json.message ?? ''
    leave(reply.json.message ?? '')
  }
}

function show({ json, at }: Reply<state.Facts & Partial<Problem>>): void {
  batch(() => {
    state.session.value = json
    state.cause.value = ''
    const { idle, rolling, absolute } = json.remaining
    const end = (seconds: number | null) => (seconds === null ? Number.POSITIVE_INFINITY : at + seconds * 1000)
    state.ends.value = { idle: end(idle), rolling: end(rolling), absolute: end(absolute) }
  })
}

/** Shows that there is no session, and why. */
export function leave(why: string): void {
  follow(undefined)
  batch(() => {
    state.session.value = null
    state.cause.value = why
    state.evidence.value = undefined
    state.ownSessions.value = undefined
    state.renewedAt.value = undefined
  })
}

/** Runs a job, and reports if the demo does not answer. */
export async function act(job: () => Promise<void>): Promise<void> {
  state.notice.value = ''
  try {
    await job()
  } catch {
    state.notice.value = 'The demo does not answer. Is it still running?'
  }
}

/** Sends a change, shows its problem if it has one, and the session afterwards. */
const change = (method: string, path: string, init?: RequestInit) =>
  act(async () => {
    const { status, json } = await ask<Changed>(method, path, init)
    if (status >= 400 && status !== 401) state.notice.value = json.message ?? ''
    await refresh()
  })

export const logIn = (name: string, password: string, remember: boolean) =>
  act(async () => {
    const authorization = `Basic ${btoa(`${name}:${password}`)}`
    const { status, json } = await ask('POST', `auth?remember=${remember}`, { headers: { authorization } })
    if (status !== 200) {
      state.notice.value = json.message ?? ''
      return
    }
    await refresh()
    if (state.session.value) return
    state.notice.value =
      'Your browser did not keep the cookie. Safari keeps no Secure cookie that came over plain http: ' +
      'start the demo with COOKIE_SECURE=false.'
  })

export const logOut = () =>
  act(async () => {
    follow(undefined)
    await ask('DELETE', 'auth?session_logout=true')
    leave('You logged out. Copies of your cookie stopped working at once.')
  })

export const setEntry = (key: string, value: string) =>
  change('PUT', `session/data/${encodeURIComponent(key)}`, { body: value })
export const deleteEntry = (key: string) => change('DELETE', `session/data/${encodeURIComponent(key)}`)
export const count = () => change('POST', 'session/counter')
export const endSession = (id: string) => change('DELETE', `sessions/${encodeURIComponent(id)}`)
export const endOthers = () => change('DELETE', 'sessions')

export const setClocks = (idle: number) =>
  act(async () => {
    const { status, json } = await send<state.About>('PUT', '/demo/clocks', { body: JSON.stringify({ idle }) })
    if (status === 200) useAbout(json as state.About)
    if (state.session.value) await refresh()
  })

export const attempt = (name: string) =>
  act(async () => {
    const set = (report?: 'running' | { ours: state.Report; theirs: state.Report }) => {
      const { [name]: _, ...others } = state.reports.value
      state.reports.value = report ? { ...others, [name]: report } : others
    }
    set('running')
    type Both = { ours: state.Report; theirs: state.Report }
    const { status, json } = await send<Both>('POST', `/demo/attempt/${name}?storage=${state.storage.value}`).catch(
      (error) => {
        set()
        throw error
      },
    )
    set(status === 200 ? (json as Both) : undefined)
    if (status !== 200) state.notice.value = json.message ?? ''
  })

export async function attemptAll(): Promise<void> {
  for (const { name } of state.about.value.attempts) await attempt(name)
}

export const tourKong = (name: string) =>
  act(async () => {
    const { status, json } = await send<state.KongTour>('POST', `/demo/kong/${name}`)
    if (status !== 200) state.notice.value = json.message ?? ''
    else state.kongTours.value = { ...state.kongTours.value, [name]: json as state.KongTour }
  })

/** A storage that was still starting may be there by now. */
const isStarting = () => state.about.value.storages.some(({ problem }) => problem?.includes('still starting'))

async function lookAgain(): Promise<void> {
  const before = state.currentStorage.value?.problem
  await refreshAbout()
  if (before && !state.currentStorage.value?.problem) await act(refresh)
}

function tick(): void {
  state.now.value = Date.now()
  if (!state.session.value) return
  // Asks a second after the end, because an earlier request would keep the session alive.
  if (Math.min(...Object.values(state.ends.value)) > state.now.value - 1500) return
  state.session.value = undefined
  act(refresh)
}

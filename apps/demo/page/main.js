import { send } from './api.js'
import { drawClocks, moveClocks } from './clocks.js'
import { $ } from './dom.js'
import {
  drawChoices,
  showCause,
  showChoices,
  showData,
  showList,
  showReplies,
  showSections,
  showSession,
} from './view.js'

/** @typedef {import('./api.js').Reply} Reply */

/** @type {import('./view.js').About} */
const about = await (await fetch('/demo.json')).json()

/** The demo's last reply about the session; undefined while the user is logged out. @type {Reply | undefined} */
let session

const storage = () => location.hash.slice(1) || 'memory'
const notice = (/** @type {string} */ text) => {
  $('notice').textContent = text
}

/** Sends a request under the storage's path. @param {string} method @param {string} path @param {Parameters<typeof send>[2]} [init] */
const ask = (method, path, init) => send(method, `/${storage()}/${path}`, init).finally(showReplies)

/** Shows the session as it is now. */
async function refresh() {
  const asked = storage()
  const reply = await ask('GET', 'session')
  if (asked !== storage()) return
  const { status, json } = reply
  session = status === 200 ? reply : undefined
  showSections(session ? true : status === 401 ? false : undefined)
  if (session) {
    showSession(json)
    showData(json.data, (key) => change('DELETE', `session/data/${encodeURIComponent(key)}`))
    moveClocks(about.timeouts, session)
  } else if (status === 401) {
    showCause(json.outcome)
  } else {
    notice(json.message)
  }
}

/** Shows the session and, where there is one, all sessions of its subject. */
async function refreshAll() {
  await refresh()
  if (session) showList((await ask('GET', 'sessions')).json, (id) => end(`sessions/${id}`))
}

/** Runs a job, keeps the keyboard focus in a sensible place, and reports if the demo does not answer. @param {() => Promise<void>} job */
async function act(job) {
  const section = document.activeElement?.closest('section')
  notice('')
  try {
    await job()
  } catch {
    notice('The demo does not answer. Is it still running?')
  }
  const { activeElement } = document
  const lost = activeElement === document.body || activeElement?.closest('[hidden]')
  if (!section || !lost) return
  const next = section.hidden ? $(session ? 'session' : 'login') : section
  next.querySelector('h2')?.focus()
}

/** @param {string} method @param {string} path @param {string} [body] */
const change = (method, path, body) =>
  act(async () => {
    const { status, json } = await ask(method, path, { body })
    if (status >= 400 && status !== 401) notice(json.message)
    await refresh()
  })

/** @param {string} path */
const end = (path) =>
  act(async () => {
    const { status, json } = await ask('DELETE', path)
    if (status >= 400 && status !== 401) notice(json.message)
    await refreshAll()
  })

/** @param {FormData} form */
const logIn = (form) =>
  act(async () => {
    const authorization = `Basic ${btoa(`${form.get('name')}:${form.get('password')}`)}`
    const { status, json } = await ask('POST', 'auth', { headers: { authorization } })
    if (status !== 200) return notice(json.message)
    await refreshAll()
    if (session) return
    notice(
      'Your browser did not keep the cookie. Safari keeps no Secure cookie that came over plain http: ' +
        'start the demo with COOKIE_SECURE=false.',
    )
  })

/** Handles a form without leaving the page. @param {string} id @param {(form: FormData) => void} handle */
function onSubmit(id, handle) {
  const form = /** @type {HTMLFormElement} */ ($(id))
  form.onsubmit = (event) => {
    event.preventDefault()
    handle(new FormData(form))
  }
}

function tick() {
  if (!session) return
  // Asks 1.5 seconds after the end, because an earlier request would keep the session alive.
  if (moveClocks(about.timeouts, session) < -1.5) {
    session = undefined
    act(refresh)
  }
}

function open() {
  showChoices(about, storage())
  showSections(undefined)
  session = undefined
  act(refreshAll)
}

onSubmit('login-form', logIn)
onSubmit('data-form', (form) =>
  change('PUT', `session/data/${encodeURIComponent(`${form.get('key')}`)}`, `${form.get('value')}`),
)
$('count').onclick = () => change('POST', 'session/counter')
$('refresh').onclick = () => act(refreshAll)
$('logout').onclick = () => end('auth?session_logout=true')
$('end-others').onclick = () => end('sessions')

drawChoices(about)
drawClocks(about.timeouts)
setInterval(tick, 250)
window.onhashchange = open
open()

import { replies } from './api.js'
import { $, element, rowButton } from './dom.js'

/** @typedef {{ framework: string, frameworks: { name: string, port: number }[], storages: { name: string, note?: string, problem?: string }[], timeouts: import('./clocks.js').Timeouts }} About */
/** @typedef {{ id: string, current: boolean, label?: string, lastActiveAt: number }} Summary */

/** Why there is no session, by outcome. @type {Record<string, string>} */
const causes = {
  none: 'No session cookie came with the request.',
  unknown: 'The session of your cookie has ended.',
  revoked: 'Your cookie was ended before its clocks ran out.',
  reused: 'Your cookie was renewed long ago, and this is a copy of the old one.',
  rejected: 'Your cookie does not open. Was the demo restarted with another secret?',
  'expired:idle': 'The session has expired: there was no activity for too long.',
  'expired:rolling': 'The session has expired: no request came in time to renew the cookie.',
  'expired:absolute': 'The session has expired: it reached its maximum length.',
}

/** Creates the links to the frameworks and the storages. @param {About} about */
export function drawChoices({ frameworks, storages }) {
  const link = (/** @type {string} */ name) => element('li', {}, element('a', {}, name))
  $('frameworks').replaceChildren(...frameworks.map(({ name }) => link(name)))
  $('storages').replaceChildren(...storages.map(({ name }) => link(name)))
}

/** Marks the current framework and storage. It keeps the link elements, and so the keyboard focus. @param {About} about @param {string} storage */
export function showChoices({ framework, frameworks, storages }, storage) {
  const { protocol, hostname } = location
  for (const [index, { name, port }] of frameworks.entries()) {
    showChoice('frameworks', index, `${protocol}//${hostname}:${port}/#${storage}`, name === framework)
  }
  for (const [index, { name, problem }] of storages.entries()) {
    const link = showChoice('storages', index, `#${name}`, name === storage)
    link.classList.toggle('missing', problem !== undefined)
  }
  const { note, problem } = storages.find(({ name }) => name === storage) ?? {}
  $('note').textContent = problem
    ? ''
    : `The session is kept ${note}. A cookie is sent to every port: the frameworks share it.`
}

/** @param {string} id @param {number} index @param {string} href @param {boolean} current */
function showChoice(id, index, href, current) {
  const link = /** @type {HTMLAnchorElement} */ ($(id).querySelectorAll('a')[index])
  link.href = href
  if (current) link.setAttribute('aria-current', 'true')
  else link.removeAttribute('aria-current')
  return link
}

/** Shows the sections for a logged-in or a logged-out user. @param {boolean | undefined} loggedIn undefined: hides both. */
export function showSections(loggedIn) {
  $('login').hidden = loggedIn !== false
  for (const id of ['session', 'data', 'sessions']) $(id).hidden = loggedIn !== true
}

/** @param {string} outcome */
export function showCause(outcome) {
  $('why').textContent = causes[outcome] ?? 'Your cookie holds no session.'
  $('why').append(' ', element('code', {}, outcome))
}

/** @param {{ id: string, outcome: string, subject: string }} session */
export function showSession({ id, outcome, subject }) {
  $('id').textContent = id
  $('outcome').textContent = outcome
  $('subject').textContent = subject
}

/** @param {Record<string, unknown>} data @param {(key: string) => void} remove */
export function showData(data, remove) {
  const rows = Object.entries(data).map(([key, value]) =>
    element(
      'li',
      {},
      element('span', {}, element('strong', {}, key), ' ', element('code', {}, JSON.stringify(value))),
      rowButton('Delete', `Delete ${key}`, () => remove(key)),
    ),
  )
  $('entries').replaceChildren(...(rows.length > 0 ? rows : [element('li', { className: 'quiet' }, 'Empty.')]))
}

/** @param {{ sessions?: Summary[], message?: string }} found @param {(id: string) => void} end */
export function showList({ sessions = [], message = '' }, end) {
  $('no-list').textContent = message
  $('list').replaceChildren(
    ...sessions.map(({ id, current, label, lastActiveAt }) => {
      const active = element('small', {}, ` active ${new Date(lastActiveAt).toLocaleTimeString()}`)
      const facts = element('span', {}, element('strong', {}, device(label)), active)
      if (current) facts.append(' ', element('em', {}, 'this one'))
      facts.append(element('code', { className: 'id' }, id))
      return element(
        'li',
        {},
        facts,
        rowButton('End', `End the session ${id}`, () => end(id)),
      )
    }),
  )
}

/** A readable user agent: Firefox on Linux. @param {string} [label] */
function device(label = 'unknown') {
  const browser = /Edg|OPR|Firefox|Chrome|Safari/.exec(label)?.[0]
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(label)?.[0]
  return browser && system ? `${browser} on ${system}` : label.slice(0, 40)
}

/** A path that may wrap after each slash. @param {string} path */
const breakable = (path) => path.split(/(?<=.\/)/).flatMap((part) => [part, element('wbr', {})])

/** Shows the last responses. */
export function showReplies() {
  $('responses').replaceChildren(
    ...replies.map(({ method, path, status, setsCookie, at }) => {
      const request = element('span', {}, element('code', {}, `${method} `, ...breakable(path)))
      if (setsCookie) request.append(' ', element('em', {}, 'sets the cookie'))
      const time = element('small', {}, new Date(at).toLocaleTimeString())
      return element(
        'li',
        {},
        element('strong', { className: status < 400 ? 'good' : 'bad' }, `${status}`),
        request,
        time,
      )
    }),
  )
}

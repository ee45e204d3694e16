import { $, element } from './dom.js'

/** @typedef {'idle' | 'rolling' | 'absolute'} ClockName */
/** @typedef {Record<ClockName | 'renewAfter' | 'touchThreshold', number>} Timeouts In seconds; 0 for a clock that is off. */
/** @typedef {import('./api.js').Reply} Reply */

/** What each clock counts from. @type {Record<ClockName, (timeouts: Timeouts) => string>} */
const rules = {
  idle: ({ touchThreshold }) => `Since the last activity, which is recorded every ${duration(touchThreshold)} at most.`,
  rolling: () => 'Since the cookie was renewed.',
  absolute: () => 'Since you logged in. Only a new login starts it again.',
}
const names = /** @type {ClockName[]} */ (Object.keys(rules))

/** Creates the three bars. @param {Timeouts} timeouts */
export function drawClocks(timeouts) {
  $('clocks').replaceChildren(
    ...names.map((name) => {
      const bar = element('progress', { id: `${name}-bar`, max: timeouts[name] || 1 })
      bar.setAttribute('aria-labelledby', `${name}-name`)
      const track = element('div', { className: 'track' }, bar)
      if (name === 'rolling' && timeouts.rolling > 0) track.append(renewalMark(timeouts))
      const head = [element('strong', { id: `${name}-name` }, name), element('span', { id: `${name}-left` })]
      const rule = timeouts[name] > 0 ? rules[name](timeouts) : 'Switched off.'
      return element('li', {}, ...head, track, element('p', { id: `${name}-rule`, className: 'quiet' }, rule))
    }),
  )
}

/** Marks the point after which a request renews the cookie. @param {Timeouts} timeouts */
function renewalMark({ renewAfter }) {
  const mark = element('span', { className: 'mark' })
  mark.style.insetInlineStart = `${100 * (1 - renewAfter)}%`
  return mark
}

/**
 * Moves the bars to where they are now. Returns the seconds until the first clock runs out, negative once it has.
 * @param {Timeouts} timeouts
 * @param {Reply} reply What the demo said of the session.
 */
export function moveClocks(timeouts, reply) {
  const passed = (Date.now() - reply.at) / 1000
  let nearest = Number.POSITIVE_INFINITY
  for (const name of names) {
    if (timeouts[name] === 0) continue
    const left = reply.json.remaining[name] - passed
    nearest = Math.min(nearest, left)
    const bar = /** @type {HTMLProgressElement} */ ($(`${name}-bar`))
    bar.value = Math.max(0, left)
    $(`${name}-left`).textContent = `${duration(left)} of ${duration(timeouts[name])}`
    if (name === 'rolling') $('rolling-rule').textContent = `${rules.rolling(timeouts)} ${renewal(timeouts, left)}`
  }
  return nearest
}

/** @param {Timeouts} timeouts @param {number} left */
function renewal({ rolling, renewAfter }, left) {
  const until = left - rolling * (1 - renewAfter)
  return until > 0 ? `Past the mark, in ${duration(until)}, a request renews it.` : 'The next request renews it.'
}

/** Seconds for people: 0:09, 14:59, 23:59:59, 12 days. @param {number} seconds */
function duration(seconds) {
  const whole = Math.max(0, Math.ceil(seconds))
  if (whole >= 3 * 86_400) return `${Math.floor(whole / 86_400)} days`
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

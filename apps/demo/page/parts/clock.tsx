import { type ClockName, ends, now, session } from '../state'
import { duration } from '../words'

const RADIUS = 52
const AROUND = 2 * Math.PI * RADIUS

/** One clock as a ring that empties. `mark` is the share of the time after which something is due. */
export function Clock({
  name,
  seconds,
  rule,
  mark,
}: {
  name: ClockName
  seconds: number
  rule: string
  mark?: number
}) {
  const isOff = seconds === 0
  const left = session.value ? Math.max(0, Math.min(seconds, (ends.value[name] - now.value) / 1000)) : seconds
  const share = isOff ? 1 : left / seconds
  const angle = mark === undefined ? 0 : 360 * (1 - mark)
  return (
    <li class={`clock ${name} ${session.value && share < 0.2 ? 'low' : ''}`}>
      <svg
        viewBox="0 0 120 120"
        role="img"
        aria-label={isOff ? `${name}: off` : `${name}: ${duration(left)} of ${duration(seconds)}`}
      >
        <circle class="track" cx="60" cy="60" r={RADIUS} />
        <circle
          class="left"
          cx="60"
          cy="60"
          r={RADIUS}
          stroke-dasharray={`${(share * AROUND).toFixed(2)} ${AROUND.toFixed(2)}`}
          transform="rotate(-90 60 60)"
        />
        {mark !== undefined && !isOff && (
          <line class="mark" x1="60" y1="0" x2="60" y2="17" transform={`rotate(${angle} 60 60)`} />
        )}
        <text x="60" y="64" class="time">
          {isOff ? 'off' : duration(left)}
        </text>
        <text x="60" y="82" class="of">
          {isOff ? '' : `of ${duration(seconds)}`}
        </text>
      </svg>
      <h3>{name}</h3>
      <p>{isOff ? 'Switched off.' : rule}</p>
    </li>
  )
}

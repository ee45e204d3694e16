import { useRef, useState } from 'preact/hooks'
import { setClocks } from '../actions'
import { about, ends, now, session } from '../state'
import { duration } from '../words'
import { Clock } from './clock'

/** The three clocks, each of which can end the session, and the slider that sets them. */
export function Clocks() {
  const { idle, rolling, absolute, renewAfter, touchThreshold } = about.value.timeouts
  const untilRenewal = (ends.value.rolling - now.value) / 1000 - rolling * (1 - renewAfter)
  const renewal = !session.value
    ? 'past the mark, a request renews it.'
    : untilRenewal > 0
      ? `in ${duration(untilRenewal)}, at the mark, a request renews it.`
      : 'the next request renews it.'
  return (
    <div class="clocks-box">
      <h2>Three clocks, and each can end it</h2>
      <ul class="clocks">
        <Clock
          name="idle"
          seconds={idle}
          rule={`Since the last activity, recorded every ${Math.ceil(touchThreshold)} s.`}
        />
        <Clock name="rolling" seconds={rolling} rule={`Since the cookie was renewed: ${renewal}`} mark={renewAfter} />
        <Clock name="absolute" seconds={absolute} rule="Since you logged in. Only a new login starts it again." />
      </ul>
      <Slider idle={idle} />
    </div>
  )
}

function Slider({ idle }: { idle: number }) {
  const [chosen, choose] = useState<number>()
  const input = useRef<HTMLInputElement>(null)
  const value = chosen ?? idle
  return (
    <label class="slider">
      <span>
        Set the clocks: <strong>{value} s</strong> idle, {duration(4 * value)} rolling, {duration(20 * value)} absolute
      </span>
      <input
        ref={input}
        type="range"
        min="10"
        max="120"
        step="5"
        value={value}
        onInput={() => choose(Number(input.current!.value))}
        onChange={async () => {
          await setClocks(Number(input.current!.value))
          choose(undefined)
        }}
      />
    </label>
  )
}

import { about, events, session } from '../state'
import { clockTime, eventWords } from '../words'

/** The events of all sessions of this user, as they happen. */
export function LiveLog() {
  const { touchThreshold } = about.value.timeouts
  return (
    <section class="card live" aria-labelledby="live-title">
      <h2 id="live-title">
        <span class="pulse" /> Live
      </h2>
      <p class="quiet">Events of all your browsers, as the server reports them. Watching them is no activity.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
      <ol class="rows" id="events" tabIndex={0} aria-label="Events">
        {events.value.length === 0 && (
          <li class="quiet">
            Nothing yet. Wait {Math.ceil(touchThreshold)} s and send a request, or log in elsewhere.
          </li>
        )}
        {events.value.map((event, i) => (
          <li key={events.value.length - i} class={event.type}>
            {eventWords(event)}
            <small>
              <time>{clockTime(event.at)}</time>
              {event.id && (event.id === session.value?.id ? ' this session' : ` session ${event.id.slice(0, 6)}…`)}
            </small>
          </li>
        ))}
      </ol>
    </section>
  )
}

import { useRef } from 'preact/hooks'
import { endOthers, endSession } from '../actions'
import { type OwnSession, ownSessions, session } from '../state'
import { clockTime, device } from '../words'

/** All sessions of the user, and buttons that end them. */
export function MySessions() {
  const title = useRef<HTMLHeadingElement>(null)
  const end = async (id: string) => {
    await endSession(id)
    title.current?.focus()
  }
  const isThis = ({ id }: OwnSession) => id === session.value!.id
  const own = ownSessions.value?.toSorted((a, b) => Number(isThis(b)) - Number(isThis(a)))
  return (
    <section class="card sessions" aria-labelledby="sessions-title">
      <h2 id="sessions-title" tabIndex={-1} ref={title}>
        My sessions
      </h2>
      {own ? (
        <ul class="rows" id="list">
          {own.map((each) => (
            <li key={each.id}>
              <span>
                <strong>{device(each.label)}</strong> {isThis(each) && <span class="tag">this one</span>}
                <small>active at {clockTime(each.lastActiveAt)}</small>
              </span>
              <button type="button" aria-label={`End the session ${each.id}`} onClick={() => end(each.id)}>
                End
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p class="quiet" id="no-list">
          This storage keeps no list: each session is in its own browser. It can still end all others.
        </p>
      )}
      <p class="buttons">
        <button type="button" onClick={endOthers}>
          End all others
        </button>
        <small>Open this page in a private window to have a second one: it learns of its end at once.</small>
      </p>
    </section>
  )
}

import { act, leave, refresh, refreshAbout } from './actions'
import * as state from './state'
import { clockTime } from './words'

let stream: EventSource | undefined
let followed: string | undefined

/** Listens to the events of this user's sessions in a storage; undefined for none. Listening is no activity. */
export function follow(storage: string | undefined): void {
  if (storage !== undefined && storage === followed && stream?.readyState !== EventSource.CLOSED) return
  stream?.close()
  followed = storage
  if (storage === undefined) return
  stream = new EventSource(`/${storage}/events`)
  // The demo sends the last events again to each stream.
  stream.onopen = () => {
    state.events.value = []
  }
  stream.onmessage = ({ data }) => take(JSON.parse(data))
  stream.onerror = () => {
    // It comes back by itself, unless the server refuses it: the demo was started again, or the session is over.
    if (stream?.readyState === EventSource.CLOSED && followed) void act(refresh)
  }
  stream.addEventListener('sessions', ({ data }) => {
    state.ownSessions.value = JSON.parse(data)
  })
}

function take(event: state.LiveEvent): void {
  state.log(event)
  if (event.type === 'clocks') return void refreshAbout()
  if (event.isPast || event.id !== state.session.value?.id) return
  const { idle, rolling } = state.about.value.timeouts
  const later = (seconds: number) => (seconds === 0 ? Number.POSITIVE_INFINITY : event.at + seconds * 1000)
  if (event.type === 'touched' || event.type === 'renewed')
    state.ends.value = { ...state.ends.value, idle: later(idle) }
  if (event.type === 'renewed') {
    state.ends.value = { ...state.ends.value, rolling: later(rolling) }
    state.renewedAt.value = event.at
  }
  if (event.type === 'revoked') leave(`This session was ended from another browser at ${clockTime(event.at)}.`)
  if (event.type === 'destroyed') leave(`This session was ended by a logout at ${clockTime(event.at)}.`)
}

import type { SessionEvent } from '@sojourn/session-core'

/** An event as the page gets it: what core said, in which storage and when. */
export type LiveEvent = { readonly isPast?: true } & (SessionEvent | { readonly type: 'clocks'; readonly at: number })

type Listener = (event: LiveEvent) => void

/** How many owners of sessions, and sessions without one, are kept. */
const MAX_KEPT = 1000

/** How many events of each user are kept, for a browser that joins. */
const MAX_RECENT = 20

/**
 * Passes the events of sessions on to the browsers of their user. Core's events name a session by its id, and its user by a
 * hash at the most; the hub learns from each commit whose session it is, and holds events back until it knows.
 */
export class EventHub {
  readonly #owners = new Map<string, string>()
  readonly #unclaimed = new Map<string, LiveEvent[]>()
  readonly #recent = new Map<string, LiveEvent[]>()
  readonly #listeners = new Set<{ readonly user: string; readonly listener: Listener }>()

  /** Calls the listener with the last and all further events of a user's sessions in one storage. Returns what ends that. */
  listen(storage: string, subject: string, listener: Listener): () => void {
    const entry = { user: `${storage}/${subject}`, listener }
    for (const event of this.#recent.get(entry.user) ?? []) listener({ ...event, isPast: true })
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  /** Passes an event on, at once if its session's user is known. Events without a session are not any user's. */
  publish(storage: string, event: SessionEvent): void {
    const id = 'id' in event ? event.id : undefined
    if (id === undefined) return
    const key = `${storage}/${id}`
    const live = { ...event, ...('error' in event && { error: String(event.error) }) }
    const user = this.#owners.get(key)
    if (user) this.#send(user, live)
    else keep(this.#unclaimed, key, [...(this.#unclaimed.get(key) ?? []), live])
  }

  /** Says whose session this is. */
  claim(storage: string, id: string, subject: string): void {
    const [key, user] = [`${storage}/${id}`, `${storage}/${subject}`]
    keep(this.#owners, key, user)
    for (const event of this.#unclaimed.get(key) ?? []) this.#send(user, event)
    this.#unclaimed.delete(key)
  }

  /** The ids of a user's sessions that are known. */
  idsOf(storage: string, subject: string): string[] {
    const prefix = `${storage}/`
    const own = [...this.#owners].filter(([key, user]) => key.startsWith(prefix) && user === `${storage}/${subject}`)
    return own.map(([key]) => key.slice(prefix.length))
  }

  /** Tells every browser that the clocks were set, at an instant. */
  clocksSet(at: number): void {
    for (const { listener } of this.#listeners) listener({ type: 'clocks', at })
  }

  #send(user: string, event: LiveEvent): void {
    keep(this.#recent, user, [...(this.#recent.get(user) ?? []), event].slice(-MAX_RECENT))
    for (const entry of this.#listeners) if (entry.user === user) entry.listener(event)
  }
}

/** Sets a key, and drops the oldest one if there are too many. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX_KEPT) map.delete(map.keys().next().value!)
}

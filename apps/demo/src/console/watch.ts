import type { SessionClock } from '@sojourn/session-core'
import type { Sessions } from '../storages'
import type { EventHub } from './event-hub'

/** The manager, with a hub that learns from each commit whose session it was, and hears of the sessions that `revokeAll` ends. */
export const watched = (storage: string, sessions: Sessions, hub: EventHub, clock: SessionClock): Sessions => ({
  ...sessions,
  commit(session) {
    const { id, subject } = session
    const committed = sessions.commit(session)
    if (subject !== undefined) hub.claim(storage, id, subject)
    return committed
  },
  async revokeAll(subject, options) {
    const ended = await sessions.revokeAll(subject, options)
    // Core ends them by their user, and its event names none of them; a browser waits for the end of its own.
    const event = { type: 'revoked', reason: 'revoke-all', at: clock(), audience: 'default' } as const
    for (const id of hub.idsOf(storage, subject)) if (id !== options.except) hub.publish(storage, { ...event, id })
    return ended
  },
})

import { randomBytes } from 'node:crypto'
import {
  createSessionManager,
  memoryRevocations,
  type SessionClock,
  type SessionManagerOptions,
} from '@sojourn/session-core'
import type { Framework } from '../framework'
import type { Place, Sessions } from '../storages'
import { shiftedClock } from './shifted-clock'
import { listenOnLoopback, type Site } from './site'
import { type Switch, switchable } from './switchable'

/** What a site of ours is made of. */
export interface OurSiteOptions {
  readonly framework: Framework
  /** The storage's name, the first segment of its paths. */
  readonly storage: string
  readonly place: Place
  readonly clock: SessionClock
  /** Changes to the manager's options: tests switch a protection off. */
  readonly change?: (options: SessionManagerOptions) => SessionManagerOptions
}

/**
 * One of the demo's own servers once more, for attempts: the same framework, routes and storage. Its sessions are another
 * application's, so they are in no one's list, and its clock can be moved ahead.
 */
export async function openOurSite({
  framework,
  storage,
  place,
  clock,
  change = (same) => same,
}: OurSiteOptions): Promise<Site> {
  const { now, ahead } = shiftedClock(clock)
  const power: Switch = { stopped: false }
  const events: string[] = []
  const sessions = createSessionManager(
    change({
      secret: randomBytes(48).toString('base64'),
      audience: 'attempts',
      cookie: { name: '__Host-session' },
      remember: { name: '__Host-remember' },
      // Idle is no shorter than rolling, so that a renewal can be reached in one step.
      timeouts: { idle: 3600, rolling: 3600, absolute: 86_400 },
      clock: now,
      onEvent: ({ type }) => events.push(type),
      ...('store' in place
        ? { store: switchable(place.store, power) }
        : { revocations: switchable(memoryRevocations({ clock: now }), power) }),
    }),
  ) as Sessions
  const open = { name: storage, note: '', sessions, place, close: async () => {}, withTimeouts: () => open }
  const { url, close } = await listenOnLoopback(await framework([open]))
  return {
    url: `${url}/${storage}`,
    cookie: '__Host-session',
    rememberCookie: '__Host-remember',
    power,
    ahead,
    events: () => events,
    async close() {
      close()
      power.stopped = false
      // Leaves no rows behind.
      await sessions.revokeAll('admin', { except: '' }).catch(() => {})
      await sessions.close()
    },
  }
}

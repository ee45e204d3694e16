import { randomBytes } from 'node:crypto'
import {
  createSessionManager,
  memoryRevocations,
  type SessionClock,
  type SessionManagerOptions,
} from '@sojourn/session-core'
import type { Framework } from '../framework'
import { powerSwitch } from '../power'
import type { OpenStorage, Sessions } from '../storages'
import { Openings, REQUEST_NAME } from './openings'
import { shiftedClock } from './shifted-clock'
import { listenOnLoopback, type Site } from './site'

/** What an attempt needs of a storage. One without a power of its own is stopped by a switch in front of it. */
export type TriedStorage = Pick<OpenStorage, 'name' | 'place' | 'peer' | 'power'>

/** What a site of ours is made of. */
export interface OurSiteOptions {
  readonly framework: Framework
  readonly storage: TriedStorage
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
  clock,
  change = (same) => same,
}: OurSiteOptions): Promise<Site> {
  const { now, ahead } = shiftedClock(clock)
  const { before, power } = powerSwitch()
  const { name, place } = storage
  const events: string[] = []
  const openings = new Openings()
  const manager = createSessionManager(
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
        ? { store: before(place.store) }
        : { revocations: before(memoryRevocations({ clock: now })) }),
    }),
  ) as Sessions
  const sessions: Sessions = {
    ...manager,
    async open(carrier, request) {
      const session = await manager.open(carrier, request)
      openings.report(carrier.requestHeader(REQUEST_NAME))
      return session
    },
  }
  const open: OpenStorage = { ...storage, note: '', sessions, close: async () => {}, withTimeouts: () => open }
  const { url, close } = await listenOnLoopback(await framework([open]))
  return {
    url: `${url}/${name}`,
    library: 'Sojourn',
    cookie: '__Host-session',
    rememberCookie: '__Host-remember',
    power: storage.power ?? power,
    openings,
    ahead,
    events: () => events,
    async close() {
      close()
      // Leaves no rows behind.
      await sessions.revokeAll('admin', { except: '' }).catch(() => {})
      await sessions.close()
    },
  }
}

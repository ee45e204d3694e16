import { compatSession } from '@sojourn/session-compat/express'
import { listenOnExpress } from './express'
import { expressSessionRoutes } from './express-session'
import type { SessionServer } from './server'
import { openSessions } from './sojourn'

/** Ours with the API of express-session: the same handlers as its server has. */
export const compatSessions: SessionServer = {
  framework: 'Express',
  library: 'Sojourn, compat',
  storages: ['memory', 'Redis', 'Postgres'],
  async listen(place) {
    const { sessions, close } = await openSessions(place)
    return listenOnExpress([compatSession(sessions)], expressSessionRoutes, close)
  },
}

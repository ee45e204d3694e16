import { createSessionManager, memoryStore, type SessionManager, type SessionStore } from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express/bare'
import { fastifySession } from '@sojourn/session-fastify/bare'
import { koaSession } from '@sojourn/session-koa/bare'
import { migrate, postgresStore } from '@sojourn/session-postgres'
import { redisStore } from '@sojourn/session-redis'
import { connectPostgres, connectRedis } from './clients'
import { listenOnExpress } from './express'
import { listenOnFastify } from './fastify'
import { listenOnKoa } from './koa'
import { countVisit, newVisit, type Place, type Routes, type SessionServer, secret, type Visit } from './server'

type Sessions = SessionManager<Partial<Visit>>

/** Default settings, and `prepare: true` on Postgres, which its README recommends without a pooler in between. */
export async function openSessions(place: Place): Promise<{ sessions: Sessions; close?: () => unknown }> {
  const sessions = (store?: SessionStore): Sessions => createSessionManager({ secret, store })
  if (place.storage === 'cookie') return { sessions: sessions() }
  if (place.storage === 'memory') return { sessions: sessions(memoryStore()) }
  if (place.storage === 'Redis') {
    const client = await connectRedis(place)
    return { sessions: sessions(redisStore(client, { prefix: `${place.namespace}:` })), close: () => client.close() }
  }
  const pool = await connectPostgres(place)
  await migrate(pool, { schema: place.namespace })
  const store = postgresStore(pool, { prepare: true, schema: place.namespace })
  return { sessions: sessions(store), close: () => pool.end() }
}

const routes = (sessions: Sessions): Routes<object> => ({
  read: (request) => sessions.of(request).data.name,
  change: (request) => countVisit(sessions.of(request).data),
  async login(request) {
    const session = sessions.of(request)
    // A login keeps the data of an anonymous visitor. Set before it, they are stored by the same write.
    Object.assign(session.data, newVisit())
    await session.login('ada')
  },
  logout: (request) => sessions.of(request).destroy(),
})

const storages = ['memory', 'cookie', 'Redis', 'Postgres'] as const

export const sojourn: SessionServer[] = [
  {
    framework: 'Express',
    library: 'Sojourn',
    storages,
    async listen(place) {
      const { sessions, close } = await openSessions(place)
      return listenOnExpress([expressSession(sessions)], routes(sessions), close)
    },
  },
  {
    framework: 'Koa',
    library: 'Sojourn',
    storages,
    async listen(place) {
      const { sessions, close } = await openSessions(place)
      return listenOnKoa(() => [koaSession(sessions)], routes(sessions), close)
    },
  },
  {
    framework: 'Fastify',
    library: 'Sojourn',
    storages,
    async listen(place) {
      const { sessions, close } = await openSessions(place)
      return listenOnFastify((app) => app.register(fastifySession, { sessions }), routes(sessions), close)
    },
  },
]

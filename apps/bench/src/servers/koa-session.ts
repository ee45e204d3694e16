import type { Context } from 'koa'
import koaSession, { type CreateSessionOptions } from 'koa-session'
import { connectRedis } from './clients'
import { listenOnKoa } from './koa'
import { countVisit, newVisit, type Place, type Routes, type SessionServer, type Visit } from './server'

const routes: Routes<Context> = {
  read: (ctx) => (ctx.session as Partial<Visit>).name,
  change: (ctx) => countVisit(ctx.session as Partial<Visit>),
  login(ctx) {
    ctx.session = newVisit()
  },
  // "To destroy a session simply set it to null" (README)
  logout(ctx) {
    ctx.session = null
  },
}

type ExternalStore = NonNullable<CreateSessionOptions['store']>

/** A store with the three methods that the README asks for (External Session Stores). */
async function openStore(place: Place): Promise<{ store?: ExternalStore; close?: () => unknown }> {
  if (place.storage === 'cookie') return {}
  if (place.storage === 'memory') {
    const sessions = new Map<string, unknown>()
    const store: ExternalStore = {
      get: async (key) => sessions.get(key),
      set: async (key, session) => void sessions.set(key, session),
      destroy: async (key) => void sessions.delete(key),
    }
    return { store }
  }
  const client = await connectRedis(place)
  const under = (key: string) => `${place.namespace}:theirs:${key}`
  const store: ExternalStore = {
    async get(key) {
      const text = await client.get(under(key))
      return text === null ? undefined : JSON.parse(text)
    },
    async set(key, session, maxAge) {
      await client.set(under(key), JSON.stringify(session), { expiration: { type: 'PX', value: maxAge } })
    },
    async destroy(key) {
      await client.del(under(key))
    },
  }
  return { store, close: () => client.close() }
}

async function listen(place: Place) {
  const { store, close } = await openStore(place)
  // "if you prefer all default config, just use => app.use(session(app))" (README): neither `rolling` nor `renew`.
  return listenOnKoa((app) => [koaSession({ store }, app)], routes, close)
}

export const koaSessions: SessionServer[] = [
  { framework: 'Koa', library: 'koa-session (signed only)', storages: ['cookie'], listen },
  { framework: 'Koa', library: 'koa-session', storages: ['memory', 'Redis'], listen },
]

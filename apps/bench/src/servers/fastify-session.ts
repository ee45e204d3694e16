import fastifyCookie from '@fastify/cookie'
import { type FastifySessionObject, fastifySession } from '@fastify/session'
import type { FastifyRequest } from 'fastify'
import { openExpressSessionStore } from './express-session-stores'
import { listenOnFastify } from './fastify'
import { countVisit, newVisit, type Place, type Routes, type SessionServer, secret, type Visit } from './server'

const sessionOf = (request: FastifyRequest) => request.session as unknown as FastifySessionObject & Partial<Visit>

const routes: Routes<FastifyRequest> = {
  read: (request) => sessionOf(request).name,
  change: (request) => countVisit(sessionOf(request)),
  async login(request) {
    await sessionOf(request).regenerate()
    Object.assign(sessionOf(request), newVisit())
  },
  logout: (request) => sessionOf(request).destroy(),
}

/** "Defaults to a simple in-memory store", and is "compatible with stores from express-session" (README, store). */
async function openStore(place: Place) {
  if (place.storage === 'memory') return {}
  const { store, close } = await openExpressSessionStore(place, { touch: false }) // It never calls `touch`.
  return { store: store as never, close }
}

async function listen(place: Place, rolling: boolean) {
  const { store, close } = await openStore(place)
  const options = {
    secret,
    store,
    cookie: { secure: false }, // "For all unencrypted (HTTP) connections" (README)
    rolling,
    saveUninitialized: false, // "can save storage space" (README)
  }
  return listenOnFastify((app) => app.register(fastifyCookie).register(fastifySession, options), routes, close)
}

const storages = ['memory', 'Redis', 'Postgres'] as const

export const fastifySessions: SessionServer[] = [
  { framework: 'Fastify', library: '@fastify/session', storages, listen: (place) => listen(place, true) },
  {
    framework: 'Fastify',
    // Else the cookie is "set on every response" (README, rolling), and the session stored. A read does not lengthen it.
    library: '@fastify/session, rolling: false',
    storages,
    listen: (place) => listen(place, false),
  },
]

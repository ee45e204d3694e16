import { createHash } from 'node:crypto'
import { fastifySecureSession, type Session } from '@fastify/secure-session'
import type { FastifyRequest } from 'fastify'
import { listenOnFastify } from './fastify'
import { newVisit, type Routes, type SessionServer, secret, type Visit } from './server'

const sessionOf = (request: FastifyRequest) => request.session as unknown as Session<Visit>

const routes: Routes<FastifyRequest> = {
  read: (request) => sessionOf(request).get('name'),
  change(request) {
    const session = sessionOf(request)
    const visits = (session.get('visits') ?? 0) + 1
    session.set('visits', visits)
    return visits
  },
  login(request) {
    const session = sessionOf(request)
    session.regenerate()
    const { name, cart } = newVisit()
    session.set('name', name)
    session.set('cart', cart)
  },
  logout: (request) => sessionOf(request).delete(),
}

// A key of 32 bytes: a passphrase "adds a significant startup delay" (README, Using a secret). One key: "the more keys you
// have in the key array can make the decode operation get expensive" (README, Using keys with key rotation).
const key = createHash('sha256').update(secret).digest()

export const fastifySecureSessions: SessionServer = {
  framework: 'Fastify',
  library: '@fastify/secure-session (libsodium)',
  storages: ['cookie'],
  listen: () => listenOnFastify((app) => app.register(fastifySecureSession, { key, cookie: { path: '/' } }), routes),
}

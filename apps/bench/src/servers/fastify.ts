import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { bareRoutes, type Listening, type Routes, type SessionServer } from './server'

/** Serves the routes with Fastify. `closeStore` closes the clients of the session store. */
export async function listenOnFastify(
  register: (app: FastifyInstance) => unknown,
  routes: Routes<FastifyRequest>,
  closeStore: () => unknown = () => {},
): Promise<Listening> {
  const app = Fastify({ forceCloseConnections: true })
  await register(app)
  app.get('/', async (request) => ({ name: (await routes.read(request)) ?? null }))
  app.put('/', async (request) => ({ visits: await routes.change(request) }))
  app.post('/', async (request) => {
    await routes.login(request)
    return { ok: true }
  })
  app.delete('/', async (request) => {
    await routes.logout(request)
    return { ok: true }
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: (app.server.address() as AddressInfo).port,
    async close() {
      await app.close()
      await closeStore()
    },
  }
}

export const bareFastify: SessionServer = {
  framework: 'Fastify',
  library: 'none',
  storages: [],
  listen: () => listenOnFastify(() => {}, bareRoutes),
}

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express, { type Request, type RequestHandler } from 'express'
import { bareRoutes, type Listening, type Routes, type SessionServer } from './server'

/** Serves the routes with Express. `closeStore` closes the clients of the session store. */
export async function listenOnExpress(
  middleware: RequestHandler[],
  routes: Routes<Request>,
  closeStore: () => unknown = () => {},
): Promise<Listening> {
  const app = express()
  for (const handler of middleware) app.use(handler)
  app.get('/', async (req, res) => {
    res.json({ name: (await routes.read(req)) ?? null })
  })
  app.put('/', async (req, res) => {
    res.json({ visits: await routes.change(req) })
  })
  app.post('/', async (req, res) => {
    await routes.login(req)
    res.json({ ok: true })
  })
  app.delete('/', async (req, res) => {
    await routes.logout(req)
    res.json({ ok: true })
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      server.close()
      await closeStore()
    },
  }
}

export const bareExpress: SessionServer = {
  framework: 'Express',
  library: 'none',
  storages: [],
  listen: () => listenOnExpress([], bareRoutes),
}

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Koa, { type Context, type Middleware } from 'koa'
import { bareRoutes, type Listening, type Routes, type SessionServer, secret } from './server'

/** Serves the routes with Koa. `closeStore` closes the clients of the session store. */
export async function listenOnKoa(
  middleware: (app: Koa) => Middleware[],
  routes: Routes<Context>,
  closeStore: () => unknown = () => {},
): Promise<Listening> {
  const app = new Koa()
  app.keys = [secret]
  for (const handler of middleware(app)) app.use(handler)
  app.use(async (ctx) => {
    if (ctx.method === 'GET') ctx.body = { name: (await routes.read(ctx)) ?? null }
    else if (ctx.method === 'PUT') ctx.body = { visits: await routes.change(ctx) }
    else {
      await (ctx.method === 'POST' ? routes.login(ctx) : routes.logout(ctx))
      ctx.body = { ok: true }
    }
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

export const bareKoa: SessionServer = {
  framework: 'Koa',
  library: 'none',
  storages: [],
  listen: () => listenOnKoa(() => [], bareRoutes),
}

import type { Session } from '@sojourn/session-core'
import { nodeSession } from '@sojourn/session-http'
import type { CookieJar } from '@sojourn/session-testing'
import { initTRPC } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { expect, it } from 'vitest'
import { type Action, act, journey, type Seen, type Shop, serve, shop } from './site'

it('tRPC: procedures log in, change, and log out by the context', async () => {
  const { sessions, clock } = shop()
  const open = nodeSession(sessions)
  const { procedure, router } = initTRPC.context<{ session: Session<Shop> }>().create()
  const handler = createHTTPHandler({
    router: router({
      read: procedure.query(({ ctx }) => act(ctx.session, 'read')),
      login: procedure.mutation(({ ctx }) => act(ctx.session, 'login')),
      change: procedure.mutation(({ ctx }) => act(ctx.session, 'change')),
      logout: procedure.mutation(({ ctx }) => act(ctx.session, 'logout')),
    }),
    createContext: async ({ req, res }) => ({ session: await open(req, res) }),
  })
  const url = await serve(handler)
  await journey(clock, async (action: Action, jar: CookieJar) => {
    const response = await fetch(`${url}/${action}`, {
      method: action === 'read' ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...(jar.header && { cookie: jar.header }) },
    })
    jar.take(response.headers.getSetCookie())
    const { result } = await response.json()
    expect(response.status).toBe(200)
    return result.data as Seen
  })
})

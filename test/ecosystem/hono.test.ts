import type { AddressInfo } from 'node:net'
import { serve as serveHono } from '@hono/node-server'
import type { Session } from '@sojourn/session-core'
import { webSession } from '@sojourn/session-http/web'
import { Hono } from 'hono'
import { it, onTestFinished } from 'vitest'
import { act, browser, journey, type Shop, shop } from './site'

it('Hono: middleware made of webSession goes through the journey', async () => {
  const { sessions, clock } = shop()
  const app = new Hono<{ Variables: { session: Session<Shop> } }>()
  app.use(async (context, next) => {
    context.res = await webSession(sessions, context.req.raw, async (session) => {
      context.set('session', session)
      await next()
      return context.res
    })
  })
  app.all('/:action', async (context) => context.json(await act(context.get('session'), context.req.param('action'))))
  const server = serveHono({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  onTestFinished(() => void server.close())
  await new Promise<void>((ready) => server.once('listening', () => ready()))
  await journey(clock, browser(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
})

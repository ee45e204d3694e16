import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expressSession } from '@sojourn/session-express'
import connect from 'connect'
import polka from 'polka'
import { describe, expect, it } from 'vitest'
import { act, browser, journey, serve, shop } from './site'

type Next = (error?: unknown) => void
type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => unknown

const servers: Record<string, (...middleware: Middleware[]) => Parameters<typeof serve>[0]> = {
  connect: (...middleware) => middleware.reduce((app, next) => app.use(next), connect()),
  polka: (...middleware) => polka().use(...middleware).handler,
}

describe.each(Object.entries(servers))('%s', (_, application) => {
  it('goes through the journey', async () => {
    const { sessions, clock } = shop({ bind: ['ip'] })
    const answer: Middleware = async (req, res) => {
      res.end(JSON.stringify(await act(sessions.of(req), req.url!.slice(1))))
    }
    await journey(clock, browser(await serve(application(expressSession(sessions) as unknown as Middleware, answer))))
  })

  it('answers 500 and goes on if what follows the session throws', async () => {
    const { sessions } = shop()
    const broken: Middleware = () => {
      throw new Error('the handler is broken')
    }
    const session = expressSession(sessions) as unknown as Middleware
    const throwing: Middleware = (req, res, next) =>
      session(req, res, (error) => {
        next(error)
        throw new Error('what follows is broken')
      })
    const url = await serve(application(throwing, broken))
    const warned = once(process, 'warning')
    expect((await fetch(url)).status).toBe(500)
    expect(await warned).toMatchObject([{ name: 'SojournWarning' }])
  })
})

import { expressSession } from '@sojourn/session-express'
import { CookieJar } from '@sojourn/session-testing'
import compression from 'compression'
import express, { type RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { act, browser, journey, serve, sessionCookies, shop } from './site'

const orders: Record<string, (session: RequestHandler) => RequestHandler[]> = {
  'before the session': (session) => [compression({ threshold: 0 }), session],
  'after the session': (session) => [session, compression({ threshold: 0 })],
}

describe.each(Object.entries(orders))('compression %s', (_, order) => {
  it('goes through the journey', async () => {
    const { sessions, clock } = shop()
    const app = express().use(order(expressSession(sessions)))
    app.all('/:action', async (req, res) => res.json(await act(sessions.of(req), req.params.action)))
    await journey(clock, browser(await serve(app)))
  })

  it('flushes a server-sent event before the handler ends, with a change and with a renewal', async () => {
    const { sessions, clock } = shop()
    let end = () => {}
    const app = express().use(order(expressSession(sessions)))
    app.get('/events', async (req, res) => {
      const session = sessions.of(req)
      if (session.isNew) session.data.cart = ['tea']
      res.type('text/event-stream').write('data: first\n\n')
      ;(res as unknown as { flush(): void }).flush()
      end = () => res.end('data: last\n\n')
    })
    const url = await serve(app)
    const jar = new CookieJar()
    for (const _ of ['a change', 'a renewal']) {
      const response = await fetch(`${url}/events`, { headers: { cookie: jar.header ?? '' } })
      expect(sessionCookies(response)).toHaveLength(1)
      jar.take(response.headers.getSetCookie())
      const events = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      expect((await events.read()).value).toBe('data: first\n\n')
      end()
      expect((await events.read()).value).toBe('data: last\n\n')
      clock.advance(3500)
    }
  })
})

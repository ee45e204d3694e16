import type { RequestListener } from 'node:http'
import { nodeSession } from '@sojourn/session-http'
import type { CookieJar } from '@sojourn/session-testing'
import inject from 'light-my-request'
import { describe, expect, it } from 'vitest'
import { expressSite } from './express-site'
import { type Action, act, journey, type Seen, shop } from './site'

const nodeSite = () => {
  const { sessions, clock } = shop()
  const open = nodeSession(sessions)
  const app: RequestListener = async (req, res) => {
    const session = await open(req, res)
    res.end(JSON.stringify(await act(session, req.url!.slice(1))))
  }
  return { app, clock }
}

describe('light-my-request', () => {
  it.each([
    ['Express', expressSite],
    ['node:http', nodeSite],
  ])('goes through the journey on %s', async (_, site) => {
    const { app, clock } = site()
    await journey(clock, async (action: Action, jar: CookieJar) => {
      const response = await inject(app as RequestListener, {
        method: action === 'read' ? 'GET' : 'POST',
        url: `/${action}`,
        headers: { ...(jar.header && { cookie: jar.header }) },
      })
      jar.take([response.headers['set-cookie'] ?? []].flat().map(String))
      expect(response.statusCode).toBe(200)
      return response.json() as Seen
    })
  })
})

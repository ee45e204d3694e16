import cors from 'cors'
import { expect, it } from 'vitest'
import { expressSite } from './express-site'
import { browser, journey, serve } from './site'

const ORIGIN = 'https://shop.example'

it('cors before the session goes through the journey, and answers a preflight without a session', async () => {
  const { app, clock } = expressSite({ before: [cors({ origin: ORIGIN, credentials: true })] })
  const url = await serve(app)
  await journey(clock, browser(url))
  const headers = { origin: ORIGIN, 'access-control-request-method': 'POST' }
  const preflight = await fetch(`${url}/change`, { method: 'OPTIONS', headers })
  expect([preflight.status, preflight.headers.getSetCookie()]).toEqual([204, []])
  const changed = await fetch(`${url}/change`, { method: 'POST', headers: { origin: ORIGIN } })
  expect(changed.headers.get('access-control-allow-credentials')).toBe('true')
  expect(changed.headers.get('vary')?.split(/, */)).toEqual(expect.arrayContaining(['Origin', 'Cookie']))
})

import helmet from 'helmet'
import { expect, it } from 'vitest'
import { expressSite } from './express-site'
import { browser, journey, serve, sessionCookies } from './site'

it.each(['before', 'after'])('helmet %s the session goes through the journey', async (place) => {
  const { app, clock } = expressSite({ [place]: [helmet()] })
  const url = await serve(app)
  await journey(clock, browser(url))
  const response = await fetch(`${url}/change`, { method: 'POST' })
  expect(response.headers.has('content-security-policy')).toBe(true)
  expect(sessionCookies(response)).toHaveLength(1)
})

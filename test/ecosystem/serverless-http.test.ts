import type { CookieJar } from '@sojourn/session-testing'
import serverless from 'serverless-http'
import { expect, it } from 'vitest'
import { expressSite } from './express-site'
import { type Action, journey, type Seen } from './site'

interface Answer {
  statusCode: number
  headers: Record<string, string>
  cookies: string[]
  body: string
}

it('serverless-http: API Gateway events of version 2 go through the journey', async () => {
  const { app, clock } = expressSite()
  const handler = serverless(app)
  await journey(clock, async (action: Action, jar: CookieJar) => {
    const event = {
      version: '2.0',
      rawPath: `/${action}`,
      rawQueryString: '',
      headers: { host: 'shop.example' },
      ...(jar.header && { cookies: jar.header.split('; ') }),
      requestContext: {
        http: { method: action === 'read' ? 'GET' : 'POST', path: `/${action}`, sourceIp: '192.0.2.1' },
      },
      isBase64Encoded: false,
    }
    const answer = (await handler(event, {})) as Answer
    // One cookie comes as a header, several come as a list.
    jar.take([answer.headers['set-cookie'] ?? answer.cookies].flat())
    expect(answer.statusCode).toBe(200)
    return JSON.parse(answer.body) as Seen
  })
})

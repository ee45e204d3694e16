import type { CookieJar } from '@sojourn/session-testing'
import request from 'supertest'
import { it } from 'vitest'
import { expressSite } from './express-site'
import { type Action, journey, type Seen } from './site'

it('supertest goes through the journey', async () => {
  const { app, clock } = expressSite()
  await journey(clock, async (action: Action, jar: CookieJar) => {
    const test = action === 'read' ? request(app).get('/read') : request(app).post(`/${action}`)
    const response = await test.set('cookie', jar.header ?? '').expect(200)
    jar.take(response.headers['set-cookie'] ?? [])
    return response.body as Seen
  })
})

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { forwardedHeaders } from '@sojourn/session-core/gateway'
import { restySession } from '@sojourn/session-core/resty'
import { nodeSession } from '@sojourn/session-http'
import { CookieJar } from '@sojourn/session-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../packages/core/test/resty/resty-encoder'

const secret = 'change-this-secret'
const gateway = restySession({ secret })

/** The cookies of a session that the gateway has split over several cookies. */
function chunkedSession(): CookieJar {
  const created = Math.floor(Date.now() / 1000)
  const slots = [[{ text: randomBytes(5000).toString('hex') }, 'default', 'ada']]
  const jar = new CookieJar()
  jar.take(encode({ secret, created, rolling: 0, idling: 0, slots }).cookie.split('; '))
  return jar
}

describe.each(['session', '__Host-session'])('a move from Kong’s sessions to ours, cookie %s', (name) => {
  const sessions = createSessionManager({
    secret: 'a secret for tests, at least 32 bytes long',
    store: memoryStore(),
    cookie: { name },
  })
  const open = nodeSession(sessions)
  const server = createServer(async (req, res) => {
    const session = await open(req, res)
    const { session: old } = await gateway.open(req.headers.cookie)
    if (session.isNew && old?.slot.subject !== undefined) {
      await session.login(old.slot.subject)
      for (const line of gateway.clearCookies(req.headers.cookie)) res.appendHeader('Set-Cookie', line)
    }
    const { cookie } = forwardedHeaders(req.headers, { hide: [...gateway.cookieNames, name] })
    res.end(JSON.stringify({ subject: session.subject, cookie }))
  })
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  afterAll(() => server.close())

  async function visit(jar: CookieJar) {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const response = await fetch(url, { headers: { cookie: `${jar.header}; theme=dark` } })
    jar.take(response.headers.getSetCookie())
    return response.json()
  }

  it('logs the user in with our cookie, clears the old chunks, and forwards none of them', async () => {
    const jar = chunkedSession()
    expect(jar.names).toEqual(['session', 'session2', 'session3', 'session4'])
    expect(await visit(jar)).toEqual({ subject: 'ada', cookie: 'theme=dark' })
    expect(jar.names).toEqual([name, `${name}-at`])
    expect(await visit(jar)).toEqual({ subject: 'ada', cookie: 'theme=dark' })
  })
})

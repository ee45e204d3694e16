import { createServer, type IncomingMessage, request, ServerResponse } from 'node:http'
import { createSessionManager, memoryStore, type Session, type SessionManager } from '@sojourn/session-core'
import { CookieJar, flakyStore, serveOnLoopback } from '@sojourn/session-testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeSession } from '../src'
import { serve } from './hold/held-server'

const secret = 'a secret of more than thirty-two bytes'

describe('nodeSession', () => {
  it('throws without a manager, and for an option that does not exist', () => {
    // @ts-expect-error no manager
    expect(() => nodeSession({ secret })).toThrow(
      'nodeSession.sessions: must be the manager that createSessionManager(options) returns',
    )
    const wrong = { trustproxy: true }
    // @ts-expect-error an option that does not exist
    expect(() => nodeSession(createSessionManager({ secret }), wrong)).toThrow(
      'nodeSession.trustproxy: is not an option; did you mean nodeSession.trustProxy?',
    )
  })

  it('rejects a second open of one request', async () => {
    const open = nodeSession(createSessionManager({ secret }))
    const server = await serve(async (req, res) => {
      await open(req, res)
      await expect(open(req, res)).rejects.toMatchObject({ code: 'ERR_SESSION_ALREADY_OPEN' })
      res.end()
    })
    expect((await server.get()).status).toBe(200)
  })

  it('passes a failed commit to onError, and without one answers with the status of the error', async () => {
    for (const own of [true, false]) {
      const store = flakyStore(memoryStore())
      store.next('create', 'throw', Number.POSITIVE_INFINITY)
      const onError = (error: unknown, req: IncomingMessage, res: ServerResponse) => {
        expect([res.headersSent, error]).toEqual([false, expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE' })])
        res.end(`sorry for ${req.url}`)
      }
      const open = nodeSession(createSessionManager({ secret, store: store }), own ? { onError } : {})
      const server = await serve(async (req, res) => {
        const session = await open(req, res)
        session.data.cart = ['tea']
        res.end('promised')
      })
      const received = await server.get({ path: '/cart' })
      const expected = own ? [500, 'sorry for /cart'] : [503, 'Error 503\n']
      expect([received.status, String(received.body)]).toEqual(expected)
      expect(received.header('set-cookie')).toEqual([])
    }
  })
})

describe('nodeSession on an upgrade', () => {
  /** Logs in over HTTP, upgrades with that cookie, and runs `work` with the session. */
  async function upgrade<T>(
    sessions: SessionManager,
    work: (session: Session) => Promise<T>,
    responseTo: (req: IncomingMessage) => ServerResponse | undefined = () => undefined,
  ) {
    const open = nodeSession(sessions)
    const server = createServer(async (req, res) => {
      const session = await open(req, res)
      if (req.url === '/login') await session.login('ann')
      res.end(JSON.stringify(session.data))
    })
    const worked = new Promise<T>((resolve, reject) => {
      server.on('upgrade', (req, socket) => {
        open(req, responseTo(req))
          .then(async (session) => {
            expect(sessions.of(req)).toBe(session)
            return await work(session)
          })
          .then(resolve, reject)
          .finally(() => socket.destroy())
      })
    })
    const { url, close } = await serveOnLoopback(server)
    onTestFinished(close)
    const jar = new CookieJar()
    jar.take((await fetch(`${url}/login`)).headers.getSetCookie())
    const socket = request(url, { headers: { cookie: jar.header, connection: 'upgrade', upgrade: 'websocket' } })
    socket.on('error', () => {}).end()
    const result = await worked
    const after = await fetch(url, { headers: { cookie: jar.header! } })
    return { result, data: await after.json() }
  }

  const attempts = async (session: Session) => {
    const codes: Record<string, string> = { subject: session.subject ?? 'none' }
    const tries: Record<string, () => Promise<unknown>> = {
      update: () => session.update('n', (n) => Number(n ?? 0) + 1),
      save: () => {
        session.data.saved = true
        return session.save()
      },
      login: () => session.login('bob'),
      regenerate: () => session.regenerate(),
    }
    for (const [name, attempt] of Object.entries(tries)) {
      codes[name] = await attempt().then(
        () => 'done',
        (error) => error.code,
      )
    }
    return codes
  }

  it('in store mode, reads the session and stores changes, and rejects what needs a cookie', async () => {
    const sessions = createSessionManager({ secret, store: memoryStore() })
    expect(await upgrade(sessions, attempts)).toEqual({
      result: {
        subject: 'ann',
        update: 'done',
        save: 'done',
        login: 'ERR_SESSION_HEADERS_SENT',
        regenerate: 'ERR_SESSION_HEADERS_SENT',
      },
      data: { n: 1, saved: true },
    })
  })

  it('does the same if the framework passes a response of its own', async () => {
    const sessions = createSessionManager({ secret, store: memoryStore() })
    const { result, data } = await upgrade(sessions, attempts, (req) => new ServerResponse(req))
    expect([result.update, result.login, data]).toEqual(['done', 'ERR_SESSION_HEADERS_SENT', { n: 1, saved: true }])
  })

  it('in cookie mode, reads the session and rejects every change', async () => {
    expect(await upgrade(createSessionManager({ secret }), attempts)).toEqual({
      result: {
        subject: 'ann',
        update: 'ERR_SESSION_HEADERS_SENT',
        save: 'ERR_SESSION_HEADERS_SENT',
        login: 'ERR_SESSION_HEADERS_SENT',
        regenerate: 'ERR_SESSION_HEADERS_SENT',
      },
      data: {},
    })
  })
})

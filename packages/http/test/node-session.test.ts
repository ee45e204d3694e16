import { createServer, type IncomingMessage, request, ServerResponse } from 'node:http'
import {
  createSessionManager,
  type HttpCarrier,
  memoryStore,
  type Session,
  type SessionManager,
} from '@sojourn/session-core'
import { CookieJar, flakyStore, serveOnLoopback } from '@sojourn/session-testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answerError, nodeSession, type TrustProxy } from '../src'
import { serve } from './held-server'

const secret = 'a secret of more than thirty-two bytes'

describe('nodeSession', () => {
  it('is refused at start-up without a manager, and with an option that does not exist', () => {
    // @ts-expect-error no manager
    expect(() => nodeSession({ secret })).toThrow(
      'nodeSession takes the manager that createSessionManager(options) returns.',
    )
    const wrong = { trustproxy: true }
    // @ts-expect-error an option that does not exist
    expect(() => nodeSession(createSessionManager({ secret }), wrong)).toThrow('nodeSession has no option trustproxy')
  })

  it('refuses to open a second time on one request', async () => {
    const open = nodeSession(createSessionManager({ secret }))
    const server = await serve(async (req, res) => {
      await open(req, res)
      await expect(open(req, res)).rejects.toMatchObject({ code: 'ERR_SESSION_ALREADY_OPEN' })
      res.end()
    })
    expect((await server.get()).status).toBe(200)
  })

  it('hands a commit that failed to `onError`, or answers it with its status and nothing more', async () => {
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

describe('answerError', () => {
  it('takes a status from 400 to 599 from the error, and tells nothing else of it', async () => {
    for (const [error, status] of [
      [{ statusCode: 400 }, 400],
      [{ statusCode: 599 }, 599],
      [{ statusCode: 200 }, 500],
      [{ statusCode: 600 }, 500],
      [{ statusCode: '404' }, 500],
      [new Error('secret'), 500],
      ['secret', 500],
      [null, 500],
      [undefined, 500],
    ] as const) {
      const server = await serve((_req, res) => answerError(res, error))
      const received = await server.get()
      expect([received.status, String(received.body)]).toEqual([status, `Error ${status}\n`])
    }
  })

  it('cuts a response off that has begun', async () => {
    const server = await serve((_req, res) => {
      res.write('half of it')
      answerError(res, new Error())
    })
    await expect(server.get()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('an upgrade', () => {
  /** Logs in over http, then upgrades with that cookie, and does something with the session. */
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
    const codes: Record<string, string> = { subject: session.subject ?? 'nobody' }
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

  it('reads its session from a store and stores changes; what needs a cookie is refused', async () => {
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

  it('is one too where a framework routes it with a response of its own making', async () => {
    const sessions = createSessionManager({ secret, store: memoryStore() })
    const { result, data } = await upgrade(sessions, attempts, (req) => new ServerResponse(req))
    expect([result.update, result.login, data]).toEqual(['done', 'ERR_SESSION_HEADERS_SENT', { n: 1, saved: true }])
  })

  it('reads its session from a cookie, and refuses every change, since the cookie is the store', async () => {
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

describe('trustProxy', () => {
  /** Whom the carrier says the client is, for a request from 127.0.0.1. */
  async function clientOf(trustProxy: TrustProxy | undefined, headers: Record<string, string | string[]>) {
    const sessions = createSessionManager({ secret })
    let seen: HttpCarrier | undefined
    const watched: SessionManager = {
      ...sessions,
      open(carrier, req) {
        seen = carrier
        return sessions.open(carrier, req)
      },
    }
    const open = nodeSession(watched, { trustProxy })
    const server = await serve(async (req, res) => {
      await open(req, res)
      res.end()
    })
    await server.get({ headers })
    return [seen!.secure, seen!.ip]
  }
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
  const ours = (address: string) => address === '127.0.0.1' || address.startsWith('10.')

  it('believes nobody by default', async () => {
    expect(await clientOf(undefined, forwarded)).toEqual([false, '127.0.0.1'])
    expect(await clientOf(false, forwarded)).toEqual([false, '127.0.0.1'])
  })

  it('`true` believes the peer, for what it added itself', async () => {
    expect(await clientOf(true, forwarded)).toEqual([true, '203.0.113.7'])
    expect(await clientOf(true, { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' })).toEqual([false, '203.0.113.7'])
    expect(await clientOf(true, { 'x-forwarded-proto': 'https, http' })).toEqual([false, '127.0.0.1'])
    expect(await clientOf(true, {})).toEqual([false, '127.0.0.1'])
  })

  it('a function walks back through proxies of ours, and no further than the first that is none', async () => {
    for (const [list, ip] of [
      ['203.0.113.7', '203.0.113.7'],
      ['203.0.113.7, 10.0.0.2', '203.0.113.7'],
      ['10.9.9.9, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
      ['203.0.113.7, 198.51.100.1', '198.51.100.1'],
      ['::ffff:203.0.113.7,  ::ffff:10.0.0.2', '203.0.113.7'],
      ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
      [',,', '127.0.0.1'],
    ] as const) {
      expect(await clientOf(ours, { 'x-forwarded-for': list }), list).toEqual([false, ip])
    }
    expect(await clientOf((address) => address === '10.0.0.1', forwarded)).toEqual([false, '127.0.0.1'])
  })
})

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type HttpCarrier, memoryStore } from '@sojourn/session-core'
import { countingStore, flakyStore } from '@sojourn/session-testing'
import type { NextFunction, Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { expressSession } from '../src'
import { browse, managerOf } from './served'
import { versions } from './versions'

declare module '../src' {
  interface SessionData {
    cart: string[]
  }
}

const ALWAYS = Number.POSITIVE_INFINITY

/** Answers an error with its status and message, as an application does. */
type Failure = { status?: number; code?: string; message: string }
const answer = ({ status, code, message }: Failure, _req: Request, res: Response, _next: NextFunction) => {
  res.status(status ?? 500).json({ code, message })
}

describe.each(versions)('expressSession with %s', (_name, express) => {
  const application = () => express().set('env', 'test')

  it('keeps session data between requests', async () => {
    const sessions = managerOf<{ cart: string[] }>()
    const app = application().use(expressSession(sessions))
    app.post('/tea', (req, res) => {
      const { data } = req.session
      data.cart = [...(data.cart ?? []), 'tea']
      expect(sessions.of(req)).toBe(req.session)
      res.redirect('/')
    })
    app.get('/', (req, res) => void res.json(req.session.data))
    const browser = await browse(app)
    await browser.visit('/tea', { method: 'POST' })
    await browser.visit('/tea', { method: 'POST' })
    expect(await (await browser.visit('/')).json()).toEqual({ cart: ['tea', 'tea'] })
  })

  it('throws without a manager, and for an option that does not exist', () => {
    const returns = 'expressSession.sessions: must be the manager that createSessionManager(options) returns'
    // @ts-expect-error what express-session takes
    expect(() => expressSession({ secret: 'cat', resave: false })).toThrow(returns)
    // @ts-expect-error nothing
    expect(() => expressSession()).toThrow(returns)
    const unknown = 'expressSession.propery: is not an option; did you mean expressSession.property?'
    // @ts-expect-error an option that does not exist
    expect(() => expressSession(managerOf(), { propery: 'user' })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: unknown }),
    )
  })

  it('does not hold a response if the session is unchanged', async () => {
    const app = application().use(expressSession(managerOf()))
    const sent: boolean[] = []
    app.get('/', (req, res) => {
      if (req.query.change) req.session.data.cart = []
      res.json({})
      sent.push(res.headersSent && res.socket!.bytesWritten > 0)
    })
    const browser = await browse(app)
    await browser.visit('/')
    await browser.visit('/?change=1')
    expect(sent).toEqual([true, false])
  })

  it('destroys a response that exceeds maxHeldBytes while it waits', async () => {
    const app = application().use(expressSession(managerOf(), { maxHeldBytes: 3 }))
    app.get('/', (req, res) => {
      req.session.data.cart = [String(req.query.chunks)]
      for (const chunk of ['tea', 'and', 'tea'].slice(0, Number(req.query.chunks))) res.write(chunk)
      res.end()
    })
    const browser = await browse(app)
    expect(await (await browser.visit('/?chunks=1')).text()).toBe('tea')
    await expect(browser.visit('/?chunks=3')).rejects.toThrow()
  })

  it('supports several managers under different names', async () => {
    const [users, admins] = [managerOf(), managerOf({ cookie: { name: '__Host-admin' } })]
    const app = application().use(expressSession(users), expressSession(admins, { property: 'admin' }))
    app.get('/', async (req, res) => {
      await req.session.login('ann')
      await (req as unknown as { admin: typeof req.session }).admin.login('root')
      res.json([users.of(req).subject, admins.of(req).subject])
    })
    const browser = await browse(app)
    expect(await (await browser.visit('/')).json()).toEqual(['ann', 'root'])
    expect(browser.jar.names.toSorted()).toEqual(['__Host-admin', '__Host-session'])
  })

  it('passes an error on if the property exists already, and says what to do', async () => {
    for (const before of [
      (req: Request, _res: Response, next: NextFunction) => {
        Object.assign(req, { session: {} })
        next()
      },
      expressSession(managerOf()),
    ]) {
      const app = application().use(before, expressSession(managerOf()), answer)
      const response = await (await browse(app)).visit('/')
      expect([response.status, await response.json()]).toEqual([
        500,
        { code: 'ERR_SESSION_ALREADY_OPEN', message: expect.stringMatching(/^req\.session exists already.*property/) },
      ])
    }
  })

  it('throws if req.session is assigned to, and says what to do', async () => {
    const app = application().use(expressSession(managerOf()))
    app.get('/', (req) => {
      req.session = null as never
    })
    app.use(answer)
    const response = await (await browse(app)).visit('/')
    expect(await response.json()).toEqual({
      code: 'ERR_SESSION_USAGE',
      message: expect.stringContaining('await req.session.destroy()'),
    })
  })

  it('opens no session for skipped requests', async () => {
    const store = countingStore(memoryStore())
    const sessions = managerOf({ store: store })
    const app = application().use(expressSession(sessions, { skip: (req) => req.path === '/logo.svg' }))
    app.get('/login', async (req, res) => {
      await req.session.login('ann')
      res.end()
    })
    app.get('/logo.svg', (req, res) => void res.json('session' in req))
    const browser = await browse(app)
    await browser.visit('/login')
    store.resetCalls()
    const response = await browser.visit('/logo.svg')
    expect([await response.json(), store.calls]).toEqual([false, {}])
    expect(response.headers.get('vary')).toBeNull()
  })

  it('takes https, the client’s address and the whole request target from Express', async () => {
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
    for (const [trust, secure, ip] of [
      [true, true, '203.0.113.7'],
      [false, false, '127.0.0.1'],
    ] as const) {
      const sessions = managerOf()
      let carrier: HttpCarrier | undefined
      const watched: typeof sessions = {
        ...sessions,
        open(opening, request) {
          carrier = opening
          return sessions.open(opening, request)
        },
      }
      const app = application().set('trust proxy', trust).use('/shop', expressSession(watched))
      await (await browse(app)).visit('/shop/cart?id=1', { headers })
      expect(carrier).toMatchObject({ method: 'GET', url: '/shop/cart?id=1', secure, ip })
    }
  })

  it('knows the client’s address also after the client has left', async () => {
    const store = memoryStore()
    const read = store.read.bind(store)
    let leaving: Socket | undefined
    store.read = async (id) => {
      if (leaving) await once(leaving.destroy(), 'close')
      return read(id)
    }
    const events: string[] = []
    const sessions = managerOf({ store, bind: ['ip'], onEvent: ({ type }) => void events.push(type) })
    let answer = (_subject: string | undefined) => {}
    const opened = new Promise<string | undefined>((resolve) => {
      answer = resolve
    })
    const app = application()
    app.get('/leave', (req, _res, next) => {
      leaving = req.socket
      next()
    })
    app.use(expressSession(sessions))
    app.get('/login', async (req, res) => {
      await req.session.login('ann')
      res.json({})
    })
    app.get('/leave', (req) => answer(req.session.subject))
    const { visit } = await browse(app)
    // Each has a connection of its own: no request has read its address before.
    const headers = { connection: 'close' }
    await visit('/login', { headers })
    await expect(visit('/leave', { headers })).rejects.toThrow()
    expect([await opened, events.includes('mismatch')]).toEqual(['ann', false])
  })

  it('passes a store failure to the error middleware, at open and at commit', async () => {
    const store = flakyStore(memoryStore())
    const app = application().use(expressSession(managerOf({ store: store })))
    const router = express.Router()
    router.get('/change', (req, res) => {
      req.session.data.cart = []
      res.set('ETag', '"a"').set('Cache-Control', 'public').status(201).send('the answer')
    })
    app.use('/nested', router)
    app.use(answer)
    const { visit, jar } = await browse(app)
    store.next('create', 'throw', ALWAYS)
    const refused = await visit('/nested/change')
    expect([refused.status, refused.headers.getSetCookie(), refused.headers.get('cache-control')]).toEqual([
      503,
      [],
      null,
    ])
    expect(await refused.json()).toEqual({ code: 'ERR_STORE_UNAVAILABLE', message: expect.stringContaining('store') })
    store.heal()
    expect((await visit('/nested/change')).status).toBe(201)
    const { header } = jar
    store.next('read', 'throw', ALWAYS)
    expect((await visit('/nested/change')).status).toBe(503)
    expect(jar.header).toBe(header)
  })

  it('lets a slow error middleware answer a failed commit', async () => {
    const store = flakyStore(memoryStore())
    const app = application().use(expressSession(managerOf({ store: store })))
    app.get('/', (req, res) => {
      req.session.data.cart = []
      res.json({ promised: true })
    })
    app.use(async (_error: unknown, req: Request, res: Response, _next: NextFunction) => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect([res.headersSent, req.session.outcome]).toEqual([false, 'none'])
      res.status(418).end('sorry')
    })
    store.next('create', 'throw', ALWAYS)
    const response = await (await browse(app)).visit('/')
    expect([response.status, await response.text()]).toEqual([418, 'sorry'])
  })
})

import { Readable } from 'node:stream'
import { type HttpCarrier, isSessionError, memoryStore, type SessionManager } from '@sojourn/session-core'
import { countingStore, flakyStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { koaSession } from '../src'
import { appWith, browse, managerOf, NAME, showSession, versions } from './served'

describe.each(versions)('koaSession with %s', (_, Application) => {
  describe('the raw response', () => {
    it('waits for the changes of its handler, with and without ctx.respond = false', async () => {
      const store = countingStore(memoryStore())
      const { app, errors } = appWith(Application, managerOf({ store: store }), async (ctx, next) => {
        if (ctx.path === '/show') return showSession(ctx, next)
        Object.assign(ctx.session.data, { [ctx.path]: true })
        if (ctx.path === '/bypass') ctx.respond = false
        ctx.res.setHeader('set-cookie', 'theme=dark')
        ctx.res.writeHead(201, { 'x-handler': 'raw' })
        ctx.res.end('raw')
      })
      const browser = await browse(app)
      for (const path of ['/', '/bypass']) {
        const response = await browser.get(path)
        expect([response.status, await response.text()]).toEqual([201, 'raw'])
        expect(response.headers.get('x-handler')).toBe('raw')
      }
      expect(browser.jar.names).toEqual(['theme', NAME])
      expect(store.calls).toEqual({ create: 1, read: 1, update: 1 })
      expect(await (await browser.get('/show')).json()).toEqual({ data: { '/': true, '/bypass': true } })
      expect(errors).toEqual([])
    })

    it('stores changes made after the handler has returned, with ctx.respond = false', async () => {
      let answer = () => {}
      const store = countingStore(memoryStore())
      const { app } = appWith(Application, managerOf({ store: store }), (ctx, next) => {
        if (ctx.path === '/show') return showSession(ctx, next)
        ctx.respond = false
        Object.assign(ctx.session.data, { early: true })
        answer = () => {
          Object.assign(ctx.session.data, { late: true })
          ctx.res.end('late')
        }
      })
      app.middleware.unshift(async (_ctx, next) => {
        await next()
        answer()
      })
      const browser = await browse(app)
      expect(await (await browser.get('/')).text()).toBe('late')
      expect(store.calls).toEqual({ create: 1 })
      expect(await (await browser.get('/show')).json()).toEqual({ data: { early: true, late: true } })
    })
  })

  it('takes https and the client’s address from Koa, with and without app.proxy', async () => {
    const seen: Pick<HttpCarrier, 'secure' | 'ip'>[] = []
    const sessions = managerOf()
    const watched: SessionManager = {
      ...sessions,
      open: (carrier, request) => {
        seen.push({ secure: carrier.secure, ip: carrier.ip })
        return sessions.open(carrier, request)
      },
    }
    const { app } = appWith(Application, watched, showSession)
    const browser = await browse(app)
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
    await browser.get('/', forwarded)
    app.proxy = true
    await browser.get('/', forwarded)
    expect(seen).toEqual([
      { secure: false, ip: '127.0.0.1' },
      { secure: true, ip: '203.0.113.7' },
    ])
  })

  it('takes the whole request target from Koa, also under a mount', async () => {
    const sessions = managerOf()
    const targets: string[] = []
    const open = sessions.open
    sessions.open = (carrier, request) => {
      targets.push(carrier.url)
      return open(carrier, request)
    }
    // As koa-mount does.
    const { app } = appWith(Application, sessions, showSession, async (ctx, next) => {
      ctx.path = ctx.path.replace(/^\/app/, '')
      await next()
    })
    await (await browse(app)).get('/app/show?a=1')
    expect(targets).toEqual(['/app/show?a=1'])
  })

  it('sends nothing of an answer whose session was not stored, also if middleware above ignores the error', async () => {
    const store = flakyStore(memoryStore())
    const errors: unknown[] = []
    const app = new Application()
    app.use((_ctx, next) => next().catch((error) => void errors.push(error)))
    app.use(koaSession(managerOf({ store })))
    const bodies: Record<string, () => unknown> = {
      text: () => 'saved',
      object: () => ({ saved: true }),
      stream: () => Readable.from(['saved']),
      empty: () => null,
    }
    app.use((ctx) => {
      ctx.session.data.n = 1
      ctx.etag = 'saved'
      ctx.body = bodies[ctx.path.slice(1)]!()
    })
    const browser = await browse(app)
    for (const kind of Object.keys(bodies)) {
      store.next('create', 'throw', Number.POSITIVE_INFINITY)
      const response = await browser.get(`/${kind}`)
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([500, '', null])
      store.heal()
    }
    expect(errors.map((error) => isSessionError(error, 'ERR_STORE_UNAVAILABLE'))).toEqual(
      Object.keys(bodies).map(() => true),
    )
  })

  describe('the property', () => {
    it('destroys a raw answer that exceeds maxHeldBytes while it waits', async () => {
      const app = new Application().use(koaSession(managerOf(), { maxHeldBytes: 3 })).use(async (ctx) => {
        ctx.respond = false
        Object.assign(ctx.session.data, { chunks: ctx.query.chunks })
        for (const chunk of ['tea', 'and', 'tea'].slice(0, Number(ctx.query.chunks))) ctx.res.write(chunk)
        ctx.res.end()
      })
      app.silent = true
      const browser = await browse(app)
      expect(await (await browser.get('/?chunks=1')).text()).toBe('tea')
      await expect(browser.get('/?chunks=3')).rejects.toThrow()
    })

    it('can have another name, so that several managers work side by side', async () => {
      const [shop, admin] = [managerOf(), managerOf({ cookie: { name: '__Host-admin' } })]
      const app = new Application()
      app.use(koaSession(shop)).use(koaSession(admin, { property: 'admin' }))
      app.use(async (ctx) => {
        if (ctx.path === '/login') await Promise.all([ctx.session.login('ada'), ctx.admin.login('root')])
        ctx.body = [shop.of(ctx).subject, admin.of(ctx).subject, ctx.session === shop.of(ctx)]
      })
      const browser = await browse(app)
      await browser.get('/login')
      expect(browser.jar.names.toSorted()).toEqual(['__Host-admin', NAME])
      expect(await (await browser.get('/')).json()).toEqual(['ada', 'root', true])
    })

    it('throws if it exists already, and says what to do', async () => {
      const byManager = new Application().use(koaSession(managerOf()))
      const bySomething = new Application()
      Object.assign(bySomething.context, { session: {} })
      for (const app of [byManager, bySomething]) {
        const errors: Error[] = []
        app.on('error', (error) => errors.push(error))
        app.use(koaSession(managerOf({ cookie: { name: '__Host-other' } })))
        expect((await (await browse(app)).get('/')).status).toBe(500)
        expect(errors.map(({ message }) => message)).toEqual([
          'ctx.session exists already: another middleware uses it, or koaSession is mounted twice. ' +
            "Mount it once, or choose another name: koaSession(sessions, { property: '…' }).",
        ])
        expect(isSessionError(errors[0], 'ERR_SESSION_ALREADY_OPEN')).toBe(true)
      }
    })

    it('throws if one manager is mounted twice, under any name', async () => {
      const sessions = managerOf()
      const { app, errors } = appWith(Application, sessions, showSession)
      app.middleware.splice(1, 0, koaSession(sessions, { property: 'again' }))
      expect((await (await browse(app)).get('/')).status).toBe(500)
      expect(errors.map((error) => isSessionError(error, 'ERR_SESSION_ALREADY_OPEN'))).toEqual([true])
    })

    it('throws if it is assigned to, and says what to do', async () => {
      const { app, errors } = appWith(Application, managerOf(), (ctx) => {
        Object.assign(ctx, { session: null })
      })
      expect((await (await browse(app)).get('/')).status).toBe(500)
      expect((errors[0] as Error).message).toBe(
        'ctx.session cannot be replaced: assign to ctx.session.data, or await ctx.session.destroy()',
      )
      expect(isSessionError(errors[0], 'ERR_SESSION_USAGE')).toBe(true)
    })
  })

  it('opens no session for skipped requests', async () => {
    const store = flakyStore(memoryStore())
    const sessions = managerOf({ store: store })
    const app = new Application()
    app.use(koaSession(sessions, { skip: (ctx) => ctx.path.startsWith('/assets/') }))
    app.use(async (ctx) => {
      if (ctx.path === '/login') await ctx.session.login('ada')
      else expect(() => sessions.of(ctx)).toThrow(/do not skip the request/)
      ctx.body = `session: ${typeof ctx.session}`
    })
    app.silent = true
    const browser = await browse(app)
    await browser.get('/login')
    store.next('read', 'throw', Number.POSITIVE_INFINITY)
    const response = await browser.get('/assets/logo.svg')
    expect(await response.text()).toBe('session: undefined')
    expect(response.headers.has('vary')).toBe(false)
    expect((await browser.get('/')).status).toBe(503)
  })
})

it('koaSession throws without a manager, and for an option that does not exist', () => {
  const returns = 'koaSession.sessions: must be the manager that createSessionManager(options) returns'
  // @ts-expect-error what koa-session takes
  expect(() => koaSession({ key: 'koa.sess' })).toThrow(returns)
  // @ts-expect-error nothing
  expect(() => koaSession()).toThrow(returns)
  const unknown = (option: string, hint: string) =>
    expect.objectContaining({
      code: 'ERR_SESSION_CONFIG',
      message: `koaSession.${option}: is not an option; ${hint}`,
    })
  // @ts-expect-error an option that does not exist
  expect(() => koaSession(managerOf(), { propery: 'user' })).toThrow(
    unknown('propery', 'did you mean koaSession.property?'),
  )
  // @ts-expect-error an option of koa-session
  expect(() => koaSession(managerOf(), { renewEarly: true })).toThrow(
    unknown('renewEarly', 'known are property, skip, maxHeldBytes'),
  )
})

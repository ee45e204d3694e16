import { memoryStore } from '@sojourn/session-core'
import { flakyStore } from '@sojourn/session-testing'
import Fastify, { type FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import { fastifySession } from '../src'
import { appWith, browse, managerOf, NAME, showSession } from './served'

describe('fastifySession', () => {
  it('serves the routes of its own context and of those below, and no others', async () => {
    const app = Fastify()
    app.get('/outside', async (request) => ({ decorated: 'session' in request }))
    await app.register(async (scope) => {
      await scope.register(fastifySession, { sessions: managerOf() })
      scope.get('/inside', async (request) => ({ decorated: request.session.isNew }))
      await scope.register(async (below) => {
        below.get('/below', async (request) => ({ decorated: request.session.isNew }))
      })
    })
    const browser = await browse(app)
    for (const [path, decorated] of Object.entries({ '/outside': false, '/inside': true, '/below': true })) {
      const response = await browser.get(path)
      expect(await response.json()).toEqual({ decorated })
      expect(response.headers.get('vary')).toBe(decorated ? 'Cookie' : null)
    }
  })

  it('gives every request its own handle, also in the not-found handler', async () => {
    const handles = new Set<unknown>()
    const app = await appWith(managerOf(), async (request) => handles.add(request.session).size)
    app.setNotFoundHandler(async (request) => ({ isNew: request.session.isNew }))
    const browser = await browse(app)
    await Promise.all([browser.get('/'), browser.get('/'), browser.get('/')])
    expect(handles.size).toBe(3)
    expect(await (await browser.get('/nowhere')).json()).toEqual({ isNew: true })
  })

  it('supports several managers under different names', async () => {
    const [shop, admin] = [managerOf(), managerOf({ cookie: { name: '__Host-admin' } })]
    const app = await appWith(shop, async (request) => {
      await Promise.all([request.session.login('ada'), admin.of(request).login('root')])
      return 'hello'
    })
    await app.register(fastifySession, { sessions: admin, property: 'admin' })
    app.get('/both', async (request) => [
      shop.of(request).subject,
      request.getDecorator<typeof request.session>('admin').subject,
    ])
    const browser = await browse(app)
    await browser.get('/')
    expect(browser.jar.names.toSorted()).toEqual(['__Host-admin', NAME])
    expect(await (await browser.get('/both')).json()).toEqual(['ada', 'root'])
  })

  it('rejects without a manager, and accepts the options that plugin loaders add', async () => {
    const returns = 'fastifySession.sessions: must be the manager that createSessionManager(options) returns'
    // @ts-expect-error no manager
    await expect(Fastify().register(fastifySession).ready()).rejects.toThrow(returns)
    // @ts-expect-error what @fastify/session takes
    await expect(Fastify().register(fastifySession, { secret: 'cat' }).ready()).rejects.toThrow(returns)
    const loaded = { sessions: managerOf(), prefix: '/api', dir: '/plugins' }
    await Fastify().register(fastifySession, loaded).ready()
  })

  it('rejects if the property exists already, in this context or in one above', async () => {
    const taken =
      'request.session exists already: another plugin uses it, or fastifySession is registered twice. ' +
      "Register it once, or choose another name: register(fastifySession, { sessions, property: '…' })."
    const sessions = managerOf()
    const twice = Fastify().register(fastifySession, { sessions }).register(fastifySession, { sessions })
    const below = Fastify().register(fastifySession, { sessions })
    below.register(async (scope) => scope.register(fastifySession, { sessions: managerOf() }))
    const byOthers = Fastify()
      .decorateRequest('session' as string, null)
      .register(fastifySession, { sessions })
    const refused = { code: 'ERR_SESSION_ALREADY_OPEN', message: taken }
    for (const app of [twice, below, byOthers]) await expect(app.ready()).rejects.toMatchObject(refused)
  })

  it('answers every request with an error if one manager is registered under two names', async () => {
    const sessions = managerOf()
    const app = await appWith(sessions, showSession)
    await app.register(fastifySession, { sessions, property: 'again' })
    const response = await (await browse(app)).get('/')
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: 'ERR_SESSION_ALREADY_OPEN' })
  })

  it('throws if request.session is assigned to, and says what to do', async () => {
    const app = await appWith(managerOf(), async (request) => Object.assign(request, { session: null }))
    expect(await (await (await browse(app)).get('/')).json()).toMatchObject({
      message: 'request.session cannot be replaced: assign to request.session.data, or await request.session.destroy()',
    })
  })

  it('declares its name and the range of Fastify versions', () => {
    const app = Fastify().register(fastifySession, { sessions: managerOf() })
    app.register(async (scope) => expect(scope.hasPlugin('@sojourn/session-fastify')).toBe(true))
    return app.ready()
  })
})

describe('fastifySession without a session', () => {
  it('opens none for skipped requests, and for routes whose config says so', async () => {
    const store = flakyStore(memoryStore())
    const sessions = managerOf({ store: store })
    const app = Fastify()
    await app.register(fastifySession, { sessions, skip: (request) => request.url.startsWith('/assets/') })
    const handler = async (request: FastifyRequest) => {
      expect(() => sessions.of(request)).toThrow(/do not skip the request/)
      return `session: ${typeof request.session}`
    }
    app.get('/assets/logo.svg', handler)
    app.get('/health', { config: { session: false } }, handler)
    app.get('/login', (request) => request.session.login('ada'))
    const browser = await browse(app)
    await browser.get('/login')
    store.next('read', 'throw', Number.POSITIVE_INFINITY)
    for (const path of ['/assets/logo.svg', '/health']) {
      const response = await browser.get(path)
      expect(await response.text()).toBe('session: undefined')
      expect(response.headers.has('vary')).toBe(false)
    }
    expect((await browser.get('/login')).status).toBe(503)
  })

  it('reads each manager’s own property from the config of the route', async () => {
    const [shop, admin] = [managerOf(), managerOf({ cookie: { name: '__Host-admin' } })]
    const app = await appWith(shop, showSession)
    await app.register(fastifySession, { sessions: admin, property: 'admin' })
    const config: object = { admin: false }
    app.get('/shop', { config }, async (request) => [
      request.session !== undefined,
      request.getDecorator('admin') !== undefined,
    ])
    expect(await (await (await browse(app)).get('/shop')).json()).toEqual([true, false])
  })
})

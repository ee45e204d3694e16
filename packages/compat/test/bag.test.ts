import { type CompatEvent, type CompatSessionOptions, compatSession } from '@sojourn/session-compat/express'
import { compatSession as koaCompat } from '@sojourn/session-compat/koa'
import { memoryStore, type SessionEvent } from '@sojourn/session-core'
import { fakeClock, flakyStore } from '@sojourn/session-testing'
import type { Express, NextFunction, Request, Response } from 'express'
import Koa from 'koa'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { browser, serve } from './support/browser'
import { site, subject } from './support/express-site'
import { type AnyData, manager } from './support/manager'

const DAY = 86_400

// biome-ignore lint/suspicious/noExplicitAny: sites keep data of their own
type Bag = any
type Handler = (session: Bag, req: Request) => unknown

/** A site whose handlers a test names by path. */
async function shop(
  handlers: Record<string, Handler>,
  {
    options = {},
    unread = {},
    ...given
  }: {
    options?: CompatSessionOptions
    /** Handlers that are called before anyone has read the session. */
    unread?: Record<string, (req: Request) => void>
  } & Parameters<typeof manager>[0] = {},
) {
  const clock = fakeClock()
  const events: CompatEvent[] = []
  const store = memoryStore({ clock })
  const sessions = manager({ store, clock, ...given })
  const middleware = compatSession(sessions, { subject, onEvent: (event) => events.push(event), ...options })
  const routes = (app: Express) => {
    for (const [path, handler] of Object.entries({ ...BASE, ...handlers })) {
      app.get(`/${path}`, async (req, res) => {
        const answer = await handler(req.session, req)
        if (!res.headersSent) res.json(answer ?? null)
      })
    }
  }
  const blindRoutes = (app: Express) => {
    for (const [path, handler] of Object.entries(unread)) {
      app.get(`/${path}`, (req, res) => {
        handler(req)
        res.json(null)
      })
    }
    routes(app)
  }
  const url = await serve(site(middleware, blindRoutes))
  return {
    url,
    sessions,
    clock,
    events,
    store,
    visitor: (jar?: ReturnType<typeof browser>['jar']) => browser(url, jar),
  }
}

const BASE: Record<string, Handler> = {
  read: ({ cookie, ...data }) => data,
  login: (session) => {
    session.user = 'ada'
  },
  cart: (session) => {
    session.cart = [...(session.cart ?? []), 'tea']
    return session.cart
  },
}

describe('changes that are not stored', () => {
  it('are reported with their keys, as those of the strict handle are', async () => {
    const dropped: unknown[] = []
    const onEvent = (event: SessionEvent) =>
      void (event.type === 'change-dropped' && dropped.push([event.reason, event.keys]))
    const { visitor } = await shop(
      {
        failed: (session, req) => {
          req.res!.status(500)
          session.late = 1
        },
        answered: (session, req) => {
          req.res!.json(null)
          Object.assign(session, { late: 2, cart: [] })
        },
      },
      { onEvent },
    )
    const ada = visitor()
    await ada.visit('/login')
    await ada.visit('/failed')
    await ada.visit('/answered')
    await vi.waitFor(() => expect(dropped).toHaveLength(2))
    expect(dropped).toEqual([
      ['status', ['late']],
      ['headers-sent', ['late', 'cart']],
    ])
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"user":"ada"}')
  })
})

describe('a value that cannot be stored', () => {
  const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
  const values: Record<string, () => unknown> = {
    deep: () => nested(65),
    'very deep': () => nested(8000),
    bigint: () => [1n],
    cycle: () => {
      const list: unknown[] = []
      list.push(list)
      return list
    },
  }

  it.each(Object.keys(values))('%s › is an error with its code, and the session stays as it was', async (name) => {
    const { visitor, sessions } = await shop({
      store: (session) => Object.assign(session, { value: values[name]!() }) && null,
      bob: (session) => Object.assign(session, { user: 'bob', value: values[name]!() }) && null,
      logout: (session) => {
        delete session.user
        session.value = values[name]!()
      },
    })
    const ada = visitor()
    await ada.visit('/cart')
    await ada.visit('/login')
    for (const path of ['store', 'bob', 'logout']) {
      expect(await ada.visit(`/${path}`)).toBe(`GET /${path}: 500 ERR_SESSION_NOT_SERIALIZABLE`)
      expect(await ada.visit('/read')).toBe('GET /read: 200 {"cart":["tea"],"user":"ada"}')
    }
    expect(await sessions.list('bob')).toEqual([])
  })

  it.each(Object.keys(values))('%s › is no error where the response stores nothing anyway', async (name) => {
    const value = values[name]!
    const { visitor } = await shop({
      failed: (session, req) => {
        req.res!.status(500)
        session.value = value()
      },
      answered: (session, req) => {
        req.res!.json(null)
        session.value = value()
      },
      left: async (session, req) => {
        const gone = new Promise((done) => req.res!.once('close', done))
        req.res!.destroy()
        session.value = value()
        await gone
      },
    })
    const ada = visitor()
    await ada.visit('/login')
    expect(await ada.visit('/failed')).toBe('GET /failed: 500 null')
    expect(await ada.visit('/answered')).toBe('GET /answered: 200 null')
    await ada.visit('/left').catch(() => {})
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"user":"ada"}')
  })
})

describe('a login by assignment', () => {
  it('that fails leaves none of its values for a later write', async () => {
    const store = flakyStore(memoryStore())
    const { visitor, sessions } = await shop(
      {
        root: async (session, req) => {
          session.user = 'root'
          store.next('update', 'throw', Number.POSITIVE_INFINITY)
          await expect(session.save()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
          store.heal()
          await sessions.of(req).update('n', () => 1)
          req.res!.status(500)
        },
      },
      { store },
    )
    const ada = visitor()
    await ada.visit('/login')
    expect(await ada.visit('/root')).toContain('500')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"user":"ada","n":1}')
  })

  it('of false is a logout', async () => {
    const { visitor, sessions } = await shop({
      logout: (session) => {
        session.user = false
      },
    })
    const ada = visitor()
    await ada.visit('/login')
    expect(await ada.visit('/logout')).toBe('GET /logout: 200 null')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"user":false}')
    expect(await sessions.list('ada')).toEqual([])
  })

  it('reads no subject from a polluted Object.prototype', async () => {
    const { visitor, sessions } = await shop({
      polluted: (session) => {
        Object.defineProperty(Object.prototype, 'user', { value: 'eve', configurable: true })
        session.cart = ['tea']
      },
    })
    onTestFinished(() => void delete (Object.prototype as { user?: string }).user)
    await visitor().visit('/polluted')
    expect(await sessions.list('eve')).toEqual([])
  })

  it('is one of the manager: a new token, in lists, and revokeAll ends it', async () => {
    const { sessions, visitor } = await shop({})
    const ada = visitor()
    await ada.visit('/cart')
    const before = ada.jar.header
    await ada.visit('/login')
    expect(ada.jar.header).not.toBe(before)
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"cart":["tea"],"user":"ada"}')
    expect(await sessions.list('ada')).toHaveLength(1)
    expect(await sessions.revokeAll('ada')).toBe(1)
    expect(await ada.visit('/read')).toBe('GET /read: 200 {}')
  })

  it('leaves a planted cookie logged in as no one', async () => {
    const { visitor } = await shop({})
    const attacker = visitor()
    await attacker.visit('/cart')
    const victim = visitor(attacker.jar.copy())
    await victim.visit('/login')
    expect(await victim.visit('/read')).toContain('"user":"ada"')
    expect(await attacker.visit('/read')).toBe('GET /read: 200 {}')
    expect(await attacker.visit('/cart')).toBe('GET /cart: 409 ERR_SESSION_ENDED')
  })

  it('an unassignment is a logout: the copy of a cookie is dead, and other values stay', async () => {
    const { sessions, visitor } = await shop({
      out: (session) => {
        delete session.user
      },
    })
    const ada = visitor()
    await ada.visit('/cart')
    await ada.visit('/login')
    const copy = visitor(ada.jar.copy())
    await ada.visit('/out')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"cart":["tea"]}')
    expect(await copy.visit('/read')).toBe('GET /read: 200 {}')
    expect(await sessions.list('ada')).toEqual([])
  })

  it('reading a session is no login and no logout, also where the strict handle has logged in', async () => {
    const { sessions, visitor } = await shop({
      strict: async (_, req) => {
        await shopOf(req).login('eve')
      },
    })
    const shopOf = (req: Request) => sessions.of(req)
    const eve = visitor()
    await eve.visit('/strict')
    await eve.visit('/read')
    await eve.visit('/cart')
    expect(await sessions.list('eve')).toHaveLength(1)
  })

  it('a subject that is no text and no number is an error, and no login', async () => {
    const { visitor, sessions } = await shop({}, { options: { subject: (data) => data.user && { id: data.user } } })
    expect(await visitor().visit('/login')).toBe('GET /login: 500 ERR_SESSION_USAGE')
    expect(sessions.counters().events.created).toBe(0)
  })
})

describe('a login as Passport makes it', () => {
  const login: Handler = (session, req) =>
    new Promise((done, fail) =>
      session.regenerate((error: unknown) => {
        if (error) return fail(error)
        Object.assign(req.session, { user: 'ada' })
        req.session.save((error) => (error ? fail(error) : done('in')))
      }),
    )

  it('succeeds twice where the form was sent twice', async () => {
    const arrived: (() => void)[] = []
    const { sessions, visitor } = await shop({
      twice: async (session, req) => {
        await new Promise<void>((done) => {
          if (arrived.push(done) === 2) for (const go of arrived) go()
        })
        return login(session, req)
      },
    })
    const ada = visitor()
    await ada.visit('/cart')
    const other = visitor(ada.jar.copy())
    expect(await Promise.all([ada.visit('/twice'), other.visit('/twice')])).toEqual(
      Array(2).fill('GET /twice: 200 "in"'),
    )
    for (const each of [ada, other]) expect(await each.visit('/read')).toBe('GET /read: 200 {"user":"ada"}')
    expect(await sessions.list('ada')).toHaveLength(2)
  })

  it('succeeds with a token that another login has replaced, and nothing but a login does', async () => {
    const { visitor } = await shop({
      login,
      regenerate: (session, req) =>
        new Promise((done, fail) =>
          session.regenerate((error: unknown) => {
            Object.assign(req.session, { cart: ['late'] })
            return error ? fail(error) : done(null)
          }),
        ),
    })
    const ada = visitor()
    await ada.visit('/cart')
    const other = visitor(ada.jar.copy())
    await ada.visit('/login')
    expect(await other.visit('/regenerate')).toBe('GET /regenerate: 409 ERR_SESSION_ENDED')
    expect(await other.visit('/login')).toBe('GET /login: 200 "in"')
    expect(await other.visit('/read')).toBe('GET /read: 200 {"user":"ada"}')
  })
})

describe('the strict handle beside the bag', () => {
  it('sees what is stored, and its own changes are kept', async () => {
    const { sessions, visitor } = await shop({
      both: async (session, req) => {
        const handle = sessions.of(req)
        session.cart = ['milk']
        handle.data.other = 1
        await handle.update('count', (count = 0) => Number(count) + 1)
        return handle.id === req.sessionID
      },
    })
    const ada = visitor()
    await ada.visit('/cart')
    expect(await ada.visit('/both')).toBe('GET /both: 200 true')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"cart":["milk"],"other":1,"count":1}')
  })
})

describe('the lifetime of one session', () => {
  const timeouts = { idle: 900, rolling: 3600, absolute: 90 * DAY, longest: 30 * DAY }
  const cookie = { secure: false, name: 'session', persistent: true } as const
  const handlers: Record<string, Handler> = {
    keep: (session) => {
      session.user = 'ada'
      session.cookie.maxAge = 20 * DAY * 1000
    },
    far: (session) => {
      session.cart = []
      session.cookie.maxAge = 400 * DAY * 1000
    },
    forget: (session) => {
      session.cookie.expires = false
    },
    over: (session) => {
      session.cookie.expires = new Date(0)
    },
    cookie: ({ cookie }) => [
      cookie.maxAge,
      cookie.originalMaxAge,
      cookie.path,
      JSON.parse(JSON.stringify(cookie)).httpOnly,
    ],
  }

  it('is set by cookie.maxAge, read from the next request, and taken back by expires = false', async () => {
    const { visitor, clock } = await shop(handlers, { timeouts, cookie })
    const ada = visitor()
    await ada.visit('/keep')
    expect(await ada.visit('/cookie')).toBe(`GET /cookie: 200 [${20 * DAY * 1000},${20 * DAY * 1000},"/",true]`)
    clock.advance(19 * DAY)
    expect(await ada.visit('/read')).toContain('ada')
    await ada.visit('/forget')
    expect(await ada.visit('/cookie')).toBe('GET /cookie: 200 [900000,900000,"/",true]')
    clock.advance(901)
    expect(await ada.visit('/read')).toBe('GET /read: 200 {}')
  })

  it('is at most timeouts.longest, with one event; an end in the past ends the session', async () => {
    const { visitor, events } = await shop(handlers, { timeouts, cookie })
    const ada = visitor()
    await ada.visit('/far')
    await ada.visit('/far')
    expect(await ada.visit('/cookie')).toContain(`[${30 * DAY * 1000},`)
    expect(events.map(({ type }) => type)).toEqual(['bounded'])
    await ada.visit('/over')
    expect(ada.jar.header).toBeUndefined()
  })

  it('has an event where timeouts.absolute ends the session earlier', async () => {
    const week = { idle: 7 * DAY, absolute: 7 * DAY, longest: 30 * DAY }
    const { visitor, events } = await shop(handlers, { timeouts: week, cookie })
    await visitor().visit('/keep')
    expect(events).toMatchObject([{ type: 'bounded', message: expect.stringContaining('timeouts.absolute') }])
  })

  it('has an event where the cookie goes with the browser, and where an attribute has no effect', async () => {
    const { visitor, events } = await shop({
      ...handlers,
      attribute: (session) => {
        session.cookie.path = '/admin'
        session.cookie.secure = true
      },
    })
    await visitor().visit('/keep')
    await visitor().visit('/attribute')
    expect(events.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'bounded maxAge',
      'not-persistent maxAge',
      'no-effect cookie.path',
      'no-effect cookie.secure',
    ])
  })
})

describe('the session object', () => {
  it('= null ends the session in every process', async () => {
    const { sessions, visitor } = await shop({
      null: (_, req) => {
        ;(req as { session: unknown }).session = null
        return [req.session ?? 'gone']
      },
    })
    const ada = visitor()
    await ada.visit('/login')
    const copy = visitor(ada.jar.copy())
    expect(await ada.visit('/null')).toBe('GET /null: 200 ["gone"]')
    expect(await copy.visit('/read')).toBe('GET /read: 200 {}')
    expect(await sessions.list('ada')).toEqual([])
  })

  it.each([
    ['answered', 0],
    ['left', 0],
    ['failed', 1],
  ])('= null, when the response is %s, leaves %i live sessions', async (how, count) => {
    const end = (req: Request) => void Object.assign(req, { session: null })
    const { sessions, visitor } = await shop({
      answered: (_, req) => {
        req.res!.json(null)
        end(req)
      },
      left: async (_, req) => {
        const gone = new Promise((done) => req.res!.once('close', done))
        req.res!.destroy()
        end(req)
        await gone
      },
      failed: (_, req) => {
        req.res!.status(500)
        end(req)
      },
    })
    const ada = visitor()
    await ada.visit('/login')
    await ada.visit(`/${how}`).catch(() => {})
    await vi.waitFor(async () => expect(await sessions.list('ada')).toHaveLength(count))
  })

  it('has methods that return a promise without a callback', async () => {
    const { visitor } = await shop({
      promises: async (session, req) => {
        session.cart = 1
        await session.save()
        session.cart = 2
        await session.reload()
        const { cart } = req.session as Bag
        await (req.session as Bag).regenerate()
        const keys = Object.keys(req.session)
        await (req.session as Bag).destroy()
        return [cart, keys, req.session ?? 'gone']
      },
    })
    expect(await visitor().visit('/promises')).toBe('GET /promises: 200 [1,["cookie"],"gone"]')
  })

  it('holds what JSON bends, with one event for each path', async () => {
    const { visitor, events } = await shop({
      bend: (session) => {
        session.at = new Date(0)
        session.list = [{ at: new Date(0), set: new Set([1]) }, { at: new Date(1) }]
        session.user = 'ada'
      },
    })
    const ada = visitor()
    await ada.visit('/bend')
    await ada.visit('/bend')
    expect(await ada.visit('/read')).toBe(
      'GET /read: 200 {"at":"1970-01-01T00:00:00.000Z","list":[{"at":"1970-01-01T00:00:00.000Z","set":{}},{"at":"1970-01-01T00:00:00.001Z"}],"user":"ada"}',
    )
    expect(events.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'bent session.at',
      'bent session.list[].at',
      'bent session.list[].set',
    ])
  })

  it('holds a body without its key __proto__, with one event', async () => {
    const { visitor, events } = await shop({
      body: (session) => {
        session.prefs = JSON.parse('{"a":[{"__proto__":{"admin":true},"b":1}]}')
      },
    })
    const ada = visitor()
    expect(await ada.visit('/body')).toBe('GET /body: 200 null')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"prefs":{"a":[{"b":1}]}}')
    expect(events.map(({ name }) => name)).toEqual(['session.prefs.a[].__proto__'])
  })

  it('a value that JSON cannot hold at all is an error, and nothing is stored', async () => {
    const { visitor } = await shop({
      cycle: (session) => {
        session.self = session.cart
        session.cart.push(session.cart)
      },
    })
    const ada = visitor()
    await ada.visit('/cart')
    expect(await ada.visit('/cycle')).toBe('GET /cycle: 500 ERR_SESSION_NOT_SERIALIZABLE')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"cart":["tea"]}')
  })

  it('an unused one costs no row and no cookie, and saveUninitialized has both and an event', async () => {
    const unused = await shop({ none: () => 1 })
    const visitor = unused.visitor()
    await visitor.visit('/none')
    expect([visitor.jar.header, unused.sessions.counters().events.created]).toEqual([undefined, 0])
    const { events, sessions, visitor: other } = await shop({ none: () => 1 }, { options: { saveUninitialized: true } })
    const everyone = other()
    await everyone.visit('/none')
    await everyone.visit('/none')
    expect([everyone.jar.header === undefined, sessions.counters().events.created]).toEqual([false, 1])
    expect(events.map(({ type }) => type)).toEqual(['costly'])
  })

  it('req.sessionStore.destroy ends a session by its id, and its other methods point to list', async () => {
    const { visitor } = await shop({
      destroy: (_, req) => new Promise((done) => req.sessionStore.destroy(req.sessionID, done)),
      all: (_, req) => (req.sessionStore as Bag).all(() => {}),
    })
    const ada = visitor()
    await ada.visit('/login')
    await ada.visit('/destroy')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {}')
    expect(await ada.visit('/all')).toBe('GET /all: 501 ERR_SESSION_UNSUPPORTED')
  })
})

describe('a late request', () => {
  it.each(['destroy', 'revokeAll'])(
    'to a session that %s has ended fails with 409, and brings nothing back',
    async (how) => {
      let goOn = () => {}
      let hasBegun = () => {}
      const begun = new Promise<void>((done) => {
        hasBegun = done
      })
      const { sessions, visitor } = await shop({
        slow: async (session) => {
          session.late = 1
          hasBegun()
          await new Promise<void>((done) => {
            goOn = done
          })
        },
        destroy: (session) => session.destroy(),
      })
      const ada = visitor()
      await ada.visit('/login')
      const late = visitor(ada.jar.copy())
      const answer = late.visit('/slow')
      await begun
      if (how === 'destroy') await ada.visit('/destroy')
      else await sessions.revokeAll('ada')
      goOn()
      expect(await answer).toBe('GET /slow: 409 ERR_SESSION_ENDED')
      expect(await late.visit('/read')).toBe('GET /read: 200 {}')
      expect(await sessions.list('ada')).toEqual([])
    },
  )

  it('keeps what parallel requests change, key by key', async () => {
    const arrived: (() => void)[] = []
    const { visitor } = await shop({
      set: async (session, req) => {
        session[String(req.query.key)] = 1
        await new Promise<void>((done) => {
          if (arrived.push(done) === 6) for (const go of arrived) go()
        })
      },
    })
    const ada = visitor()
    await ada.visit('/login')
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => visitor(ada.jar.copy()).visit(`/set?key=${key}`)))
    expect(await ada.visit('/read')).toBe('GET /read: 200 {"user":"ada","a":1,"b":1,"c":1,"d":1,"e":1,"f":1}')
  })
})

describe('options of the other libraries', () => {
  const sessions = manager()
  it.each<[AnyData, RegExp]>([
    [{ secret: 'x' }, /compatSession\.secret: belongs to the manager/],
    [{ store: {} }, /compatSession\.store: belongs to the manager/],
    [{ name: 'sid' }, /compatSession\.name: belongs to the manager.*cookie: \{ name/],
    [{ genid: () => 'x' }, /compatSession\.genid: is refused/],
    [{ proxy: true }, /compatSession\.proxy: is the framework's own setting/],
    [{ cookie: () => ({}) }, /compatSession\.cookie: as a function is refused/],
    [{ cookie: { secure: 'auto' } }, /compatSession\.cookie: with secure: "auto" is refused.*trust proxy/],
    [{ cookie: { sameSite: 'auto' } }, /compatSession\.cookie: with sameSite: "auto" is refused/],
    [{ cookie: { maxAge: 1 } }, /compatSession\.cookie: belongs to the manager.*timeouts/],
    [{ subjects: () => 1 }, /compatSession\.subjects: is not an option; did you mean compatSession\.subject\?/],
    [{ subject: 'user' }, /compatSession\.subject: must be a function/],
  ])('%j is refused by name', (options, message) => {
    const refused = expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.stringMatching(message) })
    expect(() => compatSession(sessions, options)).toThrow(refused)
    expect(() => koaCompat(sessions, options)).toThrow(refused)
  })

  it('resave, rolling and unset are accepted, and an event says that they have no effect', () => {
    const events: CompatEvent[] = []
    const options = { resave: true, rolling: true, unset: 'destroy', saveUninitialized: false } as const
    compatSession(sessions, { ...options, onEvent: (event) => events.push(event) })
    expect(events.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'no-effect resave',
      'no-effect rolling',
      'no-effect unset',
    ])
  })

  it('anything but a manager is refused', () => {
    expect(() => compatSession({ secret: 'x' } as never)).toThrow(/compatSession\.sessions: must be the manager/)
  })
})

describe('an assignment to the whole session', () => {
  it('takes the place of a session that no handler has read', async () => {
    const drop = (req: Request) => void Object.assign(req, { session: {} })
    const { sessions, visitor } = await shop({}, { unread: { drop } })
    const ada = visitor()
    await ada.visit('/cart')
    await ada.visit('/login')
    await ada.visit('/drop')
    expect(await ada.visit('/read')).toBe('GET /read: 200 {}')
    expect(await sessions.list('ada')).toHaveLength(0)
  })
})

describe('mounted where a session exists already', () => {
  it('is an error that says what to do', async () => {
    const errors: unknown[] = []
    const express = site(compatSession(manager()), (app) => {
      app.use(compatSession(manager()))
      app.use((error: unknown, _req: Request, _res: Response, next: NextFunction) => {
        errors.push(error)
        next(error)
      })
    })
    const koa = new Koa().use(koaCompat(manager())).use(koaCompat(manager()))
    koa.on('error', (error) => errors.push(error))
    for (const app of [express, koa.callback()]) expect((await fetch(await serve(app))).status).toBe(500)
    const twice = (path: string) => ({
      code: 'ERR_SESSION_ALREADY_OPEN',
      message: expect.stringMatching(new RegExp(`^${path}\\.session exists already.*Mount it once`)),
    })
    expect(errors).toMatchObject([twice('req'), twice('ctx')])
  })
})

describe('a login that the manager refuses', () => {
  it('is not stored by the answer that says so', async () => {
    const { visitor } = await shop({}, { maxPerSubject: 1, onLimit: 'refuse' })
    await visitor().visit('/login')
    const late = visitor()
    await late.visit('/cart')
    expect(await late.visit('/login')).toBe('GET /login: 409 ERR_SESSION_LIMIT')
    expect(await late.visit('/read')).toBe('GET /read: 200 {"cart":["tea"]}')
  })
})

describe('where no session can begin', () => {
  it('saveUninitialized refuses no request of which the browser withheld the cookie', async () => {
    const { url } = await shop({}, { options: { saveUninitialized: true } })
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
    const response = await fetch(`${url}/read`, { headers })
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
  })
})

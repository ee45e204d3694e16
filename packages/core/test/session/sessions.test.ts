import { inspect } from 'node:util'
import { isSessionError, type MemoryStore, memoryRevocations, memoryStore } from '@sojourn/session-core'
import { fakeCarrier, fakeClock, flakyStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, modes, world } from '../helpers/browser'

describe.each(modes)('sessions in $mode', ({ mode, make }) => {
  const inStore = mode === 'a store'
  /** Whether an ended cookie is dead for whoever kept a copy. */
  const revocable = mode !== 'the cookie alone'

  it('cost an anonymous visitor no row, no cookie and no header', async () => {
    const { browser, memory } = { ...make(), ...(inStore ? {} : { memory: undefined }) }
    const { carrier, session } = await browser().visit()
    expect(carrier.setCookies).toEqual([])
    expect(carrier.responseHeader('vary')).toEqual([])
    expect(carrier.responseHeader('cache-control')).toEqual([])
    expect(await memory?.deleteExpired(Number.MAX_SAFE_INTEGER, 10)).toBe(inStore ? 0 : undefined)
    expect(session.outcome).toBe('none')
    expect(session.isNew).toBe(true)
  })

  it('begin when a value is kept, and come back with it', async () => {
    const user = make().browser()
    await user.visit((session) => {
      session.data.cart = ['tea']
    })
    const { session } = await user.visit()
    expect(session.outcome).toBe('resumed')
    expect(session.isNew).toBe(false)
    expect(session.data).toEqual({ cart: ['tea'] })
    expect(session.subject).toBeUndefined()
  })

  it('find every kind of change to data: assigned, mutated deep down, deleted, replaced', async () => {
    const user = make().browser()
    await user.visit((session) => {
      session.data = { a: { b: [1, { c: 2 }] }, gone: true, kept: 'x' }
    })
    await user.visit((session) => {
      session.data.a.b[1].c = 3
      delete session.data.gone
      session.data.none = undefined
    })
    expect((await user.visit()).session.data).toEqual({ a: { b: [1, { c: 3 }] }, kept: 'x' })
  })

  it('keep nothing of what was there when data is replaced unread', async () => {
    const user = make().browser()
    await user.visit((session) => {
      session.data = { old: 1, both: 1 }
    })
    await user.visit((session) => {
      session.data = { both: 2 }
    })
    expect((await user.visit()).session.data).toEqual({ both: 2 })
  })

  it('store what was there before an update, when it is assigned again after it', async () => {
    const user = make().browser()
    await user.visit((session) => {
      session.data.n = 1
    })
    await user.visit(async (session) => {
      const before = session.data.n
      await session.update('n', (n) => n + 1)
      session.data.n = before
    })
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('send nothing and write nothing when data was read only', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(60)
    const { sentCookie, carrier } = await user.visit((session) => JSON.stringify(session.data))
    expect(sentCookie).toBe(false)
    expect(carrier.responseHeader('vary')).toEqual(['Cookie'])
    expect(carrier.responseHeader('cache-control')).toEqual([])
  })

  it('say that a response depends on the cookie whatever is done with the handle, and only then', async () => {
    const user = make().browser()
    const touches: ((session: object) => unknown)[] = [
      (session) => (session as { subject: string }).subject,
      (session) => 'subject' in session,
      (session) => Object.keys(session),
      (session) => Object.getOwnPropertyDescriptor(session, 'id'),
      (session) => ({ ...session }),
    ]
    for (const touch of touches) {
      const { carrier } = await user.visit(touch)
      expect(carrier.responseHeader('vary')).toEqual(['Cookie'])
    }
    expect((await user.visit()).carrier.responseHeader('vary')).toEqual([])
  })

  it('keep an anonymous cart at login, and the facts of the login', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => {
      session.data.cart = ['tea']
    })
    clock.advance(5)
    await user.visit((session) => session.login('ada', { label: 'Firefox' }))
    const { session } = await user.visit()
    expect(session.data).toEqual({ cart: ['tea'] })
    expect(session.subject).toBe('ada')
    expect(session.authenticatedAt).toBe(clock())
    expect(session.createdAt).toBe(clock() - 5000)
    expect(session.remaining).toEqual({ idle: 900, rolling: 3600, absolute: 86_400, nearest: 900 })
  })

  it('carry what was changed before a login along with it', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      session.data.theme = 'dark'
      await session.login('ada')
      session.data.greeted = true
    })
    expect((await user.visit()).session.data).toEqual({ theme: 'dark', greeted: true })
  })

  it('keep data when the same subject logs in again, and start empty for another', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      await session.login('ada')
      session.data.private = 1
    })
    await user.visit((session) => session.login('ada'))
    expect((await user.visit()).session.data).toEqual({ private: 1 })
    await user.visit(async (session) => {
      session.data.private = 2
      await session.login('bob')
      expect(session.data).toEqual({})
      session.data.mine = true
    })
    const { session } = await user.visit()
    expect([session.subject, session.data]).toEqual(['bob', { mine: true }])
  })

  it('replace the token at login and at regenerate, without grace for the old one', async () => {
    const { browser } = make()
    const user = browser()
    await user.visit((session) => {
      session.data.a = 1
    })
    for (const change of ['login', 'regenerate'] as const) {
      const before = user.copy()
      await user.visit((session) => (change === 'login' ? session.login('ada') : session.regenerate()))
      expect(user.jar.header).not.toBe(before.jar.header)
      expect(await user.outcome()).toBe('resumed')
      if (revocable) expect(['rejected', 'revoked']).toContain(await before.outcome())
      else expect(await before.outcome()).toBe('resumed')
    }
  })

  it('end at logout: the cookie is cleared, and copies are dead as far as the store can', async () => {
    for (const end of ['logout', 'destroy'] as const) {
      const user = make().browser()
      await user.visit((session) => session.login('ada'))
      const thief = user.copy()
      const { carrier } = await user.visit((session) => session[end]())
      expect(carrier.setCookies).toEqual([
        '__Host-session=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
      ])
      expect(user.jar.names).toEqual([])
      expect(await thief.outcome()).toBe(revocable ? (inStore ? 'unknown' : 'revoked') : 'resumed')
    }
  })

  it('clear the cookie at logout when there was no session', async () => {
    const user = make().browser()
    for (const end of ['logout', 'destroy'] as const) {
      expect((await user.visit((session) => session[end]())).carrier.setCookies).toHaveLength(1)
    }
  })

  it('let nothing but a login follow an end within one request', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      await session.login('ada')
      session.data.old = 1
    })
    const { session } = await user.visit(async (session) => {
      const { id } = session
      await session.destroy()
      expect(session.data).toEqual({})
      for (const method of ['regenerate', 'touch'] as const) {
        await expect(session[method]()).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED', statusCode: 409 })
      }
      await expect(session.update('n', () => 1)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
      session.data.between = 1
      await session.login('bob')
      expect(session.id).not.toBe(id)
      session.data.mine = 1
      await session.update('n', () => 1)
    })
    expect(session.subject).toBe('bob')
    const next = await user.visit()
    expect([next.session.subject, next.session.data]).toEqual(['bob', { mine: 1, n: 1 }])
  })

  it('refuse plain changes after an end on the way out, where a framework can answer', async () => {
    const { sessions, browser } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const carrier = fakeCarrier({ cookie: user.jar })
    const session = await sessions.open(carrier)
    await session.destroy()
    session.data.flash = 'bye'
    await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    carrier.statusCode = 409
    expect(sessions.commit(session)).toBeUndefined()
    expect(carrier.setCookies).toHaveLength(1)
  })

  it('add one by update, as often as it is asked within one request', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      const counts = await Promise.all(Array.from({ length: 20 }, () => session.update('n', (n = 0) => n + 1)))
      expect(counts.at(-1)).toBe(20)
      expect(session.data.n).toBe(20)
      expect(await session.update('n', async (n) => n * 2)).toBe(40)
    })
    expect((await user.visit()).session.data).toEqual({ n: 40 })
    await user.visit((session) => session.update('n', () => undefined))
    expect((await user.visit()).session.data).toEqual({})
  })

  it('lose no count where one of several methods is awaited before the next is called', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      const add = async (n = 0) => {
        await new Promise(setImmediate)
        return n + 1
      }
      const first = session.update('n', add)
      const second = session.update('n', add)
      await first
      expect(await session.update('n', add)).toBe(3)
      await second
    })
    expect((await user.visit()).session.data).toEqual({ n: 3 })
  })

  it('keep what an update has stored, whatever the handler has put in the place of data', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      session.data = Object.freeze({ kept: 1 })
      await session.update('n', () => new Proxy({ of: 2 }, {}))
      expect(session.data).toEqual({ kept: 1, n: { of: 2 } })
    })
    expect((await user.visit()).session.data).toEqual({ kept: 1, n: { of: 2 } })
  })

  it('hand an update nothing that every object has', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      for (const key of ['constructor', 'toString', 'hasOwnProperty']) {
        expect(await session.update(key, (value) => typeof value)).toBe('undefined')
      }
    })
    expect(Object.keys((await user.visit()).session.data)).toHaveLength(3)
  })

  it('pass on what an update function throws, and change nothing', async () => {
    const user = make().browser()
    await user.visit((session) => session.update('n', () => 1))
    await user.visit(async (session) => {
      const boom = new Error('boom')
      await expect(session.update('n', () => Promise.reject(boom))).rejects.toBe(boom)
    })
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('name the path of what JSON cannot hold, write nothing, and stay as they were', async () => {
    const { browser, sessions } = make()
    const user = browser()
    await user.visit((session) => {
      session.data.ok = 1
    })
    for (const bad of [new Date(), 1n, Number.NaN, new Map(), () => 1, [undefined], Symbol('x')]) {
      const carrier = fakeCarrier({ cookie: user.jar })
      const session = await sessions.open(carrier)
      session.data.deep = { list: [bad] }
      const failed = Promise.resolve(sessions.commit(session))
      await expect(failed).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_SERIALIZABLE', statusCode: 500 })
      await expect(failed).rejects.toThrow('session.data.deep.list[0]')
      await expect(session.update('x', () => bad)).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_SERIALIZABLE' })
      carrier.statusCode = 500
      expect(sessions.commit(session)).toBeUndefined()
      expect(carrier.setCookies).toEqual([])
    }
    expect((await user.visit()).session.data).toEqual({ ok: 1 })
  })

  it('refuse an update whose result JSON cannot hold, by its path', async () => {
    const user = make().browser()
    await user.visit((session) => session.update('n', () => 1))
    await user.visit(async (session) => {
      for (const bad of [new Date(), Number.NaN, { at: [1n] }]) {
        const update = session.update('n', () => bad)
        await expect(update).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_SERIALIZABLE' })
        await expect(update).rejects.toThrow('session.data.n')
      }
    })
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('give two requests no object in common', async () => {
    const { browser, sessions } = make()
    const user = browser()
    await user.visit((session) => {
      session.data.list = [{ n: 1 }]
    })
    const [a, b] = await Promise.all([1, 2].map(() => sessions.open(fakeCarrier({ cookie: user.jar }))))
    a!.data.list[0].n = 2
    expect(b!.data).toEqual({ list: [{ n: 1 }] })
    const mine = { n: 1 }
    await user.visit(async (session) => {
      session.data.mine = mine
      await session.save()
      mine.n = 2
    })
    expect((await user.visit()).session.data.mine).toEqual({ n: 2 })
  })

  it('refuse what would be lost, and say what to do instead', async () => {
    const { sessions } = make()
    const session = await sessions.open(fakeCarrier())
    const handle = session as unknown as Record<string, unknown>
    expect(() => {
      handle.cart = []
    }).toThrow('session.data')
    expect(() => Object.defineProperty(handle, 'cart', { value: 1 })).toThrow('session.data')
    expect(() => delete handle.id).toThrow('session.data')
    expect(() => {
      handle.data = null
    }).toThrow('session.destroy()')
    for (const method of ['login', 'regenerate', 'save', 'touch', 'logout', 'destroy']) {
      expect(() => (handle[method] as (cb: unknown) => void)(() => {})).toThrow('await session.')
    }
    for (const key of ['__proto__', 7, undefined]) {
      expect(() => session.update(key as string, () => 1)).toThrow('takes a key and a function')
    }
    expect(() => session.update('n', 1 as never)).toThrow('takes a key and a function')
    for (const subject of ['', 7, null, undefined]) {
      expect(() => session.login(subject as string)).toThrow('String(user.id)')
    }
    expect(() => session.login('ada', { remeber: true } as object)).toThrow('did you mean login.remember?')
    for (const options of [
      null,
      'laptop',
      { label: 7 },
      { label: JSON.parse('{"__proto__":1}') },
      { remember: 'on' },
    ]) {
      expect(() => session.login('ada', options as object)).toThrow('login')
    }
    await expect(async () => session).not.toThrow()
  })

  it('cannot be opened twice on one request', async () => {
    const { sessions } = make()
    const request = {}
    const session = await sessions.open(fakeCarrier(), request)
    expect(sessions.of(request)).toBe(session)
    await expect(sessions.open(fakeCarrier(), request)).rejects.toMatchObject({ code: 'ERR_SESSION_ALREADY_OPEN' })
    expect(() => sessions.of({})).toThrow('mount the adapter')
  })

  it('cannot be opened on a request that has another manager’s under the same cookie', async () => {
    const shop = make().sessions
    const blog = make({ audience: 'blog' }).sessions
    const request = {}
    await shop.open(fakeCarrier(), request)
    const refused = { code: 'ERR_SESSION_ALREADY_OPEN', message: expect.stringContaining('cookie.name') }
    await expect(blog.open(fakeCarrier(), request)).rejects.toMatchObject(refused)
    expect(() => blog.of(request)).toThrow('no session of this manager')
    const other = make({ cookie: { name: '__Host-other' } }).sessions
    expect(await other.open(fakeCarrier(), request)).toBe(other.of(request))
  })

  it('is found by its request, also where that is wrapped, and leaves no trace that a handler would see', async () => {
    const { sessions } = make()
    const request = { url: '/' }
    const session = await sessions.open(fakeCarrier(), request)
    expect(sessions.of(new Proxy(request, {}))).toBe(session)
    expect(sessions.of(Object.create(request))).toBe(session)
    expect({ ...request }).toEqual({ url: '/' })
    expect(inspect(request)).toBe("{ url: '/' }")
  })

  it('is committed by the manager that opened it alone', async () => {
    const [one, other] = [make(), make()]
    const session = await one.sessions.open(fakeCarrier())
    for (const foreign of [session, {}, undefined]) {
      expect(() => other.sessions.commit(foreign as never)).toThrow('a session that this manager has opened')
    }
    expect(one.sessions.commit(session)).toBeUndefined()
  })

  it('renew a token after three quarters of rolling, and not before', async () => {
    const { browser, clock } = make({ timeouts: { idle: 0, rolling: 3600 } })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(2700)
    expect((await user.visit()).sentCookie).toBe(false)
    const old = user.copy()
    clock.advance(1)
    const { carrier, session } = await user.visit()
    expect(carrier.setCookies).toHaveLength(1)
    expect(carrier.responseHeader('cache-control')).toEqual(['no-store'])
    clock.advance(3600)
    expect(await user.outcome()).toBe('resumed')
    expect((await user.visit()).session.id).toBe(session.id)
    clock.advance(1)
    expect(await old.outcome()).toBe(inStore ? 'reused' : 'expired:rolling')
  })

  it('end at each clock, one second after it and not at it', async () => {
    const cases = [
      ['idle', { idle: 900, rolling: 0, absolute: 0 }, 900],
      ['rolling', { idle: 0, rolling: 3600, absolute: 0 }, 3600],
      ['absolute', { idle: 0, rolling: 0, absolute: 86_400 }, 86_400],
    ] as const
    for (const [name, timeouts, seconds] of cases) {
      const { browser, clock } = make({ timeouts })
      const user = browser()
      await user.visit((session) => session.login('ada'))
      clock.advance(seconds)
      expect(await user.outcome()).toBe('resumed')
      clock.advance(1)
      expect(await user.outcome()).toBe(`expired:${name}`)
      const { session, sentCookie } = await user.visit()
      expect([session.subject, session.data, session.isNew, sentCookie]).toEqual([undefined, {}, true, false])
    }
  })

  it('note activity once a minute, so that who is active is not idled out', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    for (let minute = 0; minute < 40; minute++) {
      clock.advance(61)
      const { session } = await user.visit()
      expect(session.outcome).toBe('resumed')
    }
    clock.advance(901)
    expect(await user.outcome()).toBe('expired:idle')
  })

  it('move the idle mark by an explicit touch, within the threshold too', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(30)
    await user.visit((session) => session.touch())
    clock.advance(900)
    expect(await user.outcome()).toBe('resumed')
  })

  it('report every touch, asked for or due, and no other write as one', async () => {
    const { browser, clock, sessions, events } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    await user.visit((session) => {
      session.data.n = 1
    })
    const touches = () => events.filter(({ type }) => type === 'touched')
    expect(touches()).toEqual([])
    const { session } = await user.visit((next) => next.touch())
    clock.advance(61)
    await user.visit()
    await sessions.close()
    expect(touches()).toEqual([1, 2].map(() => ({ type: 'touched', id: session.id })))
  })

  it('carry along what was changed before a touch, and touch nothing that has idled out', async () => {
    const { browser, clock, sessions } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    await user.visit(
      async (session) => {
        session.data.n = 1
        await session.touch()
      },
      { statusCode: 500 },
    )
    expect((await user.visit()).session.data).toEqual({ n: 1 })
    const slow = await sessions.open(fakeCarrier({ cookie: user.jar }))
    clock.advance(901)
    await expect(slow.touch()).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect(await user.outcome()).toBe('expired:idle')
  })

  it('let only a login move the absolute end', async () => {
    const { browser, clock } = make({ timeouts: { idle: 0, rolling: 0, absolute: 100 } })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(60)
    await user.visit(async (session) => {
      await session.regenerate()
      await session.touch()
      session.data.a = 1
    })
    clock.advance(40)
    expect(await user.outcome()).toBe('resumed')
    await user.visit((session) => session.login('ada'))
    clock.advance(100)
    expect(await user.outcome()).toBe('resumed')
    clock.advance(1)
    expect(await user.outcome()).toBe('expired:absolute')
  })

  it('know when the latest login was', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(5)
    const { session } = await user.visit((again) => again.login('ada'))
    expect(session.authenticatedAt).toBe(clock())
  })

  it('move the absolute end at a login unless another application has somebody logged in', async () => {
    const shared = {
      memory: memoryStore(),
      revocations: mode.endsWith('revocations') ? memoryRevocations() : undefined,
      clock: fakeClock(),
    }
    const shop = make({ audience: 'shop', ...shared })
    const blog = make({ audience: 'blog', ...shared })
    const strict = make({ audience: 'blog', enforceSameSubject: true, ...shared })
    const user = shop.browser()
    const inBlog = new Browser(blog.sessions, user.jar)
    const remaining = async () => (await user.visit()).session.remaining.absolute
    await inBlog.visit((session) => {
      session.data.anonymous = true
    })
    shared.clock.advance(10)
    await user.visit((session) => session.login('ada'))
    expect(await remaining()).toBe(86_400)
    shared.clock.advance(10)
    await inBlog.visit((session) => session.login('root'))
    expect(await remaining()).toBe(86_390)
    await user.visit((session) => session.login('ada'))
    expect(await remaining()).toBe(86_390)
    // Whoever is left alone in the session may begin anew.
    await new Browser(strict.sessions, user.jar).visit((session) => session.login('root'))
    expect((await inBlog.visit()).session.remaining.absolute).toBe(86_400)
  })

  it('apply the current configuration to sessions that are there already', async () => {
    const { sessions, browser, clock } = make({ timeouts: { idle: 900 } })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    expect(sessions.describe().timeouts.idle).toBe(900)
    clock.advance(901)
    expect(await user.outcome()).toBe('expired:idle')
    clock.advance(-2)
    expect(await user.outcome()).toBe('resumed')
  })

  it('count a clock that stepped back as no time, and refuse an instant far ahead', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(-300)
    const { session } = await user.visit()
    expect([session.outcome, session.remaining.idle]).toEqual(['resumed', 900])
    clock.advance(-0.001)
    expect(await user.outcome()).toBe('rejected')
    clock.advance(300.001 + 0.001)
    await user.visit((mine) => mine.touch())
    clock.advance(-300.001)
    // The last activity alone is too far ahead now.
    expect(await user.outcome()).toBe('rejected')
  })

  it('hold a subject for each application, and end when the last one is left', async () => {
    const shared = {
      memory: memoryStore(),
      revocations: mode.endsWith('revocations') ? memoryRevocations() : undefined,
    }
    const shop = make({ audience: 'shop', ...shared })
    const blog = make({ audience: 'blog', ...shared })
    const user = shop.browser()
    const inBlog = new Browser(blog.sessions, user.jar)
    await user.visit((session) => session.login('ada'))
    const { session } = await inBlog.visit()
    expect([session.outcome, session.isNew, session.subject]).toEqual(['resumed', true, undefined])
    await inBlog.visit((blogSession) => blogSession.login('root'))
    expect((await user.visit()).session.subject).toBe('ada')
    const copied = user.copy()
    await inBlog.visit(async (blogSession) => {
      blogSession.data.private = 1
      await blogSession.logout()
      expect([blogSession.subject, blogSession.data]).toEqual([undefined, {}])
      await expect(blogSession.update('n', () => 1)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    })
    // What was logged out of in one application has a new token for all.
    if (revocable) expect(['rejected', 'revoked']).toContain(await copied.outcome())
    expect((await user.visit()).session.subject).toBe('ada')
    expect((await inBlog.visit()).session.subject).toBeUndefined()
    await user.visit((shopSession) => shopSession.logout())
    expect(user.jar.names).toEqual([])
  })

  it('answer every error with a code that survives a second copy of the package', async () => {
    const { sessions } = make()
    const error = await sessions.open(fakeCarrier()).then((session) => {
      try {
        return session.login('')
      } catch (caught) {
        return caught
      }
    })
    expect(isSessionError(error)).toBe(true)
    expect(isSessionError(error, 'ERR_SESSION_USAGE')).toBe(true)
    expect(isSessionError(error, 'ERR_SESSION_ENDED')).toBe(false)
    expect(isSessionError({ code: 'ERR_SESSION_USAGE' })).toBe(false)
  })
})

/** The same store, for whose rows sealing is needed. */
const outOfMemory = (store: MemoryStore): MemoryStore =>
  Object.defineProperty(flakyStore(store), 'inMemory', { value: false })

describe('a session in a store', () => {
  it('costs one read, and one write when it changed', async () => {
    const { countingStore } = await import('@sojourn/session-testing')
    const { store, browser, clock, sessions } = world({ wrap: countingStore })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    expect(store.calls).toEqual({ create: 1 })
    store.resetCalls()
    clock.advance(60)
    await user.visit((session) => session.data.a)
    expect(store.calls).toEqual({ read: 1 })
    await user.visit((session) => {
      session.data.a = 1
    })
    expect(store.calls).toEqual({ read: 2, update: 1 })
    store.resetCalls()
    clock.advance(61)
    await user.visit()
    await sessions.close()
    expect(store.calls).toEqual({ read: 1, touch: 1 })
    store.resetCalls()
    await user.visit((session) => session.login('ada'))
    expect(store.calls).toEqual({ read: 1, update: 1 })
  })

  it.each([
    ['memory', (store: MemoryStore) => store],
    ['another process', outOfMemory],
  ])('opens by the secrets it was stored with alone, whoever shares the store in %s', async (_, wrap) => {
    const memory = wrap(memoryStore())
    const [mine, other] = ['one tenant has this secret for itself', 'and the other tenant has this secret']
    const user = world({ memory, secret: mine! }).browser()
    await user.visit((session) => session.login('ada'))
    for (const [secret, outcome] of [
      [other!, 'rejected'],
      [[other!, mine!], 'resumed'],
    ] as const) {
      expect(await new Browser(world({ memory, secret }).sessions, user.jar).outcome()).toBe(outcome)
    }
  })

  it('keeps its id through renewal, login and regenerate', async () => {
    const { browser, clock } = world()
    const user = browser()
    const { session } = await user.visit((anonymous) => {
      anonymous.data.a = 1
    })
    await user.visit((next) => next.login('ada'))
    await user.visit((next) => next.regenerate())
    clock.advance(800)
    await user.visit()
    clock.advance(800)
    expect((await user.visit()).session.id).toBe(session.id)
  })
})

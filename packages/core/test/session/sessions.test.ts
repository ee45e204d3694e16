import { inspect } from 'node:util'
import { isSessionError, type MemoryStore, memoryRevocations, memoryStore } from '@sojourn/session-core'
import { fakeCarrier, fakeClock, flakyStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, modes, world } from '../helpers/browser'

describe.each(modes)('session in $mode', ({ mode, make }) => {
  const inStore = mode === 'a store'
  /** Whether a copy of an ended session's cookie is rejected. */
  const revocable = mode !== 'the cookie alone'

  it('an anonymous visitor gets no row, no cookie and no header', async () => {
    const { browser, memory } = { ...make(), ...(inStore ? {} : { memory: undefined }) }
    const { carrier, session } = await browser().visit()
    expect(carrier.setCookies).toEqual([])
    expect(carrier.responseHeader('vary')).toEqual([])
    expect(carrier.responseHeader('cache-control')).toEqual([])
    expect(await memory?.deleteExpired(Number.MAX_SAFE_INTEGER, 10)).toBe(inStore ? 0 : undefined)
    expect(session.outcome).toBe('none')
    expect(session.isNew).toBe(true)
  })

  it('the first value creates the session, and the next request reads it', async () => {
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

  it('data changes of every kind are stored: assigned, nested, deleted, replaced', async () => {
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

  it('replacing data that was never read drops all earlier keys', async () => {
    const user = make().browser()
    await user.visit((session) => {
      session.data = { old: 1, both: 1 }
    })
    await user.visit((session) => {
      session.data = { both: 2 }
    })
    expect((await user.visit()).session.data).toEqual({ both: 2 })
  })

  it('assigning the value from before an update stores that value again', async () => {
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

  it('reading data sends no cookie and writes nothing', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(60)
    const { sentCookie, carrier } = await user.visit((session) => JSON.stringify(session.data))
    expect(sentCookie).toBe(false)
    expect(carrier.responseHeader('vary')).toEqual(['Cookie'])
    expect(carrier.responseHeader('cache-control')).toEqual([])
  })

  it('any use of the handle adds Vary: Cookie, and no use adds none', async () => {
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

  it('login keeps the anonymous data and records subject, label and time', async () => {
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

  it('login keeps of the anonymous data what `keep` names, so that planted secrets do not cross it', async () => {
    const user = make().browser()
    await user.visit((session) => {
      session.data = { cart: ['tea'], csrf: 'planted', state: 'planted' }
    })
    await user.visit(async (session) => {
      session.data.nonce = 'planted in this request'
      await session.login('ada', { keep: ['cart', 'theme'] })
      expect(session.data).toEqual({ cart: ['tea'] })
      session.data.csrf = 'new'
    })
    expect((await user.visit()).session.data).toEqual({ cart: ['tea'], csrf: 'new' })
    // The same subject authenticates again: the data is its own.
    await user.visit((session) => session.login('ada', { keep: [] }))
    expect((await user.visit()).session.data).toEqual({ cart: ['tea'], csrf: 'new' })
    const other = make().browser()
    await other.visit(async (session) => {
      session.data.csrf = 'planted'
      await session.login('ada', { keep: [] })
      expect(session.data).toEqual({})
    })
    expect((await other.visit()).session.data).toEqual({})
  })

  it('login stores data changes made before it', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      session.data.theme = 'dark'
      await session.login('ada')
      session.data.greeted = true
    })
    expect((await user.visit()).session.data).toEqual({ theme: 'dark', greeted: true })
  })

  it('login keeps the data of the same subject, and starts empty for another', async () => {
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

  it('login and regenerate replace the token, without a grace period for the old one', async () => {
    const { browser } = make()
    const user = browser()
    await user.visit((session) => {
      session.data.a = 1
    })
    // A sealed session without a subject leaves no revocation entry: see SECURITY.md.
    if (!inStore) await user.visit((session) => session.login('ada'))
    for (const change of ['login', 'regenerate'] as const) {
      const before = user.copy()
      await user.visit((session) => (change === 'login' ? session.login('ada') : session.regenerate()))
      expect(user.jar.header).not.toBe(before.jar.header)
      expect(await user.outcome()).toBe('resumed')
      if (revocable) expect(['rejected', 'revoked']).toContain(await before.outcome())
      else expect(await before.outcome()).toBe('resumed')
    }
  })

  it('logout clears the cookie, and copies are rejected if the mode can revoke', async () => {
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

  it('logout clears the cookie if there is no session', async () => {
    const user = make().browser()
    for (const end of ['logout', 'destroy'] as const) {
      expect((await user.visit((session) => session[end]())).carrier.setCookies).toHaveLength(1)
    }
  })

  it('after an end, every method but login is refused within the request', async () => {
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

  it('data changes after an end make the commit fail', async () => {
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

  it('update called several times in one request adds each time', async () => {
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

  it('update loses no increment if some calls are awaited and some are not', async () => {
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

  it('the result of an update is kept if the handler replaces data', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      session.data = Object.freeze({ kept: 1 })
      await session.update('n', () => new Proxy({ of: 2 }, {}))
      expect(session.data).toEqual({ kept: 1, n: { of: 2 } })
    })
    expect((await user.visit()).session.data).toEqual({ kept: 1, n: { of: 2 } })
  })

  it('update passes undefined for names that every object inherits', async () => {
    const user = make().browser()
    await user.visit(async (session) => {
      for (const key of ['constructor', 'toString', 'hasOwnProperty']) {
        expect(await session.update(key, (value) => typeof value)).toBe('undefined')
      }
    })
    expect(Object.keys((await user.visit()).session.data)).toHaveLength(3)
  })

  it('update rejects with the error of its function, and changes nothing', async () => {
    const user = make().browser()
    await user.visit((session) => session.update('n', () => 1))
    await user.visit(async (session) => {
      const boom = new Error('boom')
      await expect(session.update('n', () => Promise.reject(boom))).rejects.toBe(boom)
    })
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('a value that is not JSON is refused by its path, and nothing is written', async () => {
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

  it('update refuses a result that is not JSON, by its path', async () => {
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

  it('two requests share no object', async () => {
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

  it('setting a property of the handle throws, and the message names the alternative', async () => {
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
      { keep: 'cart' },
      { keep: [1] },
    ]) {
      expect(() => session.login('ada', options as object)).toThrow('login')
    }
    await expect(async () => session).not.toThrow()
  })

  it('opening twice on one request is refused', async () => {
    const { sessions } = make()
    const request = {}
    const session = await sessions.open(fakeCarrier(), request)
    expect(sessions.of(request)).toBe(session)
    await expect(sessions.open(fakeCarrier(), request)).rejects.toMatchObject({ code: 'ERR_SESSION_ALREADY_OPEN' })
    expect(() => sessions.of({})).toThrow('mount the adapter')
  })

  it('opening by a second manager with the same cookie on one request is refused', async () => {
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

  it('the session is found by its request, wrapped or not, without a visible property', async () => {
    const { sessions } = make()
    const request = { url: '/' }
    const session = await sessions.open(fakeCarrier(), request)
    expect(sessions.of(new Proxy(request, {}))).toBe(session)
    expect(sessions.of(Object.create(request))).toBe(session)
    expect({ ...request }).toEqual({ url: '/' })
    expect(inspect(request)).toBe("{ url: '/' }")
  })

  it('only the manager that opened the session can commit it', async () => {
    const [one, other] = [make(), make()]
    const session = await one.sessions.open(fakeCarrier())
    for (const foreign of [session, {}, undefined]) {
      expect(() => other.sessions.commit(foreign as never)).toThrow('a session that this manager has opened')
    }
    expect(one.sessions.commit(session)).toBeUndefined()
  })

  it('the token is renewed after three quarters of the rolling timeout, and not before', async () => {
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

  it('the session ends one second after each timeout, and not at it', async () => {
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

  it('activity is recorded once a minute, so an active session does not idle out', async () => {
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

  it('an explicit touch records activity within the threshold too', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(30)
    await user.visit((session) => session.touch())
    clock.advance(900)
    expect(await user.outcome()).toBe('resumed')
  })

  it('every touch is reported, explicit or due, and no other write is', async () => {
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
    expect(touches()).toMatchObject([1, 2].map(() => ({ type: 'touched', id: session.id })))
  })

  it('touch stores earlier data changes, and does not revive a session that has idled out', async () => {
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
    expect(['expired:idle', 'unknown']).toContain(await user.outcome())
  })

  it('only a login moves the absolute end', async () => {
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

  it('authenticatedAt is the time of the latest login', async () => {
    const { browser, clock } = make()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(5)
    const { session } = await user.visit((again) => again.login('ada'))
    expect(session.authenticatedAt).toBe(clock())
  })

  it('login moves the absolute end unless another application has a subject logged in', async () => {
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
    // The only application left in the session can restart its absolute timeout.
    await new Browser(strict.sessions, user.jar).visit((session) => session.login('root'))
    expect((await inBlog.visit()).session.remaining.absolute).toBe(86_400)
  })

  it('the current configuration applies to existing sessions', async () => {
    const { sessions, browser, clock } = make({ timeouts: { idle: 900 } })
    const [user, other] = [browser(), browser()]
    for (const each of [user, other]) await each.visit((session) => session.login('ada'))
    expect(sessions.describe().timeouts.idle).toBe(900)
    clock.advance(899)
    expect(await other.outcome()).toBe('resumed')
    clock.advance(2)
    expect(await user.outcome()).toBe('expired:idle')
  })

  it('a clock that steps back counts as no time passed, and a time far ahead is rejected', async () => {
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
    // Now only the last activity is too far ahead.
    expect(await user.outcome()).toBe('rejected')
  })

  it('each application has its own subject, and the session ends when the last one logs out', async () => {
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
    // The logout of one application renews the token for all of them.
    if (revocable) expect(['rejected', 'revoked']).toContain(await copied.outcome())
    expect((await user.visit()).session.subject).toBe('ada')
    expect((await inBlog.visit()).session.subject).toBeUndefined()
    await user.visit((shopSession) => shopSession.logout())
    expect(user.jar.names).toEqual([])
  })

  it('errors are recognised by code, also across two copies of the package', async () => {
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

/** The same store, but its rows are sealed, as those of a remote store. */
const outOfMemory = (store: MemoryStore): MemoryStore =>
  Object.defineProperty(flakyStore(store), 'inMemory', { value: false })

describe('session in a store', () => {
  it('a request costs one read, and one write if the session changed', async () => {
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
  ])('a row opens only with the secrets it was stored with, if managers share a store in %s', async (_, wrap) => {
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

  it('the id stays the same through renewal, login and regenerate', async () => {
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

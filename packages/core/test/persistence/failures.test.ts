import { memoryRevocations } from '@sojourn/session-core'
import { fakeCarrier, flakyStore, type StoreOperation, seededRandom } from '@sojourn/session-testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Browser, world } from '../helpers/browser'

const down = { code: 'ERR_STORE_UNAVAILABLE', statusCode: 503, status: 503 }

async function loggedIn(options: Parameters<typeof world>[0] = {}) {
  const all = world({ wrap: flakyStore, ...options })
  const user = all.browser()
  const { session } = await user.visit(async (first) => {
    await first.login('ada')
    first.data.n = 1
  })
  return { ...all, store: all.store as ReturnType<typeof flakyStore<typeof all.memory>>, user, id: session.id }
}

describe.each(['throw', 'hang'] as const)('store whose calls %s', (fault) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Advances the timers past the time limit if the fault is `hang`. */
  async function settled<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {})
    await vi.advanceTimersByTimeAsync(2000)
    return work
  }

  it('open fails with 503 and keeps the cookie', async () => {
    const { sessions, store, user } = await loggedIn()
    store.next('read', fault, Number.POSITIVE_INFINITY)
    const carrier = fakeCarrier({ cookie: user.jar })
    await expect(settled(sessions.open(carrier))).rejects.toMatchObject({ ...down, operation: 'read' })
    expect(carrier.setCookies).toEqual([])
    store.heal()
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('open gives an empty read-only session with onUnavailable `empty`', async () => {
    const { sessions, store, user } = await loggedIn({ onUnavailable: 'empty' })
    store.next('read', fault, Number.POSITIVE_INFINITY)
    const carrier = fakeCarrier({ cookie: user.jar })
    const session = await settled(sessions.open(carrier))
    expect([session.outcome, session.subject, session.data]).toEqual(['unavailable', undefined, {}])
    expect(sessions.commit(session)).toBeUndefined()
    for (const change of [() => session.login('bob'), () => session.update('n', () => 2), () => session.touch()]) {
      await expect(change()).rejects.toMatchObject(down)
    }
    session.data.n = 2
    await expect(sessions.commit(session)).rejects.toMatchObject(down)
    expect(carrier.setCookies).toEqual([])
    // Ending the session fails too: the cookie is cleared, and no event says that the session ended.
    for (const end of ['logout', 'destroy'] as const) await expect(session[end]()).rejects.toMatchObject(down)
    carrier.statusCode = 503
    expect(sessions.commit(session)).toBeUndefined()
    expect(carrier.setCookies[0]).toContain('Max-Age=0')
    store.heal()
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('open passes on an error that is not from the store, also with onUnavailable `empty`', async () => {
    const { sessions, browser } = await loggedIn({ onUnavailable: 'empty', bind: ['user-agent'] })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const carrier = fakeCarrier({ cookie: user.jar })
    const { requestHeader } = carrier
    carrier.requestHeader = (name) => {
      if (name === 'user-agent') throw new TypeError('a mistake in the adapter')
      return requestHeader(name)
    }
    await expect(sessions.open(carrier)).rejects.toThrow('a mistake in the adapter')
  })

  it('login, save, update and commit reject, and no cookie is sent', async () => {
    const { sessions, store, user } = await loggedIn()
    for (const operation of ['create', 'update'] as const) store.next(operation, fault, Number.POSITIVE_INFINITY)
    for (const cookie of [user.jar.header, undefined]) {
      for (const verb of ['login', 'save', 'update', 'commit'] as const) {
        const carrier = fakeCarrier({ cookie })
        const session = await sessions.open(carrier)
        session.data.a = 1
        const work = {
          login: () => session.login('ada'),
          save: () => session.save(),
          update: () => session.update('n', (n = 0) => n + 1),
          commit: async () => sessions.commit(session),
        }[verb]()
        await expect(settled<unknown>(work)).rejects.toMatchObject(down)
        carrier.statusCode = 503
        expect(sessions.commit(session)).toBeUndefined()
        expect(carrier.setCookies).toEqual([])
      }
    }
    store.heal()
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('a due touch is skipped and counted', async () => {
    const { sessions, store, user, clock } = await loggedIn()
    store.next('touch', fault, Number.POSITIVE_INFINITY)
    clock.advance(61)
    const { session } = await user.visit()
    expect(session.outcome).toBe('resumed')
    await settled(sessions.close())
    expect(sessions.counters().events).toMatchObject({ 'touch-skipped': 1, 'store-failed': 1 })
  })

  it('a touch of a deleted session is counted as skipped', async () => {
    const { sessions, user, clock, id } = await loggedIn()
    clock.advance(61)
    const session = await sessions.open(fakeCarrier({ cookie: user.jar }))
    await sessions.revoke(id)
    expect(sessions.commit(session)).toBeUndefined()
    await sessions.close()
    expect(sessions.counters().events).toMatchObject({ 'touch-skipped': 1 })
    expect(sessions.counters().events.touched).toBe(0)
  })

  it('a response that only reads succeeds if its due renewal fails', async () => {
    const { sessions, store, user, clock } = await loggedIn({ timeouts: { idle: 0, rolling: 100 } })
    clock.advance(80)
    store.next('update', fault, Number.POSITIVE_INFINITY)
    const carrier = fakeCarrier({ cookie: user.jar })
    const session = await sessions.open(carrier)
    await settled(Promise.resolve(sessions.commit(session)))
    expect(carrier.setCookies).toEqual([])
    store.heal()
    expect((await user.visit()).sentCookie).toBe(true)
  })

  it('destroy and revoke fail with the session id for a retry, and the cookie is cleared', async () => {
    const { sessions, store, user, id } = await loggedIn()
    store.next('delete', fault, Number.POSITIVE_INFINITY)
    for (const end of ['destroy', 'logout'] as const) {
      const carrier = fakeCarrier({ cookie: user.jar })
      const session = await sessions.open(carrier)
      await expect(settled(session[end]())).rejects.toMatchObject({ ...down, sessionId: id })
      carrier.statusCode = 503
      expect(sessions.commit(session)).toBeUndefined()
      expect(carrier.setCookies[0]).toContain('Max-Age=0')
    }
    await expect(settled(sessions.revoke(id))).rejects.toMatchObject({ ...down, sessionId: id })
    store.heal()
    expect(await sessions.revoke(id)).toBe(true)
    expect(await sessions.revoke(id)).toBe(false)
  })

  it('open fails if a reused token should end the session and the store cannot', async () => {
    const timeouts = { idle: 0, rolling: 100 }
    const { sessions, store, user, clock } = await loggedIn({ timeouts, onReuse: 'destroy' })
    const late = user.copy()
    clock.advance(76)
    await user.visit()
    await user.visit()
    clock.advance(11)
    store.next('delete', fault, Number.POSITIVE_INFINITY)
    await expect(settled(sessions.open(fakeCarrier({ cookie: late.jar })))).rejects.toMatchObject(down)
  })

  it('a remember-me is ended before its session, so a failed end can be repeated', async () => {
    const { sessions, store, browser } = await loggedIn({ remember: true })
    const user = browser()
    await user.visit((session) => session.login('ada', { remember: true }))
    const carrier = fakeCarrier({ cookie: user.jar })
    const session = await sessions.open(carrier)
    store.next('delete', 'pass')
    store.next('delete', fault)
    await expect(settled(session.logout())).rejects.toMatchObject(down)
    const restarted = user.copy()
    restarted.jar.delete('__Host-session')
    expect((await restarted.visit()).session.subject).toBeUndefined()
  })

  it('logout of one application of several fails and clears the cookie', async () => {
    const { sessions, store, user, memory } = await loggedIn()
    await new Browser(world({ memory, audience: 'blog' }).sessions, user.jar).visit((session) => session.login('root'))
    store.next('update', fault, Number.POSITIVE_INFINITY)
    const carrier = fakeCarrier({ cookie: user.jar })
    const session = await sessions.open(carrier)
    await expect(settled(session.logout())).rejects.toMatchObject(down)
    carrier.statusCode = 503
    expect(sessions.commit(session)).toBeUndefined()
    expect(carrier.setCookies[0]).toContain('Max-Age=0')
  })

  it('list and revokeAll fail', async () => {
    const { sessions, store } = await loggedIn()
    for (const operation of ['listBySubject', 'deleteBySubject'] as StoreOperation[]) {
      store.next(operation, fault, Number.POSITIVE_INFINITY)
    }
    await expect(settled(sessions.list('ada'))).rejects.toMatchObject(down)
    await expect(settled(sessions.revokeAll('ada'))).rejects.toMatchObject(down)
  })

  it('open fails in cookie mode too if revocations cannot be read', async () => {
    const revocations = flakyStore(memoryRevocations())
    const { sessions, browser } = world({ cookieStorage: true, revocations })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    revocations.next('read', fault, Number.POSITIVE_INFINITY)
    const carrier = fakeCarrier({ cookie: user.jar })
    await expect(settled(sessions.open(carrier))).rejects.toMatchObject(down)
    expect(carrier.setCookies).toEqual([])
  })

  it('all store calls of one operation share one time limit', async () => {
    const { sessions, store, user, browser } = await loggedIn({ storeTimeout: 1 })
    const other = browser()
    await other.visit((session) => session.login('bob'))
    // Each reply takes 0.6 s of the limit of 1 s, so the second call has 0.4 s left.
    const inner = store.read
    store.read = async (key) => {
      await new Promise((go) => setTimeout(go, 600))
      return inner.call(store, key)
    }
    const carrier = fakeCarrier({ cookie: `${user.jar.header}; ${other.jar.header}` })
    const opening = sessions.open(carrier)
    opening.catch(() => {})
    await vi.advanceTimersByTimeAsync(1000)
    await expect(opening).rejects.toMatchObject(down)
  })
})

describe('login', () => {
  /** Whether the promise has settled after `ms` milliseconds. */
  async function overAfter(ms: number, work: Promise<unknown>): Promise<boolean> {
    let over = false
    work.then(
      () => (over = true),
      () => (over = true),
    )
    await vi.advanceTimersByTimeAsync(ms)
    return over
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('has one time limit for creating its session and remember-me, and for removing both', async () => {
    const { store, sessions } = await loggedIn({ remember: true })
    const create = store.create
    store.create = async (row) => {
      await new Promise((go) => setTimeout(go, 1200))
      return create.call(store, row)
    }
    store.next('delete', 'hang', Number.POSITIVE_INFINITY)
    const session = await sessions.open(fakeCarrier())
    const login = session.login('bob', { remember: true })
    expect(await overAfter(2000, login)).toBe(true)
    await expect(login).rejects.toMatchObject(down)
  })

  it('refused by the session limit removes its row within the same time limit', async () => {
    const { store, sessions } = await loggedIn({ maxPerSubject: 2 })
    for (const operation of ['acquire', 'delete'] as const) store.next(operation, 'hang', Number.POSITIVE_INFINITY)
    const session = await sessions.open(fakeCarrier())
    const login = session.login('bob')
    expect(await overAfter(2000, login)).toBe(true)
    await expect(login).rejects.toMatchObject(down)
  })
})

describe('update whose function never resolves', () => {
  it('times out, and does not block other requests of the session', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { user } = await loggedIn()
    const stuck = user.copy().visit((session) => session.update('n', () => new Promise(() => {})))
    stuck.catch(() => {})
    await vi.advanceTimersByTimeAsync(2000)
    await expect(stuck).rejects.toMatchObject(down)
    const next = user.visit((session) => session.update('n', (n = 0) => n + 1))
    next.catch(() => {})
    await vi.advanceTimersByTimeAsync(2000)
    await next
    expect((await user.visit()).session.data).toEqual({ n: 2 })
  })
})

describe('failed login', () => {
  it('leaves the session and its handle unchanged', async () => {
    const { store, user } = await loggedIn()
    await user.visit(async (session) => {
      session.data.changed = true
      store.next('update', 'throw', 3)
      await expect(session.login('bob')).rejects.toMatchObject(down)
      expect([session.subject, session.data]).toEqual(['ada', { n: 1, changed: true }])
    })
    const { session } = await user.visit()
    expect([session.subject, session.data]).toEqual(['ada', { n: 1, changed: true }])
  })
})

describe('slow store', () => {
  it('is reported after a quarter of the time limit, and leaves no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { sessions, store, user } = await loggedIn()
    const { read } = store
    for (const ms of [500, 501]) {
      store.read = async (key) => {
        await new Promise((go) => setTimeout(go, ms))
        return read(key)
      }
      const opening = sessions.open(fakeCarrier({ cookie: user.jar }))
      await vi.advanceTimersByTimeAsync(ms)
      expect((await opening).outcome).toBe('resumed')
      expect(vi.getTimerCount()).toBe(0)
      expect(sessions.counters().events['store-slow']).toBe(ms > 500 ? 1 : 0)
    }
  })
})

describe('synchronous store', () => {
  it('is awaited without a timer', async () => {
    const user = world().browser()
    await user.visit((session) => session.login('ada'))
    const timer = vi.spyOn(globalThis, 'setTimeout')
    expect(await user.outcome()).toBe('resumed')
    expect(timer).not.toHaveBeenCalled()
    timer.mockRestore()
  })
})

describe('login whose remember-me cannot be created', () => {
  it('fails without a cookie, a session or a change of the handle', async () => {
    for (const options of [{}, { cookieStorage: true, revocations: memoryRevocations() }]) {
      const all = world({ remember: true, wrap: flakyStore, ...options })
      const { revocations } = options as { revocations?: ReturnType<typeof memoryRevocations> }
      const user = all.browser()
      if (revocations) {
        await user.visit((session) => session.login('bob', { remember: true }))
        const { revoke } = revocations
        let marks = 0
        // The revocation of the session is written, that of the earlier remember-me is not.
        revocations.revoke = async (key, mark) =>
          ++marks === 2 ? Promise.reject(new Error('down')) : revoke(key, mark)
      } else {
        all.store.next('create', 'pass')
        all.store.next('create', 'throw', 3)
      }
      const { carrier } = await user.visit(
        async (session) => {
          await expect(session.login('ada', { remember: true })).rejects.toMatchObject(down)
          expect([session.subject, session.isNew]).toEqual([undefined, true])
        },
        { statusCode: 503 },
      )
      expect(carrier.setCookies).toEqual([])
      await all.sessions.close()
      if (!revocations) expect(await all.sessions.list('ada')).toEqual([])
      expect(all.sessions.counters().events.destroyed).toBe(1)
      expect((await user.visit()).session.subject).not.toBe('ada')
    }
  })
})

describe('lost reply after an applied write', () => {
  it('nothing is created, counted or changed twice', async () => {
    const { store, user, sessions } = await loggedIn()
    store.next('update', 'lose reply')
    await user.visit((session) => session.update('n', (n = 0) => n + 1))
    expect((await user.visit()).session.data).toEqual({ n: 2 })

    store.next('create', 'lose reply')
    await user.copy().visit(async (session) => {
      await session.destroy()
      await session.login('bob')
    })
    expect(await sessions.list('bob')).toHaveLength(1)
  })

  it('several lost replies in a row change nothing twice', async () => {
    const { store, user } = await loggedIn()
    for (let i = 0; i < 10; i++) {
      store.next('update', i % 2 ? 'throw' : 'lose reply')
      await user.visit((session) => session.update('n', (n = 0) => n + 1))
    }
    expect((await user.visit()).session.data).toEqual({ n: 11 })
  })

  it('a login succeeds with the token it has sent', async () => {
    const { store, user } = await loggedIn()
    store.next('update', 'lose reply')
    await user.visit((session) => session.login('ada'))
    expect(await user.outcome()).toBe('resumed')
  })

  it('the change is reported once', async () => {
    const { store, user, sessions, clock } = await loggedIn({ timeouts: { idle: 0, rolling: 100 } })
    for (const type of ['regenerated', 'renewed'] as const) {
      store.next('update', 'lose reply')
      await user.visit((session) => (type === 'regenerated' ? session.regenerate() : undefined))
      expect(sessions.counters().events[type]).toBe(1)
      clock.advance(76)
    }
  })
})

describe('write that is applied late', () => {
  it('the client has a valid token of the session', async () => {
    const { store, user } = await loggedIn()
    const { update } = store
    const rows: Parameters<typeof update>[] = []
    store.update = async (row, seen) => {
      rows.push([row, seen])
      if (rows.length === 1) throw new Error('timed out')
      // The first attempt, believed to have failed, is applied before the second.
      if (rows.length === 2) await update(...rows[0]!)
      return update(row, seen)
    }
    await user.visit((session) => session.regenerate())
    expect(rows).toHaveLength(2)
    expect(await user.outcome()).toBe('resumed')
  })
})

describe('session with constant write conflicts', () => {
  it('a write gives up at the time limit with a conflict error, not with a store failure', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { store, user } = await loggedIn()
    const { read } = store
    let writes = 0
    store.update = async () => false
    store.read = async (key) => {
      vi.advanceTimersByTime(500)
      return { ...(await read(key))!, version: `theirs ${writes++}` }
    }
    const conflict = { code: 'ERR_STORE_CONFLICT', statusCode: 503 }
    await expect(user.visit((session) => session.update('n', () => 2))).rejects.toMatchObject(conflict)
    expect(writes).toBeGreaterThan(1)
  })
})

describe('id that is already used', () => {
  it('is not overwritten: a new session draws another id', async () => {
    const all = world({ random: seededRandom(1) })
    const [first, others] = [seededRandom(1)(16), seededRandom(2)]
    let asked = 0
    const random = (size: number) => (size === 16 && asked++ === 0 ? first : others(size))
    const [mine, theirs] = [all.browser(), world({ random, memory: all.memory }).browser()]
    const { session } = await mine.visit((one) => one.login('ada'))
    const { session: other } = await theirs.visit((one) => one.login('bob'))
    expect(other.id).not.toBe(session.id)
    expect([(await mine.visit()).session.subject, (await theirs.visit()).session.subject]).toEqual(['ada', 'bob'])
  })
})

describe('row that cannot be decrypted', () => {
  it('gives an outcome and an event, no error, and stays unchanged', async () => {
    const { memory, user, events, id, sessions } = await loggedIn()
    const row = (await memory.read(id))!
    for (const payload of [
      '',
      'garbage',
      '[]',
      '__Host-session session row\nnull',
      '__Host-session session row\n[1]',
      row.payload.replace(id, 'x'.repeat(22)),
    ]) {
      const seen = (await memory.read(id))!
      await memory.update({ ...seen, payload, version: `v${payload.length}` }, seen)
      const { session, sentCookie } = await user.copy().visit()
      expect([session.outcome, sentCookie]).toEqual(['rejected', false])
      expect(events.at(-1)).toMatchObject({ type: 'rejected', reason: 'row', id })
      expect((await memory.read(id))!.payload).toBe(payload)
      expect(await sessions.list('ada')).toEqual([])
    }
  })
})

it('a clock that returns NaN opens no session', async () => {
  for (const cookieStorage of [true, false]) {
    const { user, clock } = await loggedIn({ cookieStorage })
    clock.set(Number.NaN)
    expect(await user.outcome()).toBe('expired:idle')
  }
})

describe('error thrown by a store', () => {
  it.each<[unknown, string]>([
    [new Error('no route'), 'no route.'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED.'],
    [new RangeError(), 'RangeError.'],
    ['down', '"down".'],
    [null, 'null.'],
    [Object.create(null), 'an object.'],
  ])('appears in the stack of the store error, and not in its message: %o', async (thrown, reason) => {
    const { store, user } = await loggedIn()
    store.next('read', 'throw', 1, thrown)
    const message = 'The session store failed (operation: read). No user was logged out; try again.'
    const stack = expect.stringContaining(`The session store failed (operation: read): ${reason}`)
    await expect(user.visit()).rejects.toMatchObject({ ...down, message, stack, cause: thrown })
  })
})

describe('store that returns invalid values', () => {
  it('an invalid time keeps no session alive', async () => {
    const { memory, user, id, events } = await loggedIn()
    const right = (await memory.read(id))!
    for (const touchedAt of [undefined, null, Number.NaN, String(right.touchedAt), {}]) {
      memory.read = async () => ({ ...right, touchedAt: touchedAt as number })
      expect(await user.outcome()).toBe('rejected')
      expect(events.at(-1)).toMatchObject({ type: 'rejected', reason: 'row', id })
    }
  })

  it('missing revocation entries open no session', async () => {
    const revocations = memoryRevocations()
    const { browser } = world({ cookieStorage: true, revocations })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    for (const marks of [[], [null], undefined]) {
      revocations.read = async () => marks as never
      await expect(user.visit()).rejects.toMatchObject(down)
    }
  })
})

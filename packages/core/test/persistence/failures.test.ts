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

describe.each(['throw', 'hang'] as const)('a store whose calls %s', (fault) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Lets the time budget run out, where that is what it takes. */
  async function settled<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {})
    await vi.advanceTimersByTimeAsync(2000)
    return work
  }

  it('fails opening with 503 and leaves the cookie alone', async () => {
    const { sessions, store, user } = await loggedIn()
    store.next('read', fault, Number.POSITIVE_INFINITY)
    const carrier = fakeCarrier({ cookie: user.jar })
    await expect(settled(sessions.open(carrier))).rejects.toMatchObject({ ...down, operation: 'read' })
    expect(carrier.setCookies).toEqual([])
    store.heal()
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('opens an empty session that cannot be changed, where that is asked for', async () => {
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
    // To end it could not succeed either: the cookie goes, and nobody is told that the session is over.
    for (const end of ['logout', 'destroy'] as const) await expect(session[end]()).rejects.toMatchObject(down)
    carrier.statusCode = 503
    expect(sessions.commit(session)).toBeUndefined()
    expect(carrier.setCookies[0]).toContain('Max-Age=0')
    store.heal()
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })

  it('opens nothing in place of an error that is not the store’s', async () => {
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

  it('lets no login, save, update or commit pretend, and sends no cookie', async () => {
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

  it('skips a due touch and counts it', async () => {
    const { sessions, store, user, clock } = await loggedIn()
    store.next('touch', fault, Number.POSITIVE_INFINITY)
    clock.advance(61)
    const { session } = await user.visit()
    expect(session.outcome).toBe('resumed')
    await settled(sessions.close())
    expect(sessions.counters()).toMatchObject({ 'touch-skipped': 1, 'store-failed': 1 })
  })

  it('counts a touch of a session that is gone as skipped', async () => {
    const { sessions, user, clock, id } = await loggedIn()
    clock.advance(61)
    const session = await sessions.open(fakeCarrier({ cookie: user.jar }))
    await sessions.revoke(id)
    expect(sessions.commit(session)).toBeUndefined()
    await sessions.close()
    expect(sessions.counters()).toMatchObject({ 'touch-skipped': 1 })
    expect(sessions.counters()).not.toHaveProperty('touched')
  })

  it('does not keep a response from a reader when only a renewal was due', async () => {
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

  it('fails destroy and revoke with the id to try again with, and clears the cookie', async () => {
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

  it('lets nobody go on where a stolen token was to end the session and could not', async () => {
    const timeouts = { idle: 0, rolling: 100 }
    const { sessions, store, user, clock } = await loggedIn({ timeouts, onReuse: 'destroy' })
    const late = user.copy()
    clock.advance(76)
    await user.visit()
    clock.advance(11)
    store.next('delete', fault, Number.POSITIVE_INFINITY)
    await expect(settled(sessions.open(fakeCarrier({ cookie: late.jar })))).rejects.toMatchObject(down)
  })

  it('ends a remember-me before its session, so that what is left can be ended again', async () => {
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

  it('clears the cookie where an application cannot be left, and says so', async () => {
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

  it('fails listing and revoking all', async () => {
    const { sessions, store } = await loggedIn()
    for (const operation of ['listBySubject', 'deleteBySubject', 'deleteExpired'] as StoreOperation[]) {
      store.next(operation, fault, Number.POSITIVE_INFINITY)
    }
    await expect(settled(sessions.list('ada'))).rejects.toMatchObject(down)
    await expect(settled(sessions.revokeAll('ada'))).rejects.toMatchObject(down)
    await expect(settled(sessions.prune())).rejects.toMatchObject(down)
  })

  it('fails in cookie mode too, when revocations cannot be read', async () => {
    const revocations = flakyStore(memoryRevocations())
    const { sessions, browser } = world({ cookieStorage: true, revocations })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    revocations.next('read', fault, Number.POSITIVE_INFINITY)
    const carrier = fakeCarrier({ cookie: user.jar })
    await expect(settled(sessions.open(carrier))).rejects.toMatchObject(down)
    expect(carrier.setCookies).toEqual([])
  })

  it('makes all store calls of one operation share one budget', async () => {
    const { sessions, store, user } = await loggedIn({ storeTimeout: 1 })
    // Each answer takes 0.6 of the second: the second call cannot have another whole second.
    const inner = store.read
    store.read = async (key) => {
      await new Promise((go) => setTimeout(go, 600))
      return inner.call(store, key)
    }
    const another = user.jar.header!.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))
    const carrier = fakeCarrier({ cookie: `${user.jar.header}; ${another}` })
    const opening = sessions.open(carrier)
    opening.catch(() => {})
    await vi.advanceTimersByTimeAsync(1000)
    await expect(opening).rejects.toMatchObject(down)
  })
})

describe('a login', () => {
  /** Whether it is over, one way or the other, after so many ms. */
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

  it('has one budget for its session and its remember-me together, and for taking both back', async () => {
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

  it('that finds no place takes no longer to remove its row', async () => {
    const { store, sessions } = await loggedIn({ maxPerSubject: 2 })
    for (const operation of ['acquire', 'delete'] as const) store.next(operation, 'hang', Number.POSITIVE_INFINITY)
    const session = await sessions.open(fakeCarrier())
    const login = session.login('bob')
    expect(await overAfter(2000, login)).toBe(true)
    await expect(login).rejects.toMatchObject(down)
  })
})

describe('an update whose function never returns', () => {
  it('runs out of time, and keeps no other request from the session', async () => {
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

describe('a login that fails', () => {
  it('leaves the session, and what the handler sees of it, as they were', async () => {
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

describe('a store that takes its time', () => {
  it('is reported from a quarter of the budget on, and leaves no timer behind', async () => {
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
      expect(sessions.counters()['store-slow']).toBe(ms > 500 ? 1 : undefined)
    }
  })
})

describe('a store that answers at once', () => {
  it('is waited for without a timer', async () => {
    const user = world().browser()
    await user.visit((session) => session.login('ada'))
    const timer = vi.spyOn(globalThis, 'setTimeout')
    expect(await user.outcome()).toBe('resumed')
    expect(timer).not.toHaveBeenCalled()
    timer.mockRestore()
  })
})

describe('a login whose remember-me cannot be begun', () => {
  it('is none: no cookie, no session, and nothing of it in the handle', async () => {
    for (const options of [{}, { cookieStorage: true, revocations: memoryRevocations() }]) {
      const all = world({ remember: true, wrap: flakyStore, ...options })
      const { revocations } = options as { revocations?: ReturnType<typeof memoryRevocations> }
      const user = all.browser()
      if (revocations) {
        await user.visit((session) => session.login('bob', { remember: true }))
        const { revoke } = revocations
        let marks = 0
        // The session's own tombstone is written, that of the remember-me before is not.
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
      expect(all.sessions.counters().destroyed).toBe(1)
      expect((await user.visit()).session.subject).not.toBe('ada')
    }
  })
})

describe('a reply that was lost after the write was applied', () => {
  it('is recognised: nothing is created, counted or changed twice', async () => {
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

  it('is recognised when it is lost several times in a row', async () => {
    const { store, user } = await loggedIn()
    for (let i = 0; i < 10; i++) {
      store.next('update', i % 2 ? 'throw' : 'lose reply')
      await user.visit((session) => session.update('n', (n = 0) => n + 1))
    }
    expect((await user.visit()).session.data).toEqual({ n: 11 })
  })

  it('leaves a login logged in, with the token it was given', async () => {
    const { store, user } = await loggedIn()
    store.next('update', 'lose reply')
    await user.visit((session) => session.login('ada'))
    expect(await user.outcome()).toBe('resumed')
  })

  it('is reported as what was done, once', async () => {
    const { store, user, sessions, clock } = await loggedIn({ timeouts: { idle: 0, rolling: 100 } })
    for (const type of ['regenerated', 'renewed'] as const) {
      store.next('update', 'lose reply')
      await user.visit((session) => (type === 'regenerated' ? session.regenerate() : undefined))
      expect(sessions.counters()[type]).toBe(1)
      clock.advance(76)
    }
  })
})

describe('a write that is applied late', () => {
  it('leaves the client with a token that is the session’s', async () => {
    const { store, user } = await loggedIn()
    const { update } = store
    const rows: Parameters<typeof update>[] = []
    store.update = async (row, seen) => {
      rows.push([row, seen])
      if (rows.length === 1) throw new Error('timed out')
      // What was thought to have failed gets there before the second attempt.
      if (rows.length === 2) await update(...rows[0]!)
      return update(row, seen)
    }
    await user.visit((session) => session.regenerate())
    expect(rows).toHaveLength(2)
    expect(await user.outcome()).toBe('resumed')
  })
})

describe('a session that everybody writes to', () => {
  it('is given up when time has run out, as a conflict and not as a store that is down', async () => {
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

describe('an id that is taken', () => {
  it('is left to whose it is: a new session looks for another', async () => {
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

describe('a row that does not open', () => {
  it('is an outcome and an event, never an error, and is not touched', async () => {
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

it('a clock that tells no time lets nobody in', async () => {
  for (const cookieStorage of [true, false]) {
    const { user, clock } = await loggedIn({ cookieStorage })
    clock.set(Number.NaN)
    expect(await user.outcome()).toBe('expired:idle')
  }
})

describe('what a store throws', () => {
  it.each<[unknown, string]>([
    [new Error('no route'), 'read: no route.'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'read: ECONNREFUSED.'],
    [new RangeError(), 'read: RangeError.'],
    ['down', 'read: "down".'],
    [null, 'read: null.'],
    [Object.create(null), 'read: an object.'],
  ])('is the reason in the stack of a store error, and not in its message: %o', async (thrown, reason) => {
    const { store, user } = await loggedIn()
    store.next('read', 'throw', 1, thrown)
    const message = 'The session store failed to read. Nobody was logged out; try again.'
    const stack = expect.stringContaining(`failed to ${reason}`)
    await expect(user.visit()).rejects.toMatchObject({ ...down, message, stack, cause: thrown })
  })
})

describe('a store that answers what it must not', () => {
  it('keeps no session alive by an instant that is none', async () => {
    const { memory, user, id, events } = await loggedIn()
    const right = (await memory.read(id))!
    for (const touchedAt of [undefined, null, Number.NaN, String(right.touchedAt), {}]) {
      memory.read = async () => ({ ...right, touchedAt: touchedAt as number })
      expect(await user.outcome()).toBe('rejected')
      expect(events.at(-1)).toMatchObject({ type: 'rejected', reason: 'row', id })
    }
  })

  it('lets nobody in by revocations that it leaves out', async () => {
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

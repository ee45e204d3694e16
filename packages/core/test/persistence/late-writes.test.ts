import { createSessionManager, type MemoryStore, memoryStore, type SessionStore } from '@sojourn/session-core'
import { fakeCarrier, flakyStore, parkedStore } from '@sojourn/session-testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Browser, SECRET, world } from '../helpers/browser'

type Write = 'create' | 'update' | 'touch'

/** A store that loses the next call of a method, as a reset connection does. `arrive` delivers what was lost. */
function delayedStore(memory: MemoryStore) {
  const lost: (() => Promise<unknown>)[] = []
  const losing = new Map<Write, number>()
  const intercept =
    (method: Write) =>
    async (...args: unknown[]) => {
      const call = () => (memory[method] as (...args: unknown[]) => Promise<unknown>).apply(memory, args)
      const left = losing.get(method) ?? 0
      if (left === 0) return call()
      losing.set(method, left - 1)
      lost.push(call)
      throw new Error('read ECONNRESET')
    }
  const bound = Object.fromEntries(
    [...Object.getOwnPropertyNames(Object.getPrototypeOf(memory))].map((name) => [
      name,
      (...args: unknown[]) => (memory as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args),
    ]),
  ) as unknown as MemoryStore
  return {
    ...bound,
    inMemory: true,
    create: intercept('create') as MemoryStore['create'],
    update: intercept('update') as MemoryStore['update'],
    touch: intercept('touch') as MemoryStore['touch'],
    /** Loses the next `times` calls of a method. */
    lose: (method: Write, times = 1) => void losing.set(method, times),
    /** Delivers the lost calls, in their order. */
    async arrive() {
      for (const call of lost.splice(0)) await call()
    },
  }
}

const delayed = (options: Parameters<typeof world>[0] = {}) => {
  const all = world({ wrap: delayedStore, ...options })
  return { ...all, store: all.store as ReturnType<typeof delayedStore> }
}

describe('create that arrives late', () => {
  it('brings no session back after a logout', async () => {
    const { sessions, store, browser } = delayed()
    const user = browser()
    store.lose('create')
    await user.visit((session) => session.login('ada'))
    const copy = user.copy()
    await user.visit((session) => session.logout())
    await sessions.close()
    await store.arrive()
    expect(await copy.outcome()).toBe('unknown')
    expect(await sessions.list('ada')).toEqual([])
  })

  it('of a login that failed leaves no session', async () => {
    const { sessions, store, browser } = delayed()
    store.lose('create', 3)
    await browser().visit((session) =>
      expect(session.login('ada')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' }),
    )
    await sessions.close()
    await store.arrive()
    expect(await sessions.list('ada')).toEqual([])
  })

  it('is not given the id of an earlier attempt by a login that is repeated in the same request', async () => {
    const { store, browser } = delayed()
    const user = browser()
    store.lose('create', 3)
    await user.visit(async (session) => {
      const { id } = session
      await expect(session.login('ada')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
      expect(session.id).not.toBe(id)
      await session.login('ada')
    })
    expect(await user.outcome()).toBe('resumed')
  })

  it('that the driver sent twice is recognised as one', async () => {
    const memory = memoryStore()
    const created: unknown[] = []
    const store: SessionStore = {
      read: (id) => memory.read(id),
      update: (row, seen) => memory.update(row, seen),
      touch: (...args) => memory.touch(...args),
      delete: (...args) => memory.delete(...args),
      create: async (row) => {
        created.push(await memory.create(row))
        return memory.create(row)
      },
    }
    const sessions = createSessionManager({ secret: SECRET, store })
    const user = new Browser(sessions as never)
    await user.visit((session) => session.login('ada'))
    expect(created).toEqual([true])
    expect(await user.outcome()).toBe('resumed')
  })
})

describe('touch that arrives late', () => {
  it('does not bring back a session that was reported as expired', async () => {
    const { sessions, store, clock, browser } = delayed({ timeouts: { idle: 100, rolling: 0 } })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(50)
    store.lose('touch')
    await user.visit()
    await sessions.close()
    clock.advance(60)
    expect(await user.copy().outcome()).toBe('expired:idle')
    await sessions.close()
    await store.arrive()
    expect(await user.outcome()).not.toBe('resumed')
    expect(await sessions.list('ada')).toEqual([])
  })

  it('does not bring back a session whose write was refused as expired', async () => {
    const { sessions, store, clock, browser } = delayed({ timeouts: { idle: 100, rolling: 0 } })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const slow = await sessions.open(fakeCarrier({ cookie: user.jar }))
    clock.advance(50)
    store.lose('touch')
    await user.visit()
    clock.advance(60)
    await expect(slow.touch()).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    await sessions.close()
    await store.arrive()
    expect(await user.outcome()).not.toBe('resumed')
  })
})

describe('update whose reply is lost', () => {
  it('counts once, also if other processes write before it is repeated', async () => {
    for (const others of [1, 7]) {
      const all = world({ wrap: (memory) => parkedStore(memory) })
      const store = all.store as unknown as ReturnType<typeof parkedStore<MemoryStore>>
      const other = world({ memory: all.memory })
      const user = all.browser()
      await user.visit((session) => session.login('ada'))
      store.park('update', 'after')
      const counted = user.copy().visit((session) => session.update('n', (n = 0) => n + 1))
      const reply = await store.nextParked('update')
      for (let n = 0; n < others; n++) {
        await new Browser(other.sessions, user.jar.copy()).visit((session) => session.update('n', (n = 0) => n + 1))
      }
      store.unpark()
      reply.fail(new Error('read ECONNRESET'))
      await counted
      expect((await user.visit()).session.data).toEqual({ n: others + 1 })
    }
  })

  it('is reported as ended if another request has logged in since', async () => {
    const all = world({ wrap: (memory) => parkedStore(memory) })
    const store = all.store as unknown as ReturnType<typeof parkedStore<MemoryStore>>
    const other = world({ memory: all.memory })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    store.park('update', 'after')
    const counted = user.copy().visit((session) => session.update('n', (n = 0) => n + 1))
    const reply = await store.nextParked('update')
    await new Browser(other.sessions, user.jar).visit((session) => session.login('ada'))
    store.unpark()
    reply.fail(new Error('read ECONNRESET'))
    await expect(counted).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect((await user.visit()).session.data).toEqual({ n: 1 })
  })
})

describe('login that fails half-way', () => {
  const down = { code: 'ERR_STORE_UNAVAILABLE' }

  it.each(['lose reply', 'throw'] as const)(
    'leaves no session if the store answers each create with: %s',
    async (fault) => {
      const all = world({ wrap: flakyStore })
      const store = all.store as ReturnType<typeof flakyStore<MemoryStore>>
      const user = all.browser()
      await user.visit((session) => session.login('ada'))
      for (let login = 0; login < 4; login++) {
        store.next('create', fault, 3)
        await all.browser().visit((session) => expect(session.login('ada')).rejects.toMatchObject(down))
      }
      await all.sessions.close()
      expect(await all.sessions.list('ada')).toHaveLength(1)
      expect(await user.outcome()).toBe('resumed')
    },
  )

  it('is cleaned up again and again while the store is down', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const all = world({ wrap: flakyStore })
    const store = all.store as ReturnType<typeof flakyStore<MemoryStore>>
    store.next('create', 'lose reply', 3)
    store.next('delete', 'throw', 20)
    await all.browser().visit((session) => expect(session.login('ada')).rejects.toMatchObject(down))
    expect(await all.sessions.list('ada')).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await all.sessions.list('ada')).toEqual([])
  })

  it('leaves an anonymous session as it was, and its client goes on with it', async () => {
    for (const fault of ['lose reply', 'throw'] as const) {
      const all = world({ wrap: flakyStore })
      const store = all.store as ReturnType<typeof flakyStore<MemoryStore>>
      const user = all.browser()
      await user.visit((session) => {
        session.data.cart = 'tea'
      })
      await user.visit(
        (session) => {
          store.next('update', fault)
          store.next('read', 'throw')
          return expect(session.login('ada')).rejects.toMatchObject(down)
        },
        { statusCode: 503 },
      )
      await all.sessions.close()
      const { session } = await user.visit()
      expect({ fault, outcome: session.outcome, data: session.data }).toEqual({
        fault,
        outcome: 'resumed',
        data: { cart: 'tea' },
      })
      expect(await all.sessions.list('ada')).toEqual([])
    }
  })

  it('does not log in later, when its write arrives', async () => {
    const { sessions, store, browser } = delayed()
    const user = browser()
    await user.visit((session) => {
      session.data.cart = 'tea'
    })
    store.lose('update', 3)
    await user.visit((session) => expect(session.login('ada')).rejects.toMatchObject(down), { statusCode: 503 })
    await sessions.close()
    await store.arrive()
    expect(await sessions.list('ada')).toEqual([])
    expect((await user.visit()).session.data).toEqual({ cart: 'tea' })
  })
})

describe('maxPerSubject after failed logins', () => {
  it('`refuse` admits the next login after three logins whose reply was lost', async () => {
    const all = world({ maxPerSubject: 3, onLimit: 'refuse', wrap: flakyStore })
    const store = all.store as ReturnType<typeof flakyStore<MemoryStore>>
    store.next('delete', 'throw')
    for (let login = 0; login < 3; login++) {
      store.next('acquire', 'lose reply')
      await all.browser().visit((session) => expect(session.login('ada')).rejects.toThrow())
    }
    await all.sessions.close()
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    expect(await user.outcome()).toBe('resumed')
  })

  it('`evict-oldest` keeps the session in use, and ends those that were never used', async () => {
    const all = world({ maxPerSubject: 3, wrap: flakyStore })
    const store = all.store as ReturnType<typeof flakyStore<MemoryStore>>
    const real = all.browser()
    await real.visit((session) => session.login('ada'))
    all.clock.advance(1)
    await real.visit()
    // The first clean-up hangs, and the second waits for it.
    store.next('delete', 'hang')
    for (let login = 0; login < 2; login++) {
      store.next('acquire', 'lose reply')
      await all.browser().visit((session) => expect(session.login('ada')).rejects.toThrow())
    }
    const good = all.browser()
    await good.visit((session) => session.login('ada'))
    expect(await real.outcome()).toBe('resumed')
    expect(await good.outcome()).toBe('resumed')
  })

  it('`refuse` leaves an anonymous session as it was', async () => {
    const all = world({ maxPerSubject: 1, onLimit: 'refuse' })
    await all.browser().visit((session) => session.login('ada'))
    const user = all.browser()
    await user.visit((session) => {
      session.data.cart = 'tea'
    })
    await user.visit((session) => expect(session.login('ada')).rejects.toMatchObject({ code: 'ERR_SESSION_LIMIT' }))
    const { session } = await user.visit()
    expect([session.outcome, session.data, session.subject]).toEqual(['resumed', { cart: 'tea' }, undefined])
    expect(await all.sessions.list('ada')).toHaveLength(1)
  })

  it('`refuse` restores an anonymous session if another login was faster', async () => {
    const all = world({ maxPerSubject: 1, onLimit: 'refuse', wrap: (memory) => parkedStore(memory) })
    const store = all.store as unknown as ReturnType<typeof parkedStore<MemoryStore>>
    const [user, rival] = [all.browser(), all.browser()]
    await user.visit((session) => {
      session.data.cart = 'tea'
    })
    store.park('update')
    const login = user.visit((session) =>
      expect(session.login('ada')).rejects.toMatchObject({ code: 'ERR_SESSION_LIMIT' }),
    )
    const update = await store.nextParked('update')
    store.unpark()
    await rival.visit((session) => session.login('ada'))
    await update.release()
    await login
    const { session } = await user.visit()
    expect([session.outcome, session.data, session.subject]).toEqual(['resumed', { cart: 'tea' }, undefined])
    expect(await rival.outcome()).toBe('resumed')
    expect(await all.sessions.list('ada')).toHaveLength(1)
  })
})

describe('writes that queue up in one process', () => {
  it('are told ERR_SESSION_BUSY after the time limit, and the store is not blamed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const all = world({ wrap: (memory) => ({ ...delayedStore(memory) }) as unknown as MemoryStore, storeTimeout: 1 })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    const update = all.store.update
    all.store.update = async (row, seen) => {
      await new Promise((reply) => setTimeout(reply, 240))
      return update(row, seen)
    }
    const results = Array.from({ length: 8 }, () =>
      user
        .copy()
        .visit((session) => session.update('n', (n = 0) => n + 1))
        .then(
          () => 'counted',
          (error) => error.code,
        ),
    )
    await vi.advanceTimersByTimeAsync(5000)
    const codes = await Promise.all(results)
    expect(codes.filter((code) => code === 'counted').length).toBeGreaterThan(3)
    expect(new Set(codes)).toEqual(new Set(['counted', 'ERR_SESSION_BUSY']))
    expect(all.sessions.counters().events['store-failed']).toBe(0)
    const { session } = await user.visit()
    expect(session.data).toEqual({ n: codes.filter((code) => code === 'counted').length })
  })
})

describe('revokeAll of many sessions', () => {
  it('goes in batches, tells how many ended before a failure, and goes on when it is repeated', async () => {
    const all = world({ wrap: flakyStore })
    const store = all.store as ReturnType<typeof flakyStore<MemoryStore>>
    const limits: number[] = []
    const { deleteBySubject } = all.memory
    all.memory.deleteBySubject = (key, page) => {
      limits.push(page.limit)
      return deleteBySubject.call(all.memory, key, page)
    }
    for (let login = 0; login < 1001; login++) await all.browser().visit((session) => session.login('ada'))
    // The remember-me first, then a batch of sessions; the next one fails.
    store.next('deleteBySubject', 'pass', 2)
    store.next('deleteBySubject', 'throw')
    await expect(all.sessions.revokeAll('ada')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', revoked: 500 })
    expect(await all.sessions.revokeAll('ada')).toBe(501)
    expect(await all.sessions.list('ada')).toEqual([])
    expect(Math.max(...limits)).toBe(500)
  })
})

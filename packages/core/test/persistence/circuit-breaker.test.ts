import { createSessionManager, memoryRevocations, memoryStore } from '@sojourn/session-core'
import { CookieJar, fakeCarrier, fakeClock, flakyStore } from '@sojourn/session-testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Browser, SECRET } from '../helpers/browser'

const down = { code: 'ERR_STORE_UNAVAILABLE', statusCode: 503 }
const left = { ...down, cause: expect.objectContaining({ message: expect.stringMatching(/not sent.*circuitBreaker/) }) }
const always = Number.POSITIVE_INFINITY

async function setUp(options: object = {}) {
  const clock = fakeClock()
  const flaky = flakyStore(memoryStore({ clock }))
  let calls = 0
  const store = new Proxy(flaky, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function' || name === 'next' || name === 'heal') return member
      return (...given: unknown[]) => {
        calls++
        return member.apply(target, given)
      }
    },
  })
  const make = (more: object = {}) => createSessionManager({ secret: SECRET, store, clock, ...options, ...more })
  const sessions = make()
  const user = new Browser(sessions)
  await user.visit((session) => session.login('ada'))
  const open = (by = sessions, jar = user.jar) => by.open(fakeCarrier({ cookie: jar }))
  /** How many calls reach the store while `work` runs. */
  const sent = async (work: () => unknown) => {
    const before = calls
    await work()
    return calls - before
  }
  return { clock, store, sessions, make, user, open, sent }
}

type World = Awaited<ReturnType<typeof setUp>>

/** Resolves to the results, while the timers run past the time limit. */
async function settled(...work: Promise<unknown>[]): Promise<PromiseSettledResult<unknown>[]> {
  const results = Promise.allSettled(work)
  await vi.advanceTimersByTimeAsync(2100)
  return results
}

/** Opens that run out of time, one after another. */
async function timeOut({ open, store }: World, times: number, by?: World['sessions']): Promise<void> {
  store.next('read', 'hang', always)
  for (let i = 0; i < times; i++) {
    const [result] = await settled(open(by))
    expect(result).toMatchObject({ status: 'rejected', reason: down })
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('a store that does not answer', () => {
  it('is not asked any more after five calls in a row have run out of time', async () => {
    const world = await setUp()
    await timeOut(world, 4)
    expect(await world.sent(() => timeOut(world, 1))).toBe(1)
    const sent = await world.sent(async () => {
      for (let i = 0; i < 100; i++) await expect(world.open()).rejects.toMatchObject(left)
    })
    expect(sent).toBe(0)
  })

  it('is asked by one call at a time after a second, and by all again once one is answered', async () => {
    const world = await setUp()
    await timeOut(world, 5)
    world.clock.advance(0.999)
    await expect(world.open()).rejects.toMatchObject(left)
    world.clock.advance(0.001)
    let results: PromiseSettledResult<unknown>[] = []
    expect(
      await world.sent(async () => {
        results = await settled(...Array.from({ length: 20 }, () => world.open()))
      }),
    ).toBe(1)
    expect(results.map(({ status }) => status)).toEqual(Array(20).fill('rejected'))

    // That call failed, so a second begins again.
    await expect(world.open()).rejects.toMatchObject(left)
    world.clock.advance(1)
    world.store.heal()
    expect((await world.open()).outcome).toBe('resumed')
    const all = await Promise.all(Array.from({ length: 20 }, () => world.open()))
    expect(all.map(({ outcome }) => outcome)).toEqual(Array(20).fill('resumed'))
  })

  it('counts from the last answer', async () => {
    const world = await setUp()
    for (let round = 0; round < 3; round++) {
      await timeOut(world, 4)
      world.store.heal()
      expect((await world.open()).outcome).toBe('resumed')
    }
  })

  it('is asked although calls run out of time that began before the last answer', async () => {
    const world = await setUp()
    world.store.next('read', 'hang', 10)
    const stuck = Array.from({ length: 10 }, () => world.open())
    const results = settled(...stuck)
    expect((await world.open()).outcome).toBe('resumed')
    expect((await results).every(({ status }) => status === 'rejected')).toBe(true)
    expect((await world.open()).outcome).toBe('resumed')
  })

  it('is one store for all managers that have it', async () => {
    const world = await setUp()
    const other = world.make({ audience: 'shop' })
    await timeOut(world, 3)
    await timeOut(world, 2, other)
    for (const by of [world.sessions, other]) await expect(world.open(by)).rejects.toMatchObject(left)
    world.store.heal()
    world.clock.advance(1)
    await world.open(other)
    expect((await world.open()).outcome).toBe('resumed')
    // Another store is another matter.
    const elsewhere = await setUp()
    await timeOut(world, 5)
    expect((await elsewhere.open()).outcome).toBe('resumed')
  })

  it('is the same store for explain()', async () => {
    const world = await setUp()
    await timeOut(world, 5)
    const cookie = world.user.jar.header
    expect(await world.sent(() => expect(world.sessions.explain(cookie)).rejects.toMatchObject(left))).toBe(0)
  })

  it('is asked again although the clock was set back by an hour', async () => {
    const world = await setUp()
    await timeOut(world, 5)
    world.store.heal()
    world.clock.advance(-3600)
    await expect(world.open()).resolves.toBeDefined()
  })

  it('is asked by every call if circuitBreaker is false, and after other numbers if it names them', async () => {
    const never = await setUp({ circuitBreaker: false })
    await timeOut(never, 6)
    expect(await never.sent(() => timeOut(never, 3))).toBe(3)
    const eager = await setUp({ circuitBreaker: { failures: 2, openFor: 5 } })
    await timeOut(eager, 2)
    eager.clock.advance(4.9)
    await expect(eager.open()).rejects.toMatchObject(left)
    eager.store.heal()
    eager.clock.advance(0.1)
    expect((await eager.open()).outcome).toBe('resumed')
  })

  it('gives empty sessions at once with onUnavailable `empty`', async () => {
    const world = await setUp({ onUnavailable: 'empty' })
    world.store.next('read', 'hang', always)
    for (let i = 0; i < 5; i++) await settled(world.open())
    expect(await world.sent(async () => expect((await world.open()).outcome).toBe('unavailable'))).toBe(0)
  })

  it('is the revocation store of cookie mode too', async () => {
    const revocations = flakyStore(memoryRevocations())
    const clock = fakeClock()
    const sessions = createSessionManager({ secret: SECRET, revocations, clock })
    const user = new Browser(sessions)
    await user.visit((session) => session.login('ada'))
    revocations.next('read', 'hang', always)
    const open = () => sessions.open(fakeCarrier({ cookie: user.jar }))
    for (let i = 0; i < 5; i++) await settled(open())
    await expect(open()).rejects.toMatchObject(left)
    revocations.heal()
    clock.advance(1)
    expect((await open()).outcome).toBe('resumed')
  })
})

describe('what counts against a store', () => {
  const socket = (code: string) => Object.assign(new Error(`connect ${code}`), { code })
  const named = (name: string, message: string) => Object.assign(new Error(message), { name })

  it.each<[string, unknown]>([
    ['a refused connection', socket('ECONNREFUSED')],
    ['both addresses of a host', new AggregateError([socket('ECONNREFUSED'), socket('ECONNREFUSED')])],
    ['a cause', new TypeError('fetch failed', { cause: socket('ENOTFOUND') })],
    ['node-redis without an offline queue', new Error('The client is offline')],
    ['node-redis that lost its socket', new Error('Socket closed unexpectedly')],
    ['node-redis with a full queue', new Error('The queue is full')],
    [
      'ioredis that gave up',
      named('MaxRetriesPerRequestError', 'Reached the max retries per request limit (which is 20).'),
    ],
    ['ioredis without a connection', new Error('Connection is closed.')],
    ['ioredis without an offline queue', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['the commandTimeout of ioredis', new Error('Command timed out')],
    ['the connectionTimeoutMillis of pg', new Error('timeout exceeded when trying to connect')],
    ['the query_timeout of pg', new Error('Query read timeout')],
    ['pg that lost its connection', new Error('Connection terminated unexpectedly')],
    ['a Postgres that shuts down', Object.assign(new Error('terminating connection'), { code: '57P01' })],
  ])('is a connection failure: %s', async (_, error) => {
    const world = await setUp()
    world.store.next('read', 'throw', 5, error)
    for (let i = 0; i < 5; i++) await expect(world.open()).rejects.toMatchObject({ ...down, cause: error })
    await expect(world.open()).rejects.toMatchObject(left)
  })

  it.each<[string, unknown]>([
    ['a full Redis', named('ReplyError', "OOM command not allowed when used memory > 'maxmemory'.")],
    ['a Redis that says timeout', named('ReplyError', 'ERR timeout is negative')],
    [
      'a statement that Postgres cancelled',
      Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' }),
    ],
    ['a mistake', new TypeError('x is not a function')],
    ['no error at all', undefined],
  ])('is not an answer: %s', async (_, error) => {
    const world = await setUp()
    world.store.next('read', 'throw', 50, error)
    expect(
      await world.sent(async () => {
        for (let i = 0; i < 50; i++) await expect(world.open()).rejects.toMatchObject(down)
      }),
    ).toBe(50)
  })

  it('is not a conflict, nor a session that is unknown', async () => {
    const world = await setUp()
    for (let i = 0; i < 20; i++) {
      const [one, other] = [await world.open(), await world.open()]
      one.data.n = i
      other.data.n = -i
      await world.sessions.commit(one)
      await world.sessions.commit(other)
    }
    expect((await world.open()).outcome).toBe('resumed')
  })

  it('is not a time-out while this process was blocked for most of the time, and is one if it was for less', async () => {
    let ms = 0
    vi.spyOn(performance, 'now').mockImplementation(() => ms)
    /** Time passes, and timers fire when they are due. */
    const free = async (time: number) => {
      for (const end = ms + time; ms < end; ) {
        ms += 20
        await vi.advanceTimersByTimeAsync(20)
      }
    }
    /** Time passes, and timers fire afterwards. */
    const blocked = async (time: number) => {
      ms += time
      await vi.advanceTimersByTimeAsync(time)
    }
    const herd = async (block: number) => {
      const results = Promise.allSettled(Array.from({ length: 10 }, () => world.open()))
      await free(20)
      await blocked(block)
      await free(2000 - block + 100)
      expect((await results).map(({ status }) => status)).toEqual(Array(10).fill('rejected'))
    }
    const world = await setUp()
    world.store.next('read', 'hang', always)
    for (let i = 0; i < 3; i++) expect(await world.sent(() => herd(1500))).toBe(10)
    expect(await world.sent(() => herd(200))).toBe(10)
    expect(await world.sent(() => herd(0))).toBe(0)
  })
})

describe('while a store is left alone', () => {
  it('logout rejects and clears the cookie, and can be repeated', async () => {
    const world = await setUp()
    const carrier = fakeCarrier({ cookie: world.user.jar })
    const session = await world.sessions.open(carrier)
    const { id } = session
    await timeOut(world, 5)
    await expect(session.logout()).rejects.toMatchObject({ ...left, sessionId: id })
    carrier.statusCode = 503
    await world.sessions.commit(session)
    expect(carrier.setCookies[0]).toContain('Max-Age=0')
    world.store.heal()
    world.clock.advance(1)
    expect(await world.sessions.revoke(id)).toBe(true)
  })

  it('revokeAll rejects with how many went, and a repeat goes on', async () => {
    const world = await setUp()
    await timeOut(world, 5)
    await expect(world.sessions.revokeAll('ada')).rejects.toMatchObject({ ...left, revoked: 0 })
    world.store.heal()
    world.clock.advance(1)
    expect(await world.sessions.revokeAll('ada')).toBe(1)
  })

  it('a login that was never sent leaves no clean-up', async () => {
    const world = await setUp()
    await timeOut(world, 5)
    for (let i = 0; i < 50; i++) {
      const session = await world.open(world.sessions, new CookieJar())
      await expect(session.login('bob')).rejects.toMatchObject(left)
    }
    world.store.heal()
    expect(await world.sent(() => settled(world.sessions.close()))).toBe(0)
    world.clock.advance(1)
    expect(await world.sessions.list('bob')).toEqual([])
  })

  it('a clean-up is attempted while the breaker is open, and its answer closes it', async () => {
    const world = await setUp()
    for (const operation of ['create', 'delete', 'read'] as const) world.store.next(operation, 'hang', always)
    await settled((await world.open(world.sessions, new CookieJar())).login('bob'))
    await timeOut(world, 5)
    await expect(world.open()).rejects.toMatchObject(left)
    world.store.heal()
    const closed = settled(world.sessions.close())
    await vi.advanceTimersByTimeAsync(5000)
    await closed
    expect((await world.open()).outcome).toBe('resumed')
  })

  it('close() does not wait for each clean-up', async () => {
    const world = await setUp()
    for (const operation of ['create', 'delete', 'read'] as const) world.store.next(operation, 'hang', always)
    const sessions = await Promise.all(Array.from({ length: 100 }, () => world.open(world.sessions, new CookieJar())))
    await settled(...sessions.map((session) => session.login('bob')))
    let isClosed = false
    world.sessions.close().then(() => {
      isClosed = true
    })
    await vi.advanceTimersByTimeAsync(6000)
    expect(isClosed).toBe(true)
  })

  it('a due touch is skipped and counted', async () => {
    const world = await setUp()
    world.clock.advance(61)
    const session = await world.open()
    await timeOut(world, 5)
    await world.sessions.commit(session)
    await world.sessions.close()
    expect(world.sessions.counters().events).toMatchObject({ 'touch-skipped': 1, touched: 0 })
  })
})

describe('check()', () => {
  it('says that the store is not reachable, once storeTimeout is over', async () => {
    const world = await setUp()
    expect(await world.sessions.check()).toMatchObject({ reachable: true })
    world.store.next('read', 'hang', always)
    expect(await settled(world.sessions.check())).toMatchObject([{ value: { reachable: false } }])
  })

  it('asks although the store is left alone, once for all calls at the same time', async () => {
    const world = await setUp()
    await timeOut(world, 5)
    const asked = await world.sent(() => settled(...Array.from({ length: 50 }, () => world.sessions.check())))
    expect(asked).toBe(1)
    world.store.heal()
    expect(await world.sessions.check()).toMatchObject({ reachable: true })
    expect((await world.open()).outcome).toBe('resumed')
  })
})

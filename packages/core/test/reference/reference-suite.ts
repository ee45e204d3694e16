import {
  createSessionManager,
  type SessionManagerOptions,
  type SessionOptions,
  type SessionStore,
} from '@sojourn/session-core'
import { countingStore, type FakeClock, fakeClock, seededRandom } from '@sojourn/session-testing'
import { expect, it } from 'vitest'
import { type AnyData, Browser, SECRET } from '../helpers/browser'

const NEW_SECRET = 'another secret for tests, also long enough'
const DAY = 86_400
const OFF = { idle: 0, rolling: 0, absolute: 0 }

type Options = Partial<SessionOptions>

/** Where the sessions of the suite are kept. */
export interface ReferenceStorage {
  /** Opens a store for one test, on the test's clock, whose rows core seals. If omitted, sessions are kept in the cookie. */
  open?(clock: FakeClock): SessionStore | Promise<SessionStore>
  /** Start time of each test's clock, epoch ms. Pass the present for a store with its own clock. Default: that of {@link fakeClock}. */
  start?: number
}

/** A clock and a store, shared by the managers of one test. */
export async function setUp({ open, start }: ReferenceStorage) {
  const clock = fakeClock(start)
  const store = open && countingStore(await open(clock))
  let seed = 0
  const manager = (options: Options = {}) =>
    createSessionManager<AnyData>({
      secret: SECRET,
      store,
      clock,
      random: seededRandom(++seed),
      ...options,
      // The reference sets no marker beside its cookie.
      cookie: { marker: false, ...options.cookie },
      // A token that was renewed away has `stale_ttl` from the renewal on.
      timeouts: { graceFrom: 'renewal', ...options.timeouts },
    } as SessionManagerOptions)
  return { clock, store, manager, browser: (options?: Options) => new Browser(manager(options)) }
}

/**
 * Tests that this package behaves like lua-resty-session at its limits: the times and sizes at which it must act, and
 * one second or byte before each, at which it must not.
 */
export function referenceSuite(storage: ReferenceStorage): void {
  clocks(storage)
  activity(storage)
  if (storage.open) graceInStore(storage)
  else graceInCookie(storage)
  company(storage)
  secrets(storage)
  remembering(storage)
}

function clocks(storage: ReferenceStorage): void {
  it('keeps the token at second 2700, and renews it at 2701', async () => {
    const { browser, clock } = await setUp(storage)
    const user = browser({ timeouts: { idle: 0 } })
    const { session } = await user.visit((mine) => mine.login('ada'))
    const token = user.jar.header
    clock.advance(2700)
    expect((await user.visit()).sentCookie).toBe(false)
    clock.advance(1)
    const renewed = await user.visit()
    expect([renewed.sentCookie, renewed.session.id]).toEqual([true, session.id])
    expect(user.jar.header).not.toBe(token)
    expect(renewed.session.remaining).toMatchObject({ rolling: 3600, absolute: DAY - 2701 })
  })

  it('opens at the last second of each timeout, and not one second later', async () => {
    for (const [name, seconds] of [
      ['idle', 900],
      ['rolling', 3600],
      ['absolute', DAY],
    ] as const) {
      const { browser, clock } = await setUp(storage)
      const user = browser({ timeouts: { ...OFF, [name]: seconds } })
      await user.visit((session) => session.login('ada'))
      clock.advance(seconds)
      expect(await user.outcome()).toBe('resumed')
      clock.advance(1)
      expect(await user.outcome()).toBe(`expired:${name}`)
    }
  })

  it('ends a day after the login, despite renewals', async () => {
    const { clock, manager } = await setUp(storage)
    const sessions = manager()
    const user = new Browser(sessions)
    await user.visit((session) => session.login('ada'))
    for (let elapsed = 0; elapsed < DAY; elapsed += 800) {
      expect((await user.visit()).session.outcome).toBe('resumed')
      // The response does not wait for a touch.
      await sessions.close()
      clock.advance(800)
    }
    expect(await user.outcome()).toBe('resumed')
    clock.advance(1)
    expect(await user.outcome()).toBe('expired:absolute')
  })
}

function activity(storage: ReferenceStorage): void {
  it('records no activity at second 60; at 61 it moves the last activity, without a new token or a record write', async () => {
    const { clock, manager, store } = await setUp(storage)
    const sessions = manager()
    const user = new Browser(sessions)
    const { id } = (await user.visit((session) => session.login('ada'))).session
    const row = await store?.read(id)
    clock.advance(60)
    expect((await user.visit()).sentCookie).toBe(false)
    await sessions.close()
    expect(await store?.read(id)).toEqual(row)
    clock.advance(1)
    store?.resetCalls()
    const { session, sentCookie } = await user.visit()
    await sessions.close()
    if (store) {
      expect(store.calls).toEqual({ read: 1, touch: 1 })
      expect(await store.read(id)).toMatchObject({ payload: row?.payload, version: row?.version, touchedAt: clock() })
    }
    // Store mode sends a touch; cookie mode has to send a cookie.
    expect(sentCookie).toBe(!store)
    expect(session.remaining).toMatchObject({ idle: 900, rolling: 3600 - 61 })
    clock.advance(900)
    expect(await user.outcome()).toBe('resumed')
    clock.advance(1)
    expect(await user.outcome()).toBe('expired:idle')
  })
}

/** A logged-in browser after a renewal, and a copy of its cookies from before. */
async function renewedAt2701(storage: ReferenceStorage, options: Options) {
  const { browser, clock } = await setUp(storage)
  const user = browser(options)
  await user.visit((session) => session.login('ada'))
  clock.advance(2701)
  const late = user.copy()
  await user.visit()
  return { clock, late, user }
}

function graceInStore(storage: ReferenceStorage): void {
  it('accepts a renewed token for ten seconds, and not in the eleventh', async () => {
    const { clock, late, user } = await renewedAt2701(storage, { timeouts: { idle: 0 } })
    clock.advance(10)
    expect(await late.outcome()).toBe('stale')
    expect((await late.copy().visit()).session.subject).toBe('ada')
    clock.advance(1)
    const after = await late.visit()
    expect([after.session.outcome, after.session.subject]).toEqual(['reused', undefined])
    expect(await user.outcome()).toBe('resumed')
  })

  it('the grace period does not extend the session', async () => {
    const { clock, late } = await renewedAt2701(storage, { timeouts: { idle: 0, absolute: 2706 } })
    clock.advance(5)
    expect(await late.outcome()).toBe('stale')
    clock.advance(1)
    expect(await late.outcome()).toBe('expired:absolute')
  })
}

function graceInCookie(storage: ReferenceStorage): void {
  it('a renewed sealed cookie ends by its own timeouts', async () => {
    const { clock, late, user } = await renewedAt2701(storage, { timeouts: { idle: 0 } })
    clock.advance(3600 - 2701)
    expect(await late.outcome()).toBe('resumed')
    clock.advance(1)
    expect([await late.outcome(), await user.outcome()]).toEqual(['expired:rolling', 'resumed'])
  })
}

function company(storage: ReferenceStorage): void {
  it('a second audience joins the session, and keeps the first one’s entry and createdAt', async () => {
    const { clock, manager } = await setUp(storage)
    const shop = new Browser(manager({ audience: 'shop' }))
    const blog = new Browser(manager({ audience: 'blog' }), shop.jar)
    const first = await shop.visit(async (session) => {
      await session.login('ada')
      session.data.cart = ['tea']
    })
    clock.advance(5)
    const joining = await blog.visit((session) => {
      expect([session.outcome, session.isNew, session.subject, session.data]).toEqual(['resumed', true, undefined, {}])
      session.data.draft = 'hello'
    })
    expect(joining.session).toMatchObject({ id: first.session.id, createdAt: first.session.createdAt })
    expect((await shop.visit()).session).toMatchObject({ isNew: false, subject: 'ada', data: { cart: ['tea'] } })
    await blog.visit((session) => session.login('bob'))
    clock.advance(5)
    expect((await shop.visit()).session).toMatchObject({ subject: 'ada', data: { cart: ['tea'] } })
    const again = (await blog.visit()).session
    expect(again).toMatchObject({ isNew: false, subject: 'bob', data: { draft: 'hello' } })
    expect(again.createdAt).toBe(first.session.createdAt)
  })

  it('a login removes the entries of other subjects with enforceSameSubject', async () => {
    for (const [enforceSameSubject, left] of [
      [false, 'ada'],
      [true, undefined],
    ] as const) {
      const { manager } = await setUp(storage)
      const shop = new Browser(manager({ audience: 'shop' }))
      const wiki = new Browser(manager({ audience: 'wiki' }), shop.jar)
      await shop.visit((session) => session.login('ada'))
      await wiki.visit((session) => session.login('bob'))
      await new Browser(manager({ audience: 'blog', enforceSameSubject }), shop.jar).visit((session) =>
        session.login('bob'),
      )
      expect([(await shop.visit()).session.subject, (await wiki.visit()).session.subject]).toEqual([left, 'bob'])
    }
  })
}

function secrets(storage: ReferenceStorage): void {
  it('opens with a fallback secret, and gets a token of the new one with the next response', async () => {
    const { clock, manager } = await setUp(storage)
    const rotated = manager({ secret: [NEW_SECRET, SECRET] })
    const user = new Browser(manager())
    await user.visit((session) => session.login('ada'))
    const [during, after] = [new Browser(rotated, user.jar), new Browser(manager({ secret: NEW_SECRET }), user.jar)]
    expect([await during.outcome(), await after.outcome()]).toEqual(['resumed', 'rejected'])
    clock.advance(61)
    await during.visit()
    await rotated.close()
    expect([await after.outcome(), await user.outcome()]).toEqual(['resumed', 'rejected'])
  })
}

function remembering(storage: ReferenceStorage): void {
  it('remember-me restores a new session with two new cookies, until thirty days after the login', async () => {
    const { browser, clock } = await setUp(storage)
    const user = browser({ remember: true })
    const login = clock()
    await user.visit((session) => session.login('ada', { remember: true }))
    for (const day of [1.5, 8, 15, 22, 29]) {
      clock.set(login + day * DAY * 1000)
      const before = user.jar.copy()
      const { session, carrier } = await user.visit()
      expect(session).toMatchObject({ outcome: 'restored', subject: 'ada', createdAt: clock() })
      expect(carrier.setCookies).toHaveLength(2)
      for (const name of before.names) expect(user.jar.get(name)).not.toBe(before.get(name))
    }
    const [last, late] = [user.copy(), user.copy()]
    for (const { jar } of [last, late]) jar.delete('__Host-session')
    clock.set(login + 30 * DAY * 1000)
    expect((await last.copy().visit()).session.outcome).toBe('restored')
    clock.advance(1)
    expect((await late.visit()).session.subject).toBeUndefined()
  })
}

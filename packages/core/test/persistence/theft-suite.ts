import {
  createSessionManager,
  type SessionEvent,
  type SessionManagerOptions,
  type SessionStore,
  type SubjectIndex,
} from '@sojourn/session-core'
import { countingStore, type FakeClock, fakeCarrier, fakeClock, parkedStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser, SECRET } from '../helpers/browser'

/** Where the suite's sessions live. */
export interface TheftStorage {
  /** A store for one test, on the test's clock. */
  open(clock: FakeClock): Promise<SessionStore & SubjectIndex> | (SessionStore & SubjectIndex)
  /** When a test begins, epoch ms. A store with a clock of its own needs the present. */
  start?: number
}

const SESSION = '__Host-session'
const REMEMBER = '__Host-remember'
const CLOCKS = { idle: 0, rolling: 100, staleTtl: 10 }

/** What a thief with a copy of a cookie can reach, and what a response that is lost must not cost. */
export function theftSuite({ open, start }: TheftStorage): void {
  async function setUp(options: Partial<SessionManagerOptions> = {}) {
    const clock = fakeClock(start)
    const events: SessionEvent[] = []
    const store = countingStore(await open(clock))
    const manager = (more: Partial<SessionManagerOptions> = {}) =>
      createSessionManager<AnyData>({
        secret: SECRET,
        clock,
        timeouts: CLOCKS,
        onEvent: (event: SessionEvent) => events.push(event),
        ...options,
        ...more,
        store,
      } as SessionManagerOptions & { store: SessionStore & SubjectIndex })
    const sessions = manager()
    const typesOf = () => events.map(({ type }) => type)
    return { clock, events, typesOf, store, sessions, manager, browser: () => new Browser(sessions) }
  }
  type World = Awaited<ReturnType<typeof setUp>>

  /** A browser that is logged in, and a copy of its cookies from before its token was renewed. */
  async function renewed(options: Partial<SessionManagerOptions> = {}) {
    const all = await setUp(options)
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    const old = user.copy()
    all.clock.advance(76)
    return { ...all, user, old }
  }

  /** A remembered login whose session is over, so that the next visit is a use of remember-me. */
  async function remembered(options: Partial<SessionManagerOptions> = {}) {
    const all = await setUp({ remember: true, ...options })
    const user = all.browser()
    await user.visit((session) => session.login('ada', { remember: true, label: 'laptop' }))
    user.jar.delete(SESSION)
    return { ...all, user }
  }

  /** A use of remember-me, and a second request that shows that the response has arrived. */
  async function use(browser: Browser) {
    browser.jar.delete(SESSION)
    const { session } = await browser.visit()
    await browser.visit()
    return session
  }

  const subjectOf = async (browser: Browser) => (await browser.copy().visit()).session.subject
  const count = async ({ sessions }: World, subject = 'ada') => (await sessions.list(subject)).length

  describe('a token that was never ours', () => {
    it('reaches no store', async () => {
      const all = await setUp({ remember: true })
      const user = all.browser()
      const { session } = await user.visit((mine) => mine.login('ada', { remember: true }))
      const [, secret = ''] = user.jar.get(SESSION)!.split('.')
      const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
      all.store.resetCalls()
      for (let i = 0; i < 10_000; i++) {
        const value = i % 2 ? `${session.id}.${random()}` : `${random().slice(0, 21)}A.${i % 4 ? random() : secret}`
        const cookie = i % 3 ? `${SESSION}=${value}` : `${REMEMBER}=${value}`
        const opened = await all.sessions.open(fakeCarrier({ cookie }))
        expect(['rejected', 'none'], value).toContain(opened.outcome)
      }
      expect(all.store.calls).toEqual({})
    })

    it('ends nothing, for every method that its holder can call', async () => {
      const all = await setUp({ onReuse: 'destroy' })
      const user = all.browser()
      const { session } = await user.visit((mine) => mine.login('ada'))
      const forged = `${SESSION}=${session.id}.${'A'.repeat(43)}`
      for (const method of ['destroy', 'logout'] as const) {
        const opened = await all.sessions.open(fakeCarrier({ cookie: forged }))
        await opened[method]()
      }
      expect(await user.outcome()).toBe('resumed')
      expect(all.events.at(-1)).toMatchObject({ type: 'rejected', reason: 'token', id: undefined })
    })
  })

  describe('a token that was renewed away', () => {
    it('goes on and is given its successor until that has come back, however late it comes', async () => {
      const { clock, user, old } = await renewed()
      const lost = user.copy()
      await lost.visit() // Its response never arrives.
      clock.advance(15)
      const { session, carrier } = await old.visit()
      expect([session.outcome, session.subject]).toEqual(['stale', 'ada'])
      expect(carrier.setCookies[0]).toContain(lost.jar.get(SESSION))
      expect(await old.outcome()).toBe('resumed')
    })

    it('works for staleTtl more once its successor has come back, and not a moment longer', async () => {
      const { clock, typesOf, user, old } = await renewed()
      await user.visit()
      clock.advance(12)
      expect(await old.outcome()).toBe('stale')
      await user.visit()
      clock.advance(10)
      expect(await old.outcome()).toBe('stale')
      clock.advance(0.001)
      expect(await old.outcome()).toBe('reused')
      expect(typesOf()).toContain('reused')
      expect(await user.outcome()).toBe('resumed')
    })

    it('writes the first use of its successor, and no later one', async () => {
      const { store, user } = await renewed()
      await user.visit()
      store.resetCalls()
      await user.visit()
      expect(store.calls.update).toBe(1)
      store.resetCalls()
      await user.visit()
      expect(store.calls.update).toBeUndefined()
    })

    it('ends with its own clocks at the latest, which is no alarm if its successor has never come back', async () => {
      const { clock, typesOf, user, old } = await renewed({ onReuse: 'destroy' })
      await user.visit() // The response is lost, and nothing comes back.
      clock.advance(24)
      expect(await old.outcome()).toBe('stale')
      clock.advance(1)
      expect(await old.outcome()).toBe('expired:rolling')
      expect(typesOf()).not.toContain('reused')
      expect(await user.outcome()).toBe('resumed')
    })

    it('has staleTtl from the renewal on where graceFrom says so', async () => {
      const { clock, user, old } = await renewed({ timeouts: { ...CLOCKS, graceFrom: 'renewal' } })
      await user.visit()
      clock.advance(10)
      expect(await old.outcome()).toBe('stale')
      clock.advance(0.001)
      expect(await old.outcome()).toBe('reused')
    })

    for (const uses of [1, 5, 50]) {
      it(`is recognised as reused after ${uses} renewals by a thief, and ends the session if onReuse says so`, async () => {
        const { clock, sessions, user } = await renewed({
          onReuse: 'destroy',
          timeouts: { ...CLOCKS, absolute: 0 },
        })
        const thief = user.copy()
        for (let i = 0; i < uses; i++) {
          await thief.visit()
          await thief.visit()
          clock.advance(76)
        }
        expect(await thief.outcome()).toBe('resumed')
        expect(await user.outcome()).toBe('reused')
        expect(await thief.outcome()).toBe('unknown')
        expect(await sessions.list('ada')).toEqual([])
      })
    }

    it('is recognised as reused after a regenerate by a thief, once the quiet window is over', async () => {
      const { clock, user } = await renewed({ onReuse: 'destroy' })
      const thief = user.copy()
      await thief.visit((session) => session.regenerate())
      expect(await user.outcome()).toBe('rejected')
      expect(await thief.outcome()).toBe('resumed')
      clock.advance(10.001)
      expect(await user.outcome()).toBe('reused')
      expect(await thief.outcome()).toBe('unknown')
    })

    it('ends nothing if it is from before the last login', async () => {
      const { clock, typesOf, user, old } = await renewed({ onReuse: 'destroy' })
      await user.visit((session) => session.login('ada'))
      clock.advance(10.001)
      for (const method of ['destroy', 'logout'] as const) {
        const { session } = await old.copy().visit((mine) => mine[method]())
        expect(session.outcome).toBe('reused')
      }
      expect(await user.outcome()).toBe('resumed')
      expect(typesOf()).toContain('reused')
    })
  })

  describe('a store that has lost its last writes', () => {
    it('makes the newer token rejected as rolled-back, and ends nothing', async () => {
      const { events, store, user, old } = await renewed({ onReuse: 'destroy' })
      const id = user.jar.get(SESSION)!.split('.')[0]!
      const before = (await store.read(id))!
      await user.visit()
      await store.update({ ...before, version: 'the row of before' }, (await store.read(id))!)
      const { session } = await user.copy().visit((mine) => mine.destroy())
      expect(session.outcome).toBe('rejected')
      expect(events).toContainEqual(expect.objectContaining({ type: 'rejected', id, reason: 'rolled-back' }))
      expect(await old.outcome()).toBe('resumed')
    })
  })

  describe('a request under way while its token is replaced', () => {
    for (const how of ['login', 'regenerate'] as const) {
      it(`has no session after ${how}, so that its change cannot replace the new cookie`, async () => {
        const { typesOf, user, sessions } = await renewed()
        const slow = user.copy()
        await user.visit((session) => (how === 'login' ? session.login('ada') : session.regenerate()))
        const carrier = fakeCarrier({ cookie: slow.jar })
        const session = await sessions.open(carrier)
        expect([session.outcome, session.subject]).toEqual(['rejected', undefined])
        session.data.cart = ['tea']
        await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED', statusCode: 409 })
        for (const method of ['save', 'touch', 'regenerate'] as const) {
          await expect(session[method]()).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
        }
        await expect(session.update('n', () => 1)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
        expect(carrier.setCookies).toEqual([])
        expect(await subjectOf(user)).toBe('ada')
        expect(typesOf()).not.toContain('reused')
      })
    }

    it('may log in, which begins a session of its own', async () => {
      const { user } = await renewed()
      const slow = user.copy()
      await user.visit((session) => session.login('ada'))
      const { session } = await slow.visit((mine) => mine.login('bob'))
      expect(session.subject).toBe('bob')
      expect([await subjectOf(slow), await subjectOf(user)]).toEqual(['bob', 'ada'])
    })

    it('leaves this application by logout, and ends the session by destroy', async () => {
      for (const method of ['logout', 'destroy'] as const) {
        const all = await renewed()
        const slow = all.user.copy()
        await all.user.visit((session) => session.regenerate())
        await slow.visit((session) => session[method]())
        expect(await all.user.outcome()).toBe('unknown')
        expect(await count(all)).toBe(0)
      }
    })

    it('leaves only its own application by logout where others share the session', async () => {
      const { user, manager } = await renewed()
      const other = new Browser(manager({ audience: 'shop' }), user.jar)
      await other.visit((session) => session.login('ada'))
      const slow = user.copy()
      await user.visit((session) => session.regenerate())
      await slow.visit((session) => session.logout())
      expect([await subjectOf(user), await subjectOf(other)]).toEqual([undefined, 'ada'])
    })
  })

  it('regenerate and logout at once from one cookie leave the application, in each order of their writes', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const all = await renewed()
      const { user } = all
      const regenerating = user.copy().visit((session) => session.regenerate())
      for (let i = 0; i < turns % 20; i++) await null
      const leaving = user.copy().visit((session) => session.logout())
      await Promise.allSettled([regenerating, leaving])
      await expect(leaving).resolves.toBeDefined()
      expect(await count(all)).toBe(0)
      const { setCookies } = (await regenerating.catch(() => undefined))?.carrier ?? { setCookies: [] }
      const after = user.copy()
      after.jar.take(setCookies)
      expect(await subjectOf(after)).toBeUndefined()
    }
  })

  describe('remember-me', () => {
    for (const uses of [1, 5, 50]) {
      it(`ends with everything it began when the original comes back after ${uses} uses by a thief`, async () => {
        const all = await remembered({ timeouts: { ...CLOCKS, absolute: 0 } })
        const thief = all.user.copy()
        for (let i = 0; i < uses; i++) {
          expect((await use(thief)).subject).toBe('ada')
          all.clock.advance(61)
        }
        const { session } = await all.user.visit()
        expect(session.subject).toBeUndefined()
        expect(all.typesOf()).toContain('reused')
        expect(await subjectOf(thief)).toBeUndefined()
        thief.jar.delete(SESSION)
        expect(await subjectOf(thief)).toBeUndefined()
        expect(await count(all)).toBe(0)
      })
    }

    it('goes on after a response that was lost, a minute or an hour later', async () => {
      for (const pause of [60, 3600]) {
        const { clock, user, typesOf } = await remembered()
        await user.copy().visit() // Its response never arrives.
        clock.advance(pause)
        const { session } = await user.visit()
        expect([session.outcome, session.subject]).toEqual(['restored', 'ada'])
        expect(await subjectOf(user)).toBe('ada')
        expect(typesOf()).not.toContain('reused')
      }
    })

    it('has a grace of a minute once its successor has come back', async () => {
      const { clock, user } = await remembered({ timeouts: { idle: 0, rolling: 0, absolute: 0 } })
      const old = user.copy()
      await use(user)
      clock.advance(60)
      expect(await subjectOf(old)).toBe('ada')
      clock.advance(0.001)
      expect(await subjectOf(old)).toBeUndefined()
      expect(await subjectOf(user)).toBeUndefined()
    })

    it('has one session: a use ends the session before', async () => {
      const all = await remembered()
      const thief = all.user.copy()
      await use(thief)
      const first = thief.copy()
      first.jar.delete(REMEMBER)
      await use(thief)
      expect(await first.outcome()).toBe('unknown')
      expect(await count(all)).toBe(1)
    })

    for (const [how, end] of Object.entries({
      'the victim logs out': (user: Browser) => user.visit((session) => session.logout()),
      'the victim destroys the session': (user: Browser) => user.visit((session) => session.destroy()),
      'the victim is recognised by the original': (user: Browser) => {
        user.jar.delete(SESSION)
        return user.visit()
      },
    })) {
      it(`ends with both restored sessions of a thief when ${how}`, async () => {
        const all = await setUp({ remember: true, timeouts: { ...CLOCKS, absolute: 0 } })
        const user = all.browser()
        await user.visit((session) => session.login('ada', { remember: true }))
        const thief = user.copy()
        await use(thief)
        const first = thief.copy()
        await use(thief)
        all.clock.advance(61)
        await end(user)
        for (const copy of [first, thief]) expect(await subjectOf(copy)).toBeUndefined()
        expect(await count(all)).toBe(0)
      })
    }

    it('ends when its session is revoked by id', async () => {
      const { sessions, user } = await remembered()
      const { session } = await user.visit()
      await sessions.revoke(session.id)
      expect(await subjectOf(user)).toBeUndefined()
    })

    it('ends by revokeAll, that of the excepted session too, also after a regenerate', async () => {
      for (const regenerate of [false, true]) {
        const { sessions, user } = await remembered()
        await user.visit()
        const thief = user.copy()
        if (regenerate) await user.visit((session) => session.regenerate())
        const { session } = await user.visit()
        await sessions.revokeAll('ada', { except: session.id })
        expect(await user.outcome()).toBe('resumed')
        for (const jar of [thief, user.copy()]) {
          jar.jar.delete(SESSION)
          expect(await subjectOf(jar)).toBeUndefined()
        }
      }
    })

    it('gets a new token by regenerate, in the same response', async () => {
      const { clock, user, typesOf } = await remembered()
      await user.visit()
      const thief = user.copy()
      const before = user.jar.get(REMEMBER)
      await user.visit((session) => session.regenerate())
      expect(user.jar.get(REMEMBER)).not.toBe(before)
      thief.jar.delete(SESSION)
      expect(await subjectOf(thief)).toBeUndefined()
      expect(typesOf()).not.toContain('reused')
      clock.advance(3601)
      user.jar.delete(SESSION)
      expect((await user.visit()).session.outcome).toBe('restored')
    })

    for (const onLimit of ['evict-oldest', 'refuse'] as const) {
      it(`gives 20 requests at once one session, under a limit that ${onLimit === 'refuse' ? 'refuses' : 'evicts'}`, async () => {
        const all = await remembered({ maxPerSubject: 3, onLimit })
        const { sessions, user } = all
        await sessions.revokeAll('ada').catch(() => {})
        await user.visit((session) => session.login('ada', { remember: true }))
        const phones = [all.browser(), all.browser()]
        for (const phone of phones) await phone.visit((session) => session.login('ada'))
        user.jar.delete(SESSION)
        const visits = await Promise.all(Array.from({ length: 20 }, () => user.copy().visit()))
        expect(new Set(visits.map(({ session }) => session.id)).size).toBe(1)
        expect(visits.map(({ session }) => session.subject)).toEqual(Array(20).fill('ada'))
        for (const phone of phones) expect(await phone.outcome()).toBe('resumed')
        expect(await count(all)).toBe(3)
        const last = user.copy()
        last.jar.take(visits.at(-1)!.carrier.setCookies)
        expect(await subjectOf(last)).toBe('ada')
      })
    }

    it('loses nothing where the limit refuses its session', async () => {
      const all = await remembered({ maxPerSubject: 2, onLimit: 'refuse' })
      const { sessions, user } = all
      const [first] = await sessions.list('ada')
      await all.store.delete(first!.id)
      const phones = [all.browser(), all.browser()]
      for (const phone of phones) await phone.visit((session) => session.login('ada'))
      const { session } = await user.visit()
      expect(session.subject).toBeUndefined()
      await phones[0]!.visit((mine) => mine.logout())
      expect(await subjectOf(user)).toBe('ada')
      expect(await phones[1]!.outcome()).toBe('resumed')
    })

    it('restores into an anonymous session, and keeps of its data what keep names', async () => {
      for (const keep of [undefined, ['cart']]) {
        const all = await remembered({ remember: keep ? { keep } : true })
        const visitor = all.browser()
        await visitor.visit((session) => {
          Object.assign(session.data, { cart: ['tea'], csrf: 'planted' })
        })
        const planted = visitor.copy()
        visitor.jar.set(REMEMBER, all.user.jar.get(REMEMBER)!)
        const { session } = await visitor.visit()
        expect([session.outcome, session.subject, session.authenticatedAt]).toEqual(['restored', 'ada', undefined])
        expect(session.data).toEqual(keep ? { cart: ['tea'] } : { cart: ['tea'], csrf: 'planted' })
        expect(await subjectOf(visitor)).toBe('ada')
        expect(await subjectOf(planted)).toBeUndefined()
        expect(await count(all)).toBe(1)
      }
    })

    it('is one of each application, and leaving one keeps that of the other', async () => {
      const all = await setUp({ remember: true })
      const user = all.browser()
      const shop = all.manager({ audience: 'shop', remember: { name: '__Host-remember-shop' } })
      const shopping = new Browser(shop, user.jar)
      await user.visit((session) => session.login('ada', { remember: true }))
      await shopping.visit((session) => session.login('ada', { remember: true }))
      await user.visit((session) => session.logout())
      user.jar.delete(SESSION)
      expect(await subjectOf(user)).toBeUndefined()
      expect((await shopping.visit()).session.subject).toBe('ada')
    })

    it('begins nothing for a restore that crosses its end, in each place where it can', async () => {
      for (const operation of ['read', 'update', 'create'] as const) {
        for (const end of ['revoke', 'revokeAll'] as const) {
          const clock = fakeClock(start)
          const parked = parkedStore(await open(clock))
          const options = { secret: SECRET, clock, remember: true as const, store: parked }
          const sessions = createSessionManager<AnyData>(options)
          const user = new Browser(sessions)
          await user.visit((session) => session.login('ada', { remember: true }))
          const first = user.jar.get(SESSION)!.split('.')[0]!
          user.jar.delete(SESSION)
          parked.park(operation)
          const restoring = user.visit().catch((error: unknown) => error)
          const held = await parked.nextParked(operation)
          parked.unpark()
          await (end === 'revoke' ? sessions.revoke(first) : sessions.revokeAll('ada'))
          await held.release()
          await restoring
          expect(await subjectOf(user), `${operation} ${end}`).toBeUndefined()
          expect(await sessions.list('ada')).toEqual([])
        }
      }
    })
  })
}

import { createSessionManager, type RevocationStore, type Session } from '@sojourn/session-core'
import { CookieJar, fakeCarrier, fakeClock, parkedStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser, SECRET } from '../helpers/browser'

/** Where the suite's revocations live. */
export interface RevocationStorage {
  /** Opens one empty storage for a test. Each call of the result is a store of its own on it, as another process has it. */
  open(): Promise<() => RevocationStore> | (() => RevocationStore)
  /** When a test begins, epoch ms. A store with a clock of its own needs the present. */
  start?: number
}

/** Sealed sessions that several machines end, replace and begin at once. */
export function revocationsSuite({ open, start }: RevocationStorage): void {
  async function machines() {
    const revocations = await open()
    const clock = fakeClock(start)
    /** A process, whose clock is `ahead` by so many milliseconds. */
    const machine = (ahead = 0, options: { remember?: boolean } = {}) => {
      const store = parkedStore(revocations())
      const sessions = createSessionManager<AnyData>({
        secret: SECRET,
        clock: () => clock() + ahead,
        cookie: { marker: false },
        ...options,
        revocations: store,
      })
      return { sessions, store, browser: (jar = new CookieJar()) => new Browser(sessions, jar) }
    }
    return { clock, machine }
  }

  const login = (user: Browser) => user.visit((session) => session.login('ada'))

  describe('a cookie that is replaced while its session ends', () => {
    const ends: Record<string, (user: Browser, id: string, sessions: { revoke(id: string): unknown }) => unknown> = {
      logout: (user) => user.visit((session) => session.logout()),
      destroy: (user) => user.visit((session) => session.destroy()),
      'revoke by id': (_user, id, sessions) => sessions.revoke(id),
    }
    for (const [how, end] of Object.entries(ends)) {
      it(`is refused when the regenerate had read the entries before the ${how}`, async () => {
        const { machine } = await machines()
        const [slow, fast] = [machine(), machine()]
        const user = slow.browser()
        const { session } = await login(user)
        slow.store.park('revoke', 'before')
        const copy = user.copy()
        const regenerating = copy.visit((mine) => mine.regenerate())
        const marking = await slow.store.nextParked('revoke')
        await end(fast.browser(user.jar.copy()), session.id, fast.sessions)
        slow.store.unpark()
        await marking.release()
        await expect(regenerating).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED', statusCode: 409 })
        expect(await copy.outcome()).toBe('revoked')
      })

      it(`is refused when the regenerate had written its entry before the ${how}, and answers after it`, async () => {
        const { machine } = await machines()
        const [slow, fast] = [machine(), machine()]
        const user = slow.browser()
        const { session } = await login(user)
        const ending = fakeCarrier({ cookie: user.jar })
        const opened = await fast.sessions.open(ending)
        slow.store.park('revoke', 'after')
        const copy = user.copy()
        const regenerating = copy.visit((mine) => mine.regenerate())
        const marked = await slow.store.nextParked('revoke')
        if (how === 'revoke by id') await fast.sessions.revoke(session.id)
        else await opened[how as 'logout']()
        await marked.release()
        await regenerating
        expect(await copy.outcome()).toBe('revoked')
      })
    }

    it('has one successor, however many requests regenerate it at once', async () => {
      const { machine } = await machines()
      const processes = [machine(), machine()]
      const user = processes[0]!.browser()
      await login(user)
      const users = Array.from({ length: 10 }, (_, n) => processes[n % 2]!.browser(user.jar.copy()))
      const opened: { user: Browser; carrier: ReturnType<typeof fakeCarrier>; session: Session<AnyData> }[] = []
      for (const one of users) {
        const carrier = fakeCarrier({ cookie: one.jar })
        opened.push({ user: one, carrier, session: await one.sessions.open(carrier) })
      }
      const settled = await Promise.allSettled(
        opened.map(async (request) => {
          await request.session.regenerate()
          await request.user.sessions.commit(request.session)
          request.user.jar.take(request.carrier.setCookies)
        }),
      )
      const failed = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
      expect(failed).toEqual(Array.from({ length: 9 }, () => 'ERR_SESSION_ENDED'))
      const outcomes = await Promise.all(users.map((one) => one.outcome()))
      expect(outcomes.filter((outcome) => outcome === 'resumed').length).toBe(1)
    })

    it('is replaced by its own request when a driver sends the entry twice', async () => {
      const { machine } = await machines()
      const { sessions, store, browser } = machine()
      const user = browser()
      await login(user)
      const { revoke } = store
      store.revoke = async (key, entry) => {
        await revoke(key, entry)
        return revoke(key, entry)
      }
      await user.visit((session) => session.regenerate())
      expect(await user.outcome()).toBe('resumed')
      expect((await sessions.open(fakeCarrier({ cookie: user.jar }))).subject).toBe('ada')
    })
  })

  describe('revokeAll', () => {
    const AHEAD = [0, 1000, 60_000, 290_000]

    it.each(AHEAD)('ends a session that a machine %i ms ahead began half a second before', async (ahead) => {
      const { machine, clock } = await machines()
      const user = machine(ahead).browser()
      await login(user)
      clock.advance(0.5)
      const { sessions, browser } = machine()
      await sessions.revokeAll('ada')
      expect(await browser(user.jar).outcome()).toBe('revoked')
      expect(await user.outcome()).toBe('revoked')
    })

    it('lets the subject log in at once on every machine, with the time of that login', async () => {
      const { machine, clock } = await machines()
      await machine().sessions.revokeAll('ada')
      for (const ahead of [-290_000, -1000, ...AHEAD]) {
        const user = machine(ahead).browser()
        await login(user)
        const { session } = await user.visit()
        expect(session.outcome).toBe('resumed')
        expect(session.authenticatedAt).toEqual(clock() + ahead)
      }
    })

    it('ends the logins of moments after another one', async () => {
      const { machine } = await machines()
      const processes = AHEAD.map((ahead) => machine(ahead))
      for (let round = 0; round < 3; round++) {
        const users = processes.map(({ browser }) => browser())
        for (const user of users) await login(user)
        for (const user of users) expect(await user.outcome()).toBe('resumed')
        await processes[round]!.sessions.revokeAll('ada')
        for (const user of users) expect(await user.outcome()).toBe('revoked')
      }
    })

    it('spares the excepted session of a login moments after another one, also under a new id', async () => {
      const { machine } = await machines()
      const [here, there] = [machine(), machine(60_000)]
      await here.sessions.revokeAll('ada')
      const [mine, other] = [here.browser(), there.browser()]
      const { session } = await login(mine)
      await login(other)
      await there.sessions.revokeAll('ada', { except: session.id })
      expect([await mine.outcome(), await other.outcome()]).toEqual(['resumed', 'revoked'])
      const { session: next } = await mine.visit((again) => again.regenerate())
      await here.sessions.revokeAll('ada', { except: next.id })
      expect(await mine.outcome()).toBe('resumed')
      await here.sessions.revokeAll('ada')
      expect(await mine.outcome()).toBe('revoked')
    })

    it('ends each remember-me of before, and none of a login after it', async () => {
      const { machine, clock } = await machines()
      const remembering = (ahead: number) => machine(ahead, { remember: true })
      const [here, there] = [remembering(0), remembering(290_000)]
      const old = there.browser()
      await login(old)
      old.jar.delete('__Host-session')
      clock.advance(0.5)
      await here.sessions.revokeAll('ada')
      expect((await here.browser(old.jar).visit()).session.subject).toBeUndefined()
      for (const begun of [here, there]) {
        const user = begun.browser()
        await user.visit((session) => session.login('ada', { remember: true }))
        for (const used of [here, there]) {
          user.jar.delete('__Host-session')
          const restored = await used.browser(user.jar).visit()
          expect(restored.session.outcome).toBe('restored')
          expect((await here.browser(user.jar).visit()).session.subject).toBe('ada')
        }
        const restored = user.copy()
        await here.sessions.revokeAll('ada')
        expect((await restored.visit()).session.subject).toBeUndefined()
      }
    })
  })

  describe('a request with the old cookie, just after', () => {
    const replacements: Record<string, (session: Session<AnyData>) => Promise<void>> = {
      'a login': (session) => session.login('ada'),
      'another login': (session) => session.login('bob'),
      'a regenerate': (session) => session.regenerate(),
    }
    for (const [what, replace] of Object.entries(replacements)) {
      it(`${what} begins no session in place of the new one`, async () => {
        const { machine } = await machines()
        const [first, second] = [machine(), machine()]
        const user = first.browser()
        await user.visit((session) => {
          session.data.csrf = 1
        })
        if (what !== 'a login') await login(user)
        const slow = second.browser(user.jar.copy())
        const before = user.jar.copy()
        const { session } = await user.visit(replace)
        const late = fakeCarrier({ cookie: before })
        const opened = await second.sessions.open(late)
        expect(opened.subject).toBeUndefined()
        opened.data.cart = [1]
        await expect(second.sessions.commit(opened)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
        expect(late.setCookies).toEqual([])
        await slow.visit()
        expect((await user.visit()).session.subject).toBe(session.subject)
      })
    }

    it('logs in, logs out, and begins a session again once that is over', async () => {
      const { machine, clock } = await machines()
      const { browser } = machine()
      const user = browser()
      await login(user)
      const [again, later] = [user.copy(), user.copy()]
      await user.visit((session) => session.regenerate())
      await login(again)
      expect(await again.outcome()).toBe('resumed')
      clock.advance(11)
      await later.visit((session) => {
        session.data.n = 1
      })
      expect((await later.visit()).session.data.n).toBe(1)
    })

    it('that logs out ends the session, and its remember-me', async () => {
      const { machine } = await machines()
      const { browser } = machine(0, { remember: true })
      const user = browser()
      await user.visit((session) => session.login('ada', { remember: true }))
      const late = user.copy()
      await user.visit((session) => session.regenerate())
      await late.visit((session) => session.logout())
      expect((await user.visit()).session.subject).toBeUndefined()
    })
  })
}

import { memoryRevocations } from '@sojourn/session-core'
import { fakeCarrier, fakeClock } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, world } from '../helpers/browser'
import { revocationsSuite } from './revocations-suite'

describe('revocations in memory', () =>
  revocationsSuite({
    open() {
      const revocations = memoryRevocations()
      return () => ({ ...revocations })
    },
  }))

const withRevocations = (options: Parameters<typeof world>[0] = {}) => {
  const revocations = options.revocations ?? memoryRevocations()
  return { ...world({ cookieStorage: true, ...options, revocations }), revocations }
}

describe('cookie mode with revocations', () => {
  it('a cookie copied before a logout, a login or a regenerate is rejected', async () => {
    const { browser } = withRevocations()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    for (const change of ['login', 'regenerate', 'login', 'logout'] as const) {
      await user.visit((session) => {
        session.data.n = 1
      })
      const copied = user.copy()
      await user.visit((session) => (change === 'login' ? session.login('ada') : session[change]()))
      expect(await copied.outcome()).toBe('revoked')
    }
  })

  it('anonymous visitors leave no entries, so they cannot keep others from logging out', async () => {
    const clock = fakeClock()
    const { browser } = withRevocations({ clock, revocations: memoryRevocations({ clock, maxEntries: 2 }) })
    for (const end of ['logout', 'destroy', 'regenerate', 'login'] as const) {
      for (let i = 0; i < 10; i++) {
        const visitor = browser()
        await visitor.visit((session) => {
          session.data.n = 1
        })
        await visitor.visit((session) => (end === 'login' ? session.login('ada') : session[end]()))
      }
    }
    const user = browser()
    await user.visit((session) => session.login('bob'))
    const copied = user.copy()
    await user.visit((session) => session.logout())
    expect(await copied.outcome()).toBe('revoked')
  })

  it('one account that logs in and out for ever cannot keep others from logging out', async () => {
    const clock = fakeClock()
    const revocations = memoryRevocations({ clock, maxEntries: 5 })
    const { browser } = withRevocations({ clock, remember: true, revocations })
    const bob = browser()
    await bob.visit((session) => session.login('bob', { remember: true }))
    const copyOfBob = bob.copy()
    const copies: Browser[] = []
    for (let i = 0; i < 30; i++) {
      const user = browser()
      await user.visit((session) => session.login('ada', { remember: i % 3 === 0 }))
      expect((await user.visit()).session.subject).toBe('ada')
      copies.push(user.copy())
      const changes = ['login', 'regenerate', 'logout', 'destroy'] as const
      const change = changes[i % 4]!
      await user.visit((session) => (change === 'login' ? session.login('ada') : session[change]()))
    }
    for (const copy of copies) {
      await expect(copy.visit()).resolves.toMatchObject({ session: { subject: undefined } })
    }
    expect((await bob.visit()).session.subject).toBe('bob')
    await bob.visit((session) => session.logout())
    expect((await copyOfBob.visit()).session.subject).toBeUndefined()
  })

  it('a login that fills the memory is not ended by making room for it', async () => {
    const { browser } = withRevocations({ revocations: memoryRevocations({ maxEntries: 2 }) })
    const user = browser()
    for (let i = 0; i < 10; i++) {
      await user.visit((session) => session.login('ada'))
      expect((await user.visit()).session.subject).toBe('ada')
    }
  })

  it('a cookie with two remember-me of one subject leaves entries that can be put together', async () => {
    const { browser } = withRevocations({ remember: true, revocations: memoryRevocations({ maxEntries: 6 }) })
    for (let i = 0; i < 20; i++) {
      const [one, other] = [browser(), browser()]
      for (const user of [one, other]) await user.visit((session) => session.login('ada', { remember: true }))
      const carrier = fakeCarrier({ cookie: `${one.jar.header}; ${other.jar.header}` })
      const session = await one.sessions.open(carrier)
      await session.logout()
      expect([await one.outcome(), await other.outcome()]).toEqual(['revoked', 'revoked'])
    }
  })

  it('a late response cannot restore an older state after the logout', async () => {
    const { browser, sessions } = withRevocations()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const early = fakeCarrier({ cookie: user.jar })
    const slow = await sessions.open(early)
    slow.data.slow = true
    await sessions.commit(slow)
    await user.visit((session) => session.logout())
    user.jar.take(early.setCookies)
    expect(await user.outcome()).toBe('revoked')
  })

  it.each([
    { idle: 0, rolling: 0, absolute: 0 },
    { idle: 0, rolling: 500 * 86_400, absolute: 0 },
  ])('a revocation is kept as long as a copy could live: %o', async (timeouts) => {
    const clock = fakeClock()
    const { browser } = withRevocations({ timeouts, clock, revocations: memoryRevocations({ clock }) })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const copied = user.copy()
    await user.visit((session) => session.logout())
    clock.advance(401 * 86_400)
    // New entries make the memory store sweep expired ones.
    for (let i = 0; i < 5; i++) {
      await user.visit((session) => session.login('bob'))
      await user.visit((session) => session.logout())
    }
    expect(await copied.outcome()).toBe('revoked')
  })

  it('a cookie from a machine whose clock is ahead stays revoked', async () => {
    const clock = fakeClock()
    const revocations = memoryRevocations({ clock })
    const { browser } = withRevocations({ timeouts: { idle: 0, rolling: 0, absolute: 1000 }, clock, revocations })
    const user = browser()
    clock.advance(300)
    await user.visit((session) => session.login('ada'))
    clock.advance(-300)
    const copied = user.copy()
    await user.visit((session) => session.logout())
    clock.advance(1300)
    for (let i = 0; i < 5; i++) {
      await user.visit((session) => session.login('bob'))
      await user.visit((session) => session.logout())
    }
    expect(await copied.outcome()).toBe('revoked')
  })

  it('a slow request cannot write after the logout', async () => {
    const { browser, sessions } = withRevocations()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const carrier = fakeCarrier({ cookie: user.jar })
    const slow = await sessions.open(carrier)
    await user.visit((session) => session.logout())
    slow.data.slow = true
    await expect(sessions.commit(slow)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED', statusCode: 409 })
    expect(carrier.setCookies).toEqual([])
  })

  it('revoke ends by id, and revokeAll by subject with one exception', async () => {
    const { browser, sessions, clock } = withRevocations()
    const [a, b, c, bob] = [browser(), browser(), browser(), browser()]
    for (const user of [a, b, c]) await user.visit((session) => session.login('ada'))
    await bob.visit((session) => session.login('bob'))
    const { session } = await a.visit()
    await sessions.revoke((await b.visit()).session.id)
    expect(await b.outcome()).toBe('revoked')
    clock.advance(1)
    await sessions.revokeAll('ada', { except: session.id })
    expect(await a.outcome()).toBe('resumed')
    expect(await c.outcome()).toBe('revoked')
    expect(await bob.outcome()).toBe('resumed')
  })

  it('revokeAll spares the excepted session each time, as for repeated password changes', async () => {
    const { browser, sessions, clock } = withRevocations()
    const [mine, other] = [browser(), browser()]
    const { session } = await mine.visit((first) => first.login('ada'))
    for (let i = 0; i < 3; i++) {
      await other.visit((again) => again.login('ada'))
      clock.advance(1)
      await sessions.revokeAll('ada', { except: session.id })
      expect([await mine.outcome(), await other.outcome()]).toEqual(['resumed', 'revoked'])
    }
  })

  it('an excepted session stays exempt under a new id, and ends with the next revokeAll', async () => {
    const { browser, sessions, clock } = withRevocations()
    const [mine, other] = [browser(), browser()]
    const { session } = await mine.visit((first) => first.login('ada', { label: 'laptop' }))
    await other.visit((again) => again.login('ada'))
    clock.advance(1)
    await sessions.revokeAll('ada', { except: session.id })
    for (let i = 0; i < 2; i++) {
      const copied = mine.copy()
      const { session: next } = await mine.visit((again) => again.regenerate())
      expect([await mine.outcome(), await copied.outcome(), await other.outcome()]).toEqual([
        'resumed',
        'revoked',
        'revoked',
      ])
      clock.advance(1)
      await sessions.revokeAll('ada', { except: next.id })
      expect(await mine.outcome()).toBe('resumed')
    }
    const { session: last } = await mine.visit((again) => again.regenerate())
    expect(last.authenticatedAt).toBe(session.authenticatedAt)
    clock.advance(1)
    await sessions.revokeAll('ada')
    expect(await mine.outcome()).toBe('revoked')
  })

  it('an excepted session stays exempt after another application has logged out', async () => {
    const shop = withRevocations({ audience: 'shop' })
    const { revocations } = shop
    const blog = withRevocations({ audience: 'blog', revocations })
    const user = shop.browser()
    const inBlog = new Browser(blog.sessions, user.jar)
    await user.visit((session) => session.login('ada'))
    const { session } = await inBlog.visit((mine) => mine.login('root'))
    shop.clock.advance(1)
    await shop.sessions.revokeAll('ada', { except: session.id })
    await inBlog.visit((mine) => mine.logout())
    expect((await user.visit()).session.subject).toBe('ada')
  })

  it('a later exception does not revive an ended session', async () => {
    const { browser, sessions, clock } = withRevocations()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    clock.advance(1)
    await sessions.revokeAll('ada')
    clock.advance(1)
    await sessions.revokeAll('ada', { except: session.id })
    expect(await user.outcome()).toBe('revoked')
  })

  it('revokeAll ends a session created in the same millisecond, despite later exceptions', async () => {
    const { browser, sessions, clock } = withRevocations()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    await sessions.revokeAll('ada')
    expect(await user.outcome()).toBe('revoked')
    clock.advance(1)
    await sessions.revokeAll('ada', { except: session.id })
    expect(await user.outcome()).toBe('revoked')
  })

  it('an ended session and its longer remember-me stay revoked', async () => {
    const clock = fakeClock()
    const revocations = memoryRevocations({ clock })
    const { browser, sessions } = withRevocations({ remember: true, clock, revocations })
    const user = browser()
    await user.visit((session) => session.login('ada', { remember: true }))
    clock.advance(1)
    await sessions.revokeAll('ada')
    clock.advance(6 * 86_400)
    const other = browser()
    for (let i = 0; i < 5; i++) {
      await other.visit((session) => session.login('bob'))
      await other.visit((session) => session.logout())
    }
    expect((await user.visit()).session.subject).toBeUndefined()
  })

  it('the old cookie stays valid if the new one is too large', async () => {
    const { browser } = withRevocations({ cookie: { chunks: 1 } })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    await user.visit(async (session) => {
      session.data.big = 'x'.repeat(5000)
      await expect(session.regenerate()).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
      delete session.data.big
    })
    expect(await user.outcome()).toBe('resumed')
  })

  it('describe() says whether a copied cookie is rejected after logout', () => {
    expect(withRevocations().sessions.describe().afterLogout).toContain('dead at once')
    const without = world({ cookieStorage: true }).sessions.describe()
    expect(without.afterLogout).toContain('live on')
    expect(without.warnings.join()).toContain('live on')
  })

  it('describe() says what a failover of the revocation store undoes, and that without one nothing is lost', () => {
    expect(withRevocations().sessions.describe().afterFailover).toMatch(/lost logout or revocation .* work again/)
    expect(world({ cookieStorage: true }).sessions.describe().afterFailover).toContain('no store')
  })
})

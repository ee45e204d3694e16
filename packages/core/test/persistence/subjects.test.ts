import { createSessionManager, memoryRevocations, type SessionStore } from '@sojourn/session-core'
import { flakyStore, parkedStore } from '@sojourn/session-testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { Browser, SECRET, world } from '../helpers/browser'
import { everyOrder } from '../helpers/interleavings'

async function logins(all: ReturnType<typeof world>, count: number, subject = 'ada') {
  const browsers = Array.from({ length: count }, () => all.browser())
  for (const [i, browser] of browsers.entries()) {
    all.clock.advance(1)
    await browser.visit((session) => session.login(subject, { label: `device ${i}` }))
  }
  return browsers
}

describe('list', () => {
  it('returns the live sessions of the subject in this application, with their details', async () => {
    const all = world()
    const [first] = await logins(all, 3)
    await logins(all, 1, 'bob')
    const { session } = await first!.visit()
    const list = await all.sessions.list('ada')
    expect(list).toHaveLength(3)
    expect(list.find(({ id }) => id === session.id)).toEqual({
      id: session.id,
      audience: 'default',
      label: 'device 0',
      createdAt: all.clock() - 3000,
      lastActiveAt: all.clock() - 3000,
      expiresAt: all.clock() - 3000 + 900_000,
    })
    await first!.visit((mine) => mine.login('ada'))
    expect((await all.sessions.list('ada')).find(({ id }) => id === session.id)).toHaveProperty('label', undefined)
    await first!.visit((mine) => mine.logout())
    expect(await all.sessions.list('ada')).toHaveLength(2)
    all.clock.advance(901)
    expect(await all.sessions.list('ada')).toEqual([])
  })

  it('returns each session once over all pages', async () => {
    const all = world()
    await logins(all, 7)
    const seen: string[] = []
    for (let after: string | undefined; ; after = seen.at(-1)) {
      const page = await all.sessions.list('ada', after === undefined ? { limit: 3 } : { limit: 3, after })
      seen.push(...page.map(({ id }) => id))
      if (page.length < 3) break
    }
    expect(new Set(seen).size).toBe(7)
    expect(seen).toEqual([...seen].sort())
    await expect(all.sessions.list('ada', { limit: 0 })).rejects.toMatchObject({ code: 'ERR_SESSION_USAGE' })
  })

  it('fills a page although some rows have expired', async () => {
    const all = world({ timeouts: { idle: 100, rolling: 0 } })
    await logins(all, 4)
    all.clock.advance(100)
    await logins(all, 4)
    expect(await all.sessions.list('ada', { limit: 4 })).toHaveLength(4)
  })

  it('returns at most `limit` sessions, and skips none between two pages', async () => {
    const all = world({ timeouts: { idle: 100, rolling: 0 } })
    await logins(all, 20)
    all.clock.advance(81)
    await logins(all, 20)
    const seen: string[] = []
    for (let after: string | undefined; ; after = seen.at(-1)) {
      const page = await all.sessions.list('ada', after === undefined ? { limit: 3 } : { limit: 3, after })
      expect(page.length).toBeLessThanOrEqual(3)
      seen.push(...page.map(({ id }) => id))
      if (page.length === 0) break
    }
    expect(new Set(seen).size).toBe(20)
    expect(seen).toHaveLength(20)
  })

  it('omits a session that a delayed index still has under its previous subject', async () => {
    const all = world()
    const [user] = await logins(all, 1)
    await user!.visit((session) => session.login('bob'))
    const rows = await all.sessions.list('bob')
    all.memory.listBySubject = async () => [(await all.memory.read(rows[0]!.id))!]
    expect(await all.sessions.list('ada')).toEqual([])
    expect(await all.sessions.list('bob')).toEqual(rows)
  })

  it('gives as expiresAt the timeout that ends first', async () => {
    for (const [first, timeouts] of Object.entries({
      idle: { idle: 10, rolling: 20, absolute: 30 },
      rolling: { idle: 20, rolling: 10, absolute: 30 },
      absolute: { idle: 30, rolling: 20, absolute: 10 },
    })) {
      const all = world({ timeouts })
      await logins(all, 1)
      expect(await all.sessions.list('ada'), first).toMatchObject([{ expiresAt: all.clock() + 10_000 }])
    }
  })

  it('omits subjects of the same name in another application', async () => {
    const shop = world({ audience: 'shop' })
    const blog = world({ audience: 'blog', memory: shop.memory })
    await logins(shop, 2)
    expect(await blog.sessions.list('ada')).toEqual([])
    expect(await blog.sessions.revokeAll('ada')).toBe(0)
    expect(await shop.sessions.list('ada')).toHaveLength(2)
  })
})

describe('store.deleteExpired', () => {
  it('removes what has expired by the manager’s clock and its margin, up to a limit', async () => {
    const all = world({ timeouts: { idle: 100, rolling: 0 } })
    await logins(all, 3)
    expect(await all.memory.deleteExpired(all.clock(), 3)).toBe(0)
    all.clock.advance(161)
    expect(await all.memory.deleteExpired(all.clock(), 2)).toBe(2)
    expect(await all.memory.deleteExpired(all.clock(), 3)).toBe(1)
  })
})

describe('revoke and revokeAll', () => {
  it('revoke ends one session by its id', async () => {
    const all = world()
    const [first, second] = await logins(all, 2)
    const { session } = await first!.visit()
    expect(await all.sessions.revoke(session.id)).toBe(true)
    expect(await all.sessions.revoke(session.id)).toBe(false)
    expect(await first!.outcome()).toBe('unknown')
    expect(await second!.outcome()).toBe('resumed')
    expect(all.events.filter(({ type }) => type === 'revoked')).toHaveLength(1)
  })

  it('revoke ends no session of another subject, and none of another application', async () => {
    const all = world({ remember: true })
    const [ada] = await logins(all, 1)
    const [bob] = await logins(all, 1, 'bob')
    const anonymous = all.browser()
    const own = (await ada!.visit((session) => session.login('ada', { remember: true }))).session.id
    const others = (await bob!.visit()).session.id
    const nameless = (await anonymous.visit(({ data }) => Object.assign(data, { cart: 1 }))).session.id
    for (const id of [others, nameless, 'no such id']) {
      expect(await all.sessions.revoke(id, { subject: 'ada' })).toBe(false)
    }
    const blog = world({ audience: 'blog', memory: all.memory, clock: all.clock })
    expect(await blog.sessions.revoke(own, { subject: 'ada' })).toBe(false)
    expect((await bob!.visit()).session.subject).toBe('bob')
    expect((await anonymous.visit()).session.data).toEqual({ cart: 1 })
    expect((await ada!.visit()).session.subject).toBe('ada')
    expect(await all.sessions.revoke(own, { subject: 'ada' })).toBe(true)
    expect(await all.sessions.revoke(own, { subject: 'ada' })).toBe(false)
    expect((await ada!.visit()).session.subject).toBeUndefined()
  })

  it('revoke refuses a subject that is none: a route without a login would end any session', async () => {
    const all = world()
    const [ada] = await logins(all, 1)
    const { id } = (await ada!.visit()).session
    for (const subject of [undefined, null, '', 42]) {
      const rejected = all.sessions.revoke(id, { subject: subject as string })
      await expect(rejected, String(subject)).rejects.toMatchObject({ code: 'ERR_SESSION_USAGE' })
    }
    await expect(all.sessions.revoke(id, { subjekt: 'ada' } as never)).rejects.toThrow('revoke.subject?')
    expect((await ada!.visit()).session.subject).toBe('ada')
  })

  it('revoke with a subject is refused in cookie mode, where no one knows whose an id is', async () => {
    for (const revocations of [memoryRevocations(), undefined]) {
      const { sessions, browser } = world({ cookieStorage: true, revocations })
      const user = browser()
      const { id } = (await user.visit((session) => session.login('ada'))).session
      const rejected = sessions.revoke(id, { subject: 'ada' })
      await expect(rejected).rejects.toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED' })
      expect((await user.visit()).session.subject).toBe('ada')
    }
  })

  it('revokeAll ends all sessions of a subject but one, as after a password change', async () => {
    const all = world()
    const [mine, ...others] = await logins(all, 4)
    const [bob] = await logins(all, 1, 'bob')
    const { session } = await mine!.visit()
    expect(await all.sessions.revokeAll('ada', { except: session.id })).toBe(3)
    expect(await mine!.outcome()).toBe('resumed')
    for (const other of others) expect(await other.outcome()).toBe('unknown')
    expect(await all.sessions.revokeAll('ada')).toBe(1)
    expect(await bob!.outcome()).toBe('resumed')
  })

  it('revokeAll does not affect a login at the same time', async () => {
    for (const all of [world(), world({ cookieStorage: true, revocations: memoryRevocations() })]) {
      const user = all.browser()
      await user.visit((session) => session.login('ada'))
      const thief = user.copy()
      await user.visit(async (session) => {
        await (all.sessions as ReturnType<typeof world>['sessions']).revokeAll('ada')
        await session.login('ada')
      })
      expect(await user.outcome()).toBe('resumed')
      expect(await thief.outcome()).not.toBe('resumed')
    }
  })
})

describe('administration', () => {
  it('refuses invalid subjects, ids and options', async () => {
    const { sessions, browser } = world()
    const user = browser()
    await user.visit((session) => session.login('42'))
    const call = sessions as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    const wrong: [string, unknown[]][] = [
      ...[undefined, null, 42, '', {}, Symbol('ada'), 1n].flatMap((subject): [string, unknown[]][] => [
        ['list', [subject]],
        ['revokeAll', [subject]],
      ]),
      ...[undefined, null, 42, {}].map((id): [string, unknown[]] => ['revoke', [id]]),
      ...[null, 'an id', { exept: 'an id' }].map((options): [string, unknown[]] => ['revokeAll', ['42', options]]),
      ...[null, 5, { size: 5 }, { limit: 0 }, { limit: -1 }, { limit: Number.NaN }, { limit: '5' }].map(
        (page): [string, unknown[]] => ['list', ['42', page]],
      ),
    ]
    for (const [method, args] of wrong) {
      await expect(call[method]!(...args), method).rejects.toMatchObject({ code: 'ERR_SESSION_USAGE' })
    }
    await expect(call.revokeAll!('42', { exept: 'an id' })).rejects.toThrow('did you mean revokeAll.except?')
    expect(await user.outcome()).toBe('resumed')
  })
})

describe('maxPerSubject', () => {
  it('ends exactly the oldest sessions', async () => {
    const all = world({ maxPerSubject: 3 })
    const browsers = await logins(all, 5)
    expect(await Promise.all(browsers.map((browser) => browser.outcome()))).toEqual([
      ...['unknown', 'unknown'],
      ...['resumed', 'resumed', 'resumed'],
    ])
    await logins(all, 4, 'bob')
    expect(await all.sessions.list('ada')).toHaveLength(3)
  })

  it('the next login ends the session that a failed login should have ended', async () => {
    for (const [operation, fault] of [
      ['acquire', 'lose reply'],
      ['delete', 'throw'],
    ] as const) {
      const all = world({ maxPerSubject: 2, wrap: flakyStore })
      const [first, second] = await logins(all, 2)
      const store = all.store as ReturnType<typeof flakyStore<typeof all.memory>>
      store.next(operation, fault)
      await all.browser().visit((session) => expect(session.login('ada')).rejects.toThrow())
      const [third] = await logins(all, 1)
      const outcomes = await Promise.all([first, second, third].map((browser) => browser!.outcome()))
      expect({ operation, outcomes }).toEqual({ operation, outcomes: ['unknown', 'resumed', 'resumed'] })
      expect(await all.sessions.list('ada')).toHaveLength(2)
    }
  })

  it('a login succeeds if the slot of the ended session cannot be released', async () => {
    const all = world({ maxPerSubject: 1, wrap: flakyStore })
    await logins(all, 1)
    const store = all.store as ReturnType<typeof flakyStore<typeof all.memory>>
    store.next('release', 'throw')
    const [second] = await logins(all, 1)
    expect(await second!.outcome()).toBe('resumed')
    const [third] = await logins(all, 1)
    expect(await Promise.all([second, third].map((browser) => browser!.outcome()))).toEqual(['unknown', 'resumed'])
  })

  it('ends no live session while an ended one holds a slot', async () => {
    const all = world({ maxPerSubject: 3, timeouts: { idle: 100, rolling: 0 } })
    const [a, b, c] = await logins(all, 3)
    await b!.visit((session) => session.logout())
    const [d] = await logins(all, 1)
    expect(await Promise.all([a, c, d].map((browser) => browser!.outcome()))).toEqual(['resumed', 'resumed', 'resumed'])
    all.clock.advance(90)
    await a!.visit((session) => session.touch())
    all.clock.advance(50)
    const [e] = await logins(all, 1)
    expect(await a!.outcome()).toBe('resumed')
    expect(await e!.outcome()).toBe('resumed')
  })

  it('refuses no login while an ended session holds a slot', async () => {
    const all = world({ maxPerSubject: 1, onLimit: 'refuse', timeouts: { idle: 100, rolling: 0 } })
    await logins(all, 1)
    all.clock.advance(100)
    const [next] = await logins(all, 1)
    expect(await next!.outcome()).toBe('resumed')
  })

  it('counts a session after a failed login to it', async () => {
    const all = world({ maxPerSubject: 1, onLimit: 'refuse', wrap: flakyStore })
    const [user] = await logins(all, 1)
    const store = all.store as ReturnType<typeof flakyStore<typeof all.memory>>
    store.next('update', 'throw', 3)
    await user!.visit((session) => expect(session.login('ada')).rejects.toThrow())
    const other = { code: 'ERR_SESSION_LIMIT' }
    await all.browser().visit((session) => expect(session.login('ada')).rejects.toMatchObject(other))
    expect((await user!.visit()).session.subject).toBe('ada')
  })

  it('a login succeeds if the slot of the previous subject cannot be released', async () => {
    const all = world({ maxPerSubject: 1, wrap: flakyStore })
    const [user] = await logins(all, 1)
    const store = all.store as ReturnType<typeof flakyStore<typeof all.memory>>
    store.next('release', 'throw')
    await user!.visit((session) => session.login('bob'))
    expect((await user!.visit()).session.subject).toBe('bob')
  })

  it('refuses a login with onLimit `refuse`, and removes its row', async () => {
    const all = world({ maxPerSubject: 2, onLimit: 'refuse' })
    const [a] = await logins(all, 2)
    const late = all.browser()
    const refused = { code: 'ERR_SESSION_LIMIT', statusCode: 409 }
    const { sentCookie } = await late.visit((session) => expect(session.login('ada')).rejects.toMatchObject(refused))
    expect(sentCookie).toBe(false)
    expect(await all.sessions.list('ada')).toHaveLength(2)

    // A refused anonymous visitor keeps the session.
    await late.visit((session) => {
      session.data.cart = ['tea']
    })
    await late.visit((session) => expect(session.login('ada')).rejects.toMatchObject(refused))
    const { session } = await late.visit()
    expect([session.subject, session.data]).toEqual([undefined, { cart: ['tea'] }])

    await a!.visit((mine) => mine.login('ada'))
    await a!.visit((mine) => mine.logout())
    await late.visit((mine) => mine.login('ada'))
    expect(await all.sessions.list('ada')).toHaveLength(2)
    // Deletes all rows to count them.
    expect(await all.memory.deleteExpired(Number.MAX_SAFE_INTEGER, 100)).toBe(2)
  })

  it.each(['evict-oldest', 'refuse'] as const)(
    'does not count a session that another subject has now (%s)',
    async (onLimit) => {
      const { browser, memory } = world({ maxPerSubject: 1, onLimit })
      const [shared, own] = [browser(), browser()]
      await shared.visit((session) => session.login('ada'))
      await shared.visit((session) => session.login('bob'))
      await own.visit((session) => session.login('ada'))
      expect((await shared.visit()).session.subject).toBe('bob')
      expect((await own.visit()).session.subject).toBe('ada')

      const other = world({ memory, audience: 'blog' }).sessions
      const inBlog = new Browser(other, own.jar)
      await inBlog.visit((session) => session.login('root'))
      await own.visit((session) => session.logout())
      await browser().visit((session) => session.login('ada'))
      expect((await inBlog.visit()).session.subject).toBe('root')
    },
  )

  it.each(['evict-oldest', 'refuse'] as const)(
    'does not count a session whose slot another application has dropped (%s)',
    async (onLimit) => {
      for (const maxPerSubject of [undefined, 1]) {
        const { browser, memory } = world({ maxPerSubject: 1, onLimit })
        const blog = world({ memory, audience: 'blog', enforceSameSubject: true, maxPerSubject }).sessions
        const [shared, own] = [browser(), browser()]
        const inBlog = new Browser(blog, shared.jar)
        await shared.visit((session) => session.login('ada'))
        await inBlog.visit((session) => session.login('bob'))
        expect(await shared.visit()).toMatchObject({ session: { subject: undefined } })
        await own.visit((session) => session.login('ada'))
        expect((await own.visit()).session.subject).toBe('ada')
        expect((await inBlog.visit()).session.subject).toBe('bob')
        await inBlog.visit((session) => session.logout())
        expect(await inBlog.outcome()).toBe('none')
      }
    },
  )

  it('a logout from an application without a limit succeeds', async () => {
    const { browser, store } = world({ enforceSameSubject: true, wrap: flakyStore })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    store.next('release', 'throw', 3)
    await user.visit((session) => session.logout())
    expect(user.jar.names).toEqual([])
  })

  it('does not count a session that another request has logged in to first', async () => {
    const all = world({ maxPerSubject: 1, wrap: parkedStore })
    const store = all.store as ReturnType<typeof parkedStore<typeof all.memory>>
    const user = all.browser()
    await user.visit((session) => {
      session.data.cart = ['tea']
    })
    // A second process, so that the two writes are not queued.
    const faster = new Browser(world({ memory: all.memory, maxPerSubject: 1 }).sessions, user.jar)
    store.park('update')
    const slower = user.copy()
    const login = slower.visit((session) => session.login('bob'))
    const write = await store.nextParked('update')
    await faster.visit((session) => session.login('ada'))
    store.unpark()
    await write.release()
    await login
    expect((await faster.visit()).session.subject).toBe('ada')
    expect((await slower.visit()).session.subject).toBe('bob')
  })

  it('keeps three sessions after 50 parallel logins, and the newest three in every order of two', async () => {
    const all = world({ maxPerSubject: 3 })
    const browsers = Array.from({ length: 50 }, () => all.browser())
    await Promise.all(browsers.map((browser) => browser.visit((session) => session.login('ada'))))
    const outcomes = await Promise.all(browsers.map((browser) => browser.outcome()))
    expect(outcomes.filter((outcome) => outcome === 'resumed')).toHaveLength(3)
    expect(await all.sessions.list('ada')).toHaveLength(3)

    for (const onLimit of ['evict-oldest', 'refuse'] as const) {
      await everyOrder(
        async (wrap) => {
          const one = world({ wrap, maxPerSubject: 1, onLimit })
          const [former, left, right] = [one.browser(), one.browser(), one.browser()]
          await former.visit((session) => session.login('ada'))
          if (onLimit === 'refuse') await former.visit((session) => session.logout())
          return {
            tasks: [left, right].map((browser) => () => browser.visit((session) => session.login('ada'))),
            async check() {
              const alive = await Promise.all([former, left, right].map((browser) => browser.outcome()))
              expect(alive.filter((outcome) => outcome === 'resumed')).toHaveLength(1)
              expect(alive[0]).not.toBe('resumed')
            },
          }
        },
        ['before'],
      )
    }
  })
})

describe('store without an optional capability', () => {
  const full = createSessionManager({ secret: SECRET, store: world().memory })
  const { create, read, update, touch, delete: remove } = world().memory
  const plainStore = { create, read, update, touch, delete: remove } as SessionStore
  const plain = createSessionManager({ secret: SECRET, store: plainStore })
  const revocable = createSessionManager({ secret: SECRET, revocations: memoryRevocations() })
  const cookie = createSessionManager({ secret: SECRET })

  it('the manager’s type lacks the methods', () => {
    expectTypeOf(full).toHaveProperty('list')
    expectTypeOf(full).not.toHaveProperty('prune')
    expectTypeOf(full.revokeAll).returns.resolves.toBeNumber()
    expectTypeOf(plain).not.toHaveProperty('list')
    expectTypeOf(plain).toHaveProperty('revoke')
    expectTypeOf(plain).not.toHaveProperty('revokeAll')
    expectTypeOf(revocable).toHaveProperty('revokeAll')
    expectTypeOf(revocable).not.toHaveProperty('list')
    expectTypeOf(cookie).not.toHaveProperty('revoke')
  })

  it('the manager’s methods throw and name the missing capability', async () => {
    const unsupported = { code: 'ERR_SESSION_UNSUPPORTED', statusCode: 501 }
    for (const [manager, methods] of [
      [cookie, ['list', 'revoke', 'revokeAll']],
      [revocable, ['list']],
      [plain, ['list', 'revokeAll']],
    ] as const) {
      for (const method of methods) {
        const call = (manager as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[method]!
        await expect(call('ada'), method).rejects.toMatchObject(unsupported)
      }
    }
  })
})

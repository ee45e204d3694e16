import { type MemoryStore, memoryRevocations, memoryStore, type SessionManagerOptions } from '@sojourn/session-core'
import { fakeCarrier, fakeClock, flakyStore, parseSetCookie } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { world } from '../helpers/browser'

type Sessions = ReturnType<typeof world>['sessions']
type Handler = (session: Awaited<ReturnType<Sessions['open']>>) => unknown

/** A browser as far as paths go: one cookie for each name and path, the longer path first (RFC 6265, section 5.4). */
class PathJar {
  readonly cookies = new Map<string, { name: string; path: string; value: string }>()

  header(url: string): string | undefined {
    const sent = [...this.cookies.values()].filter(
      ({ path }) => url === path || url.startsWith(path.replace(/\/?$/, '/')),
    )
    sent.sort((a, b) => b.path.length - a.path.length)
    return sent.length ? sent.map(({ name, value }) => `${name}=${value}`).join('; ') : undefined
  }

  take(lines: readonly string[]): void {
    for (const line of lines) {
      const { name, value, attributes } = parseSetCookie(line)
      const path = attributes.get('path')!
      const key = `${name} ${path}`
      if (attributes.get('max-age') === '0') this.cookies.delete(key)
      else this.cookies.set(key, { name, path, value })
    }
  }

  /** Takes over another browser's session cookie, under a path. */
  set(path: string, from: PathJar, name = 'session'): void {
    const [cookie] = [...from.cookies.values()].filter((other) => other.name === name)
    this.cookies.set(`${name} ${path}`, { ...cookie!, path })
  }

  /** Forgets all cookies of a name. */
  drop(name: string): void {
    for (const [key, cookie] of this.cookies) if (cookie.name === name) this.cookies.delete(key)
  }

  async visit(sessions: Sessions, handler: Handler = () => {}, url = '/app/page') {
    const carrier = fakeCarrier({ cookie: this.header(url), url })
    const session = await sessions.open(carrier)
    await handler(session)
    await sessions.commit(session)
    this.take(carrier.setCookies)
    return session
  }
}

const modes = [
  { mode: 'a store', shared: () => ({ memory: memoryStore() }) },
  {
    mode: 'the cookie, with revocations',
    shared: () => ({ cookieStorage: true, revocations: memoryRevocations() }),
  },
  { mode: 'the cookie alone', shared: () => ({ cookieStorage: true }) },
]

describe.each(modes)('two valid cookies of one name in $mode', ({ mode, shared }) => {
  /** Managers of two applications, before and after the release that changed the cookie's path from /app to /. */
  function releases(options: Partial<SessionManagerOptions> = {}) {
    const common = { ...shared(), ...options } as Parameters<typeof world>[0]
    const at = (path: string, audience: string) =>
      world({ ...common, audience, cookie: { name: 'session', path } }).sessions
    return {
      old: at('/app', 'shop'),
      oldBlog: at('/app', 'blog'),
      shop: at('/', 'shop'),
      blog: at('/', 'blog'),
    }
  }

  /** A visitor who is logged in under both paths, in a session each. */
  async function loggedInTwice(options: Partial<SessionManagerOptions> = {}) {
    const managers = releases(options)
    const [jar, root] = [new PathJar(), new PathJar()]
    await jar.visit(managers.old, (session) => session.login('ada'))
    await root.visit(managers.shop, (session) => session.login('ada'))
    jar.set('/', root)
    return { jar, ...managers }
  }

  it('a login logs in, in place of both sessions', async () => {
    const { jar, shop } = await loggedInTwice()
    expect((await jar.visit(shop)).outcome).toBe('malformed')
    await jar.visit(shop, (session) => session.login('bob'))
    const session = await jar.visit(shop)
    expect([session.outcome, session.subject]).toEqual(['resumed', 'bob'])
  })

  it.each(['logout', 'destroy'] as const)('%s ends both sessions', async (end) => {
    const { jar, shop } = await loggedInTwice()
    const before = [...jar.cookies.values()]
    await jar.visit(shop, (session) => session[end]())
    expect((await jar.visit(shop)).subject).toBeUndefined()
    if (mode === 'the cookie alone') {
      expect(jar.cookies.size).toBe(0)
      return
    }
    for (const { value } of before) {
      const session = await shop.open(fakeCarrier({ cookie: `session=${value}` }))
      expect(session.subject).toBeUndefined()
    }
  })

  it('a logout ends a session that was left over beside the one that was chosen', async () => {
    const { old, oldBlog, shop, blog } = releases()
    const [jar, root] = [new PathJar(), new PathJar()]
    await root.visit(blog, (session) => session.login('root'))
    await jar.visit(old, (session) => session.login('ada'))
    jar.set('/', root)
    // Of two valid sessions, only one has a part of this application.
    expect((await jar.visit(shop)).subject).toBe('ada')
    expect((await jar.visit(oldBlog)).subject).toBe('root')
    await jar.visit(shop, (session) => session.logout())
    expect((await jar.visit(shop)).subject).toBeUndefined()
    if (mode !== 'the cookie alone') expect((await jar.visit(blog, () => {}, '/')).subject).toBe('root')
  })

  if (mode === 'the cookie alone') {
    it('no cookie of another secret is cleared', async () => {
      const { shop } = releases()
      const jar = new PathJar()
      await jar.visit(shop, (session) => session.login('ada'))
      jar.cookies.set('session /app', { name: 'session', path: '/app', value: 'of-another-application' })
      await jar.visit(shop, (session) => session.logout())
      expect([...jar.cookies.keys()]).toEqual(['session /app'])
    })

    it('a cookie left under an old path is cleared', async () => {
      const { old, shop } = releases()
      for (const change of ['login', 'logout', 'destroy', 'regenerate'] as const) {
        const jar = new PathJar()
        await jar.visit(old, (session) => session.login('ada'))
        await jar.visit(shop, (session) => (change === 'login' ? session.login('bob') : session[change]()))
        const ended = change === 'logout' || change === 'destroy'
        expect([...jar.cookies.keys()], change).toEqual(ended ? [] : ['session /'])
      }
    })
    return
  }

  it('the parts of other applications stay', async () => {
    const { jar, oldBlog, shop, blog } = await loggedInTwice()
    const only = new PathJar()
    only.set('/app', jar)
    await only.visit(oldBlog, (session) => session.login('root'))
    jar.set('/app', only)
    await jar.visit(shop, (session) => session.login('bob'))
    expect((await jar.visit(shop)).subject).toBe('bob')
    expect((await jar.visit(blog)).subject).toBe('root')
    expect((await only.visit(blog)).subject).toBe('root')
    expect((await only.visit(shop)).subject).toBeUndefined()
    // Also once the other application has given the session a new cookie.
    await only.visit(oldBlog, (session) => session.regenerate())
    expect((await only.visit(shop)).subject).toBeUndefined()
    jar.set('/app', only)
    await jar.visit(shop, (session) => session.logout())
    expect((await only.visit(blog)).subject).toBe('root')
  })

  it('two remember-me cookies: the only live one restores, and a logout ends both', async () => {
    const { shop } = releases({ remember: { name: 'remember' } })
    const [jar, other] = [new PathJar(), new PathJar()]
    for (const user of [jar, other]) await user.visit(shop, (session) => session.login('ada', { remember: true }))
    const [mine, theirs] = [jar, other].map((user) => user.cookies.get('remember /')!.value)
    jar.set('/app', other, 'remember')
    jar.drop('session')
    await jar.visit(shop, (session) => session.logout())
    for (const value of [mine, theirs]) {
      const session = await shop.open(fakeCarrier({ cookie: `remember=${value}` }))
      expect(session.outcome).toBe('none')
    }
    await jar.visit(shop, (session) => session.login('ada', { remember: true }))
    jar.drop('session')
    expect(jar.header('/app/page')).toContain(theirs)
    expect((await jar.visit(shop)).outcome).toBe('restored')
  })

  it('remember-me restores once in place of both sessions, and they end', async () => {
    const { old, shop } = releases({ remember: { name: 'remember' } })
    const [jar, root] = [new PathJar(), new PathJar()]
    await jar.visit(old, (session) => session.login('ada'))
    const copy = jar.header('/app/page')
    await root.visit(shop, (session) => session.login('ada', { remember: true }))
    jar.set('/', root)
    jar.set('/', root, 'remember')
    expect((await jar.visit(shop)).outcome).toBe('restored')
    expect((await jar.visit(shop)).outcome).toBe('resumed')
    if (mode === 'the cookie alone') return
    const session = await shop.open(fakeCarrier({ cookie: copy }))
    expect(session.subject).toBeUndefined()
  })
})

describe('cookies of one name under two paths', () => {
  it('a replaced token under the old path ends nothing beside the current one, and ends the session alone', async () => {
    const [memory, clock] = [memoryStore(), fakeClock()]
    const at = (path: string) =>
      world({ memory, clock, onReuse: 'destroy', timeouts: { idle: 0 }, cookie: { name: 'session', path } })
    const [old, next] = [at('/app'), at('/')]
    const jar = new PathJar()
    await jar.visit(old.sessions, (session) => session.login('ada'))
    clock.advance(3000)
    await jar.visit(next.sessions) // renews the token, in a cookie under /
    clock.advance(5)
    await jar.visit(next.sessions)
    clock.advance(100)
    expect((await jar.visit(next.sessions)).outcome).toBe('resumed')
    expect((await jar.visit(next.sessions, () => {}, '/')).outcome).toBe('resumed')
    expect(next.events.map(({ type }) => type)).not.toContain('reused')

    for (const [key, { path }] of jar.cookies) if (path === '/') jar.cookies.delete(key)
    expect((await jar.visit(next.sessions)).outcome).toBe('reused')
    expect(await next.sessions.list('ada')).toEqual([])
  })

  it('a logout clears the marker under an old path, and no visitor is taken for one whose cookie was withheld', async () => {
    const memory = memoryStore()
    const at = (path: string) => world({ memory, marker: true, cookie: { name: 'session', path } }).sessions
    const [old, next] = [at('/app'), at('/')]
    const jar = new PathJar()
    await jar.visit(old, (session) => session.login('ada'))
    await jar.visit(next, (session) => session.login('ada'))
    await jar.visit(next, (session) => session.logout())
    jar.drop('session')
    expect((await jar.visit(next)).outcome).toBe('none')
  })
})

describe('two valid cookies of one name', () => {
  it('a login that fails ends neither session', async () => {
    const memory = memoryStore()
    const at = (path: string) => world({ memory, wrap: flakyStore<MemoryStore>, cookie: { name: 'session', path } })
    const [old, next] = [at('/app'), at('/')]
    const [jar, root] = [new PathJar(), new PathJar()]
    await jar.visit(old.sessions, (session) => session.login('ada'))
    await root.visit(next.sessions, (session) => session.login('ada'))
    jar.set('/', root)
    const session = await next.sessions.open(fakeCarrier({ cookie: jar.header('/app'), url: '/app' }))
    next.store.next('create', 'throw', Number.POSITIVE_INFINITY)
    await expect(session.login('ada')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect((await root.visit(next.sessions)).subject).toBe('ada')
  })
})

import { memoryRevocations, type RevocationStore } from '@sojourn/session-core'
import { fakeCarrier, fakeClock, flakyStore, parkedStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, world } from '../helpers/browser'
import { everyOrder } from '../helpers/interleavings'

const REMEMBER = '__Host-remember'
/** `beside` is what another application needs to share the sessions. */
const modes = [
  {
    mode: 'a store',
    make(options: Parameters<typeof world>[0] = {}) {
      const all = world({ remember: true, ...options })
      return { ...all, beside: { memory: all.memory } }
    },
  },
  {
    mode: 'the cookie, with revocations',
    make(options: Parameters<typeof world>[0] = {}) {
      const beside = { cookieStorage: true, revocations: memoryRevocations() }
      return { ...world({ remember: true, ...beside, ...options }), beside }
    },
  },
]

const rememberMe = (user: Browser) => user.visit((session) => session.login('ada', { label: 'laptop', remember: true }))

describe.each(modes)('remember-me in $mode', ({ mode, make }) => {
  const inStore = mode === 'a store'

  it('is a second, persistent cookie, set by a login with `remember: true`', async () => {
    const user = make().browser()
    const { carrier } = await rememberMe(user)
    expect(carrier.setCookies).toHaveLength(2)
    expect(carrier.setCookies[0]).not.toContain('Max-Age')
    expect(carrier.setCookies[1]).toContain(`${REMEMBER}=`)
    expect(carrier.setCookies[1]).toContain('Max-Age=604800')
    const plain = make().browser()
    await plain.visit((session) => session.login('ada'))
    expect(plain.jar.names).toEqual(['__Host-session'])
  })

  it('is created by every login with remember.everyLogin, except with `remember: false`', async () => {
    const user = make({ remember: { everyLogin: true } }).browser()
    await user.visit((session) => session.login('ada'))
    expect(user.jar.names).toContain(REMEMBER)
    await user.visit((session) => session.login('ada', { remember: false }))
    expect(user.jar.names).toEqual(['__Host-session'])
    user.jar.delete('__Host-session')
    expect((await user.visit()).session.subject).toBeUndefined()
  })

  it('restores a new session for the subject, without authenticatedAt', async () => {
    const { browser, clock, events } = make()
    const user = browser()
    const first = await rememberMe(user)
    clock.advance(86_401)
    const before = user.jar.get(REMEMBER)
    const { session, carrier } = await user.visit()
    expect([session.outcome, session.subject, session.authenticatedAt, session.data]).toEqual([
      'restored',
      'ada',
      undefined,
      {},
    ])
    expect(session.id).not.toBe(first.session.id)
    expect(session.createdAt).toBe(clock())
    expect(carrier.setCookies).toHaveLength(2)
    expect(user.jar.get(REMEMBER)).not.toBe(before)
    expect(events.map(({ type }) => type)).toContain('restored')
    const next = await user.visit()
    expect([next.session.outcome, next.session.subject]).toEqual(['resumed', 'ada'])
    await user.visit((mine) => mine.login('ada', { remember: true }))
    expect((await user.visit()).session.authenticatedAt).toBe(clock())
  })

  it('ends when a session that it restored ends', async () => {
    for (const end of ['logout', 'destroy', 'login'] as const) {
      const user = make().browser()
      await rememberMe(user)
      user.jar.delete('__Host-session')
      await user.visit()
      const thief = user.copy()
      await user.visit((session) => (end === 'login' ? session.login('ada') : session[end]()))
      thief.jar.delete('__Host-session')
      expect((await thief.visit()).session.subject, end).toBeUndefined()
    }
  })

  it('emits session events, and none for its own creation and end', async () => {
    const { browser, events } = make()
    const user = browser()
    const warnings = events.length
    await rememberMe(user)
    user.jar.delete('__Host-session')
    await user.visit()
    await user.visit((session) => session.logout())
    expect(events.slice(warnings).map(({ type }) => type)).toEqual([
      'created',
      'login',
      ...(inStore ? ['destroyed'] : []),
      'created',
      'restored',
      'destroyed',
      'logout',
    ])
  })

  it('restores a session bound to the client that presented it, not to the one that logged in', async () => {
    const user = make({ bind: ['ip'] }).browser()
    await user.visit((session) => session.login('ada', { remember: true }), { ip: '10.0.0.1' })
    user.jar.delete('__Host-session')
    expect((await user.visit(() => {}, { ip: '10.0.0.2' })).session.outcome).toBe('restored')
    for (const [ip, outcome] of [
      ['10.0.0.2', 'resumed'],
      ['10.0.0.1', 'mismatch'],
    ] as const) {
      const copy = user.copy()
      copy.jar.delete(REMEMBER)
      expect((await copy.visit(() => {}, { ip })).session.outcome).toBe(outcome)
    }
  })

  it('works without the session cookie, as after a browser restart', async () => {
    const user = make().browser()
    await rememberMe(user)
    user.jar.delete('__Host-session')
    expect((await user.visit()).session.outcome).toBe('restored')
  })

  it('ends a week after its last use, and at most thirty days after the login', async () => {
    const { browser, clock } = make()
    const user = browser()
    await rememberMe(user)
    for (const days of [7, 7, 7, 7]) {
      clock.advance(days * 86_400)
      expect((await user.visit()).session.outcome).toBe('restored')
    }
    const idle = user.copy()
    clock.advance(2 * 86_400)
    expect((await user.visit()).session.outcome).toBe('restored')
    clock.advance(86_401)
    expect((await user.visit()).session.subject).toBeUndefined()
    expect((await idle.visit()).session.subject).toBeUndefined()

    const other = browser()
    await rememberMe(other)
    clock.advance(7 * 86_400 + 1)
    expect((await other.visit()).session.subject).toBeUndefined()
  })

  it('ends with its session: at logout, at revocation, and at a login without remember', async () => {
    for (const end of ['logout', 'destroy', 'revoke', 'revokeAll', 'login'] as const) {
      const { browser, sessions, clock } = make()
      const user = browser()
      const { session } = await rememberMe(user)
      const thief = user.copy()
      clock.advance(1)
      if (end === 'revoke') await sessions.revoke(session.id)
      else if (end === 'revokeAll') await sessions.revokeAll('ada')
      else await user.visit((mine) => (end === 'login' ? mine.login('ada') : mine[end]()))
      expect(user.jar.names.includes(REMEMBER), end).toBe(end.startsWith('revoke'))
      thief.jar.delete('__Host-session')
      // In cookie mode the server does not know the remember-me of a session id.
      if (!inStore && end === 'revoke') continue
      expect((await thief.visit()).session.subject, end).toBeUndefined()
    }
  })

  it('is ended by revokeAll, that of the excepted session too, and is not listed as a session', async () => {
    const { browser, clock, sessions } = make()
    const [mine, other] = [browser(), browser()]
    const { session } = await rememberMe(mine)
    await rememberMe(other)
    if (inStore) expect(await sessions.list('ada')).toHaveLength(2)
    clock.advance(1)
    const ended = await sessions.revokeAll('ada', { except: session.id })
    if (inStore) expect(ended).toBe(1)
    expect((await mine.visit()).session.subject).toBe('ada')
    for (const browserOf of [mine, other]) {
      browserOf.jar.delete('__Host-session')
      expect((await browserOf.visit()).session.subject).toBeUndefined()
    }
  })

  it('ends with a restored session as with the first one', async () => {
    const user = make().browser()
    await rememberMe(user)
    user.jar.delete('__Host-session')
    await user.visit()
    const thief = user.copy()
    await user.visit((session) => session.logout())
    expect(user.jar.names).toEqual([])
    thief.jar.delete('__Host-session')
    expect((await thief.visit()).session.subject).toBeUndefined()
  })

  it('restores a session bound to the client that presented it', async () => {
    const user = make({ bind: ['ip'] }).browser()
    await user.visit((session) => session.login('ada', { remember: true }), { ip: '192.0.2.1' })
    user.jar.delete('__Host-session')
    const at = async (ip: string) => (await user.visit(undefined, { ip })).session.outcome
    expect(await at('192.0.2.2')).toBe('restored')
    user.jar.delete(REMEMBER)
    expect([await at('192.0.2.1'), await at('192.0.2.2')]).toEqual(['mismatch', 'resumed'])
  })

  it('is not accepted as a session token, nor a session token as a remember-me', async () => {
    const user = make().browser()
    await rememberMe(user)
    const [session, remember] = ['__Host-session', REMEMBER].map((name) => user.jar.get(name)!)
    user.jar.delete(REMEMBER)
    user.jar.set('__Host-session', remember!)
    expect(await user.outcome()).toBe('rejected')
    user.jar.delete('__Host-session')
    user.jar.set(REMEMBER, session!)
    expect((await user.visit()).session.subject).toBeUndefined()
  })

  it('ends at the logout of its application, while the session continues in another', async () => {
    const all = make()
    const user = all.browser()
    const blog = new Browser(world({ ...all.beside, audience: 'blog' }).sessions, user.jar)
    await blog.visit((session) => session.login('root'))
    await rememberMe(user)
    const thief = user.copy()
    await user.visit((session) => session.logout())
    expect(user.jar.names).toEqual(['__Host-session'])
    expect((await blog.visit()).session.subject).toBe('root')
    thief.jar.delete('__Host-session')
    expect((await thief.visit()).session.subject).toBeUndefined()
  })

  it('is kept by an application without remember, and ends with the session there too', async () => {
    const all = make()
    const user = all.browser()
    const blog = new Browser(world({ ...all.beside, audience: 'blog' }).sessions, user.jar)
    await rememberMe(user)
    const restarted = user.copy()
    await blog.visit((session) => session.login('root'))
    await blog.visit((session) => session.logout())
    await blog.visit((session) => session.login('root'))
    await blog.visit((session) => session.destroy())
    expect(user.jar.names).toEqual([REMEMBER])
    expect((await user.visit()).session.subject).toBeUndefined()
    restarted.jar.delete('__Host-session')
    expect((await restarted.visit()).session.subject).toBeUndefined()
  })

  it('restores no session in an application without a login, and stays valid', async () => {
    const all = make()
    const user = all.browser()
    await rememberMe(user)
    user.jar.delete('__Host-session')
    const blog = new Browser(world({ ...all.beside, remember: true, audience: 'blog' }).sessions, user.jar)
    const { session, sentCookie } = await blog.visit()
    expect([session.outcome, session.isNew, sentCookie]).toEqual(['none', true, false])
    expect((await user.visit()).session.outcome).toBe('restored')
  })

  it('restores no session if two different ones are sent, because one may be planted', async () => {
    const all = make()
    const [user, other] = [all.browser(), all.browser()]
    await rememberMe(user)
    await rememberMe(other)
    const cookie = [user, other].map(({ jar }) => `${REMEMBER}=${jar.get(REMEMBER)}`).join('; ')
    const { session, sentCookie } = await user.visit(undefined, { cookie })
    expect([session.outcome, session.subject, sentCookie]).toEqual(['none', undefined, false])
  })

  it('is refused at login without the option remember', async () => {
    const user = world().browser()
    await user.visit((session) => expect(() => session.login('ada', { remember: true })).toThrow('option remember'))
  })
})

describe('remember-me in cookie mode', () => {
  const cookie = (options: Parameters<typeof world>[0] = {}) =>
    world({ remember: true, cookieStorage: true, revocations: memoryRevocations(), ...options })

  it('is not exempt if its session has a new id: it ends rather than survives', async () => {
    const { browser, clock, sessions } = cookie()
    const user = browser()
    await rememberMe(user)
    await user.visit((session) => session.regenerate())
    const { session } = await user.visit()
    clock.advance(1)
    await sessions.revokeAll('ada', { except: session.id })
    expect(await user.outcome()).toBe('resumed')
    user.jar.delete('__Host-session')
    expect((await user.visit()).session.subject).toBeUndefined()
  })

  it.each(['before', 'after'])(
    'restores no session that outlives revokeAll, for a request that arrives %s its entry',
    async (side) => {
      const clock = fakeClock()
      const marks = memoryRevocations({ clock })
      let revoking = false
      let made = 0
      const visit = async (when: string) => {
        if (!revoking || when !== `${side} 1`) return
        clock.advance(0.001)
        await user.visit()
        clock.advance(0.001)
      }
      const revocations: RevocationStore = {
        read: (keys) => marks.read(keys),
        async revoke(key, mark) {
          made++
          await visit(`before ${made}`)
          const nonce = await marks.revoke(key, mark)
          await visit(`after ${made}`)
          return nonce
        },
      }
      const { browser, sessions } = cookie({ clock, revocations })
      const user = browser()
      await rememberMe(user)
      user.jar.delete('__Host-session')
      revoking = true
      made = 0
      await sessions.revokeAll('ada')
      revoking = false
      expect(made).toBe(1)
      expect((await user.visit()).session.subject).toBeUndefined()
    },
  )

  it('describe() says that revoking an id does not end it, nor anything without revocations', () => {
    const remembers = (options: Parameters<typeof world>[0] = {}) => cookie(options).sessions.describe().warnings.join()
    expect(remembers()).toContain('cannot be told from the original')
    expect(remembers({ revocations: undefined })).toContain('A copy of a remember-me cookie')
    expect(remembers({ remember: false })).toBe('')
    expect(world({ remember: true }).sessions.describe().warnings).toEqual([])
  })
})

describe('remember-me in a store', () => {
  it('a replayed token ends it and the session that it restored', async () => {
    const { browser, clock, events } = world({ remember: true })
    const user = browser()
    await rememberMe(user)
    const thief = user.copy()
    clock.advance(86_401)
    await thief.visit()
    expect((await thief.visit()).session.outcome).toBe('resumed')
    clock.advance(61)
    expect((await user.visit()).session.subject).toBeUndefined()
    expect(events.map(({ type }) => type)).toContain('reused')
    expect(await thief.outcome()).toBe('unknown')
    thief.jar.delete('__Host-session')
    expect((await thief.visit()).session.subject).toBeUndefined()
  })

  it('ends with the session of the user, and so does a session restored from a copy', async () => {
    for (const end of ['logout', 'destroy', 'login', 'leave'] as const) {
      const { browser, memory } = world({ remember: true })
      const user = browser()
      await rememberMe(user)
      if (end === 'leave') {
        const blog = new Browser(world({ memory, audience: 'blog' }).sessions, user.jar)
        await blog.visit((session) => session.login('ada'))
      }
      const thief = user.copy()
      thief.jar.delete('__Host-session')
      expect((await thief.visit()).session.outcome).toBe('restored')
      await user.visit((session) =>
        end === 'login' ? session.login('ada') : session[end === 'leave' ? 'logout' : end](),
      )
      expect(['unknown', 'rejected'], end).toContain(await thief.outcome())
      thief.jar.delete('__Host-session')
      expect((await thief.visit()).session.subject).toBeUndefined()
    }
  })

  it('a slow login does not end the session of a login that came first', async () => {
    const { browser, sessions } = world({ remember: true })
    const user = browser()
    await rememberMe(user)
    const carrier = fakeCarrier({ cookie: user.jar })
    const slow = await sessions.open(carrier)
    await user.visit((session) => session.login('ada', { remember: true }))
    await slow.login('ada', { remember: true })
    await sessions.commit(slow)
    expect(await user.outcome()).toBe('resumed')
    user.jar.delete('__Host-session')
    expect((await user.visit()).session.outcome).toBe('restored')
  })

  it('ends with a session revoked after its end, or by an application without remember', async () => {
    for (const end of ['revoke', 'revokeAll'] as const) {
      const all = world({ remember: true })
      const admin = world({ memory: all.memory })
      for (const { sessions } of [all, admin]) {
        const user = all.browser()
        const { session } = await rememberMe(user)
        all.clock.advance(901)
        await sessions[end](end === 'revoke' ? session.id : 'ada')
        expect((await user.visit()).session.subject).toBeUndefined()
      }
    }
  })

  it('is ended by revokeAll in an application without remember too', async () => {
    const all = world({ remember: true })
    const user = all.browser()
    const { session } = await rememberMe(user)
    await world({ memory: all.memory }).sessions.revokeAll('ada', { except: session.id })
    user.jar.delete('__Host-session')
    expect((await user.visit()).session.subject).toBeUndefined()
  })

  it('restores one session for parallel requests, in every order', async () => {
    await everyOrder(
      async (wrap) => {
        const all = world({ remember: true, wrap })
        const user = all.browser()
        await rememberMe(user)
        all.clock.advance(86_401)
        // The expired session is deleted in the background, which would multiply the orders. So it is deleted before.
        const expired = user.copy()
        expired.jar.delete(REMEMBER)
        expect((await expired.visit()).session.outcome).toBe('expired:idle')
        await all.sessions.close()
        const tabs = [user.copy(), user.copy()]
        return {
          tasks: tabs.map((tab) => () => tab.visit()),
          async check(settled) {
            expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
            expect(await all.sessions.list('ada')).toHaveLength(1)
            for (const tab of tabs) expect((await tab.visit()).session.subject).toBe('ada')
            expect(await all.sessions.list('ada')).toHaveLength(1)
          },
        }
      },
      ['before'],
    )
  })

  it('is kept if logout is refused because the headers are sent', async () => {
    const shop = world({ audience: 'shop', remember: true })
    const user = shop.browser()
    await user.visit((session) => session.login('ada', { remember: true }))
    const blog = new Browser(world({ audience: 'blog', memory: shop.memory }).sessions, user.jar)
    await blog.visit((session) => session.login('root'))
    const carrier = fakeCarrier({ cookie: user.jar })
    const late = await shop.sessions.open(carrier)
    carrier.headersSent = true
    await expect(late.logout()).rejects.toMatchObject({ code: 'ERR_SESSION_HEADERS_SENT' })
    expect((await user.visit()).session.subject).toBe('ada')
    user.jar.delete('__Host-session')
    expect((await user.visit()).session.outcome).toBe('restored')
  })

  it('does not open the restored session for a client with another binding', async () => {
    const { browser, clock } = world({ remember: true, bind: ['ip'] })
    const user = browser()
    await user.visit((session) => session.login('ada', { remember: true }), { ip: '192.0.2.1' })
    clock.advance(86_401)
    const [thief, tab] = [user.copy(), user.copy()]
    expect((await user.visit(undefined, { ip: '192.0.2.1' })).session.outcome).toBe('restored')
    expect((await thief.visit(undefined, { ip: '192.0.2.2' })).session.subject).toBeUndefined()
    expect((await tab.visit(undefined, { ip: '192.0.2.1' })).session.subject).toBe('ada')
  })

  it('its unsealed row does not reveal the token of the restored session', async () => {
    const { browser, clock, memory } = world({ remember: true })
    const user = browser()
    await rememberMe(user)
    clock.advance(86_401)
    const tabs = [user.copy(), user.copy()]
    for (const tab of tabs) expect((await tab.visit()).session.outcome).toBe('restored')
    const tokens = user.jar.names.flatMap((name) => [user, ...tabs].map(({ jar }) => jar.get(name)!.split('.')))
    for (const [id = ''] of tokens) {
      const { payload = '' } = (await memory.read(id)) ?? {}
      for (const [, secret = ''] of tokens) expect(payload).not.toContain(secret)
    }
  })

  it('restores no session if maxPerSubject is reached, without an error', async () => {
    const { browser, clock, sessions } = world({ remember: true, maxPerSubject: 1, onLimit: 'refuse' })
    const [user, elsewhere] = [browser(), browser()]
    await rememberMe(user)
    clock.advance(86_401)
    await elsewhere.visit((session) => session.login('ada'))
    const { session, sentCookie } = await user.visit()
    expect([session.outcome, session.subject, sentCookie]).toEqual(['unknown', undefined, true])
    expect(await sessions.list('ada')).toHaveLength(1)
    await elsewhere.visit((mine) => mine.logout())
    expect((await user.visit()).session.outcome).toBe('restored')
  })

  it('restores no session if it is ended in between, and leaves no row', async () => {
    const { browser, sessions, store } = world({ remember: true, wrap: parkedStore })
    const user = browser()
    await rememberMe(user)
    user.jar.delete('__Host-session')
    store.park('update')
    const visit = user.visit()
    const write = await store.nextParked('update')
    await sessions.revokeAll('ada')
    await write.release()
    const { session, sentCookie } = await visit
    expect([session.outcome, session.subject, sentCookie]).toEqual(['none', undefined, false])
    expect(await sessions.list('ada')).toEqual([])
  })

  it('leaves no session if its renewal fails', async () => {
    const { browser, sessions, store } = world({ remember: true, wrap: flakyStore })
    const user = browser()
    await rememberMe(user)
    user.jar.delete('__Host-session')
    store.next('update', 'throw', 3)
    await expect(user.visit()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(await sessions.list('ada')).toHaveLength(1)
    expect((await user.visit()).session.outcome).toBe('restored')
  })

  it('ends with a session that is revoked while it is created', async () => {
    const { browser, sessions, memory, store } = world({ remember: true, wrap: parkedStore })
    const user = browser()
    const { session } = await user.visit((visitor) => {
      visitor.data.cart = []
    })
    store.park('create')
    const visit = user.visit(async (visitor) => {
      await expect(visitor.login('ada', { remember: true })).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    })
    const begin = await store.nextParked('create')
    expect(await sessions.revoke(session.id)).toBe(true)
    await begin.release()
    expect((await visit).sentCookie).toBe(false)
    await sessions.close()
    expect(await memory.deleteExpired(Number.MAX_SAFE_INTEGER, 10)).toBe(0)
  })

  it('ends with a session destroyed by a request without its cookie', async () => {
    const { browser, sessions } = world({ remember: true })
    const user = browser()
    await user.visit((session) => {
      session.data.cart = []
    })
    const slow = await sessions.open(fakeCarrier({ cookie: user.jar }))
    await rememberMe(user)
    await slow.destroy()
    expect((await user.visit()).session.outcome).toBe('unknown')
  })

  it('restores a session with the label of its login', async () => {
    const { browser, clock, sessions } = world({ remember: true })
    const user = browser()
    await rememberMe(user)
    clock.advance(86_401)
    const { session } = await user.visit()
    expect(await sessions.list('ada')).toMatchObject([{ id: session.id, label: 'laptop' }])
  })

  it('its restored session counts for maxPerSubject', async () => {
    const all = world({ remember: true, maxPerSubject: 1 })
    const [a, b] = [all.browser(), all.browser()]
    await rememberMe(a)
    await rememberMe(b)
    a.jar.delete('__Host-session')
    expect((await a.visit()).session.subject).toBeUndefined()
    expect((await b.visit()).session.subject).toBe('ada')
  })
})

import type { Session } from '@sojourn/session-core'
import { countingStore, fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser, type Visit, world } from '../helpers/browser'
import { everyOrder } from '../helpers/interleavings'

type Handler = (session: Session<AnyData>) => unknown

const setKey = (session: Session<AnyData>, key: string, value: unknown) => {
  session.data[key] = value
}

/** Actions of a slow request while another request ends or replaces the session. */
const slowRequests: Record<string, Handler> = {
  'reads only': () => {},
  'changes data': (session) => {
    session.data.slow = true
  },
  'updates a key': (session) => session.update('slow', () => true),
  saves: async (session) => {
    session.data.slow = true
    await session.save()
  },
  touches: (session) => session.touch(),
  regenerates: (session) => session.regenerate(),
  'logs in': (session) => session.login('ada'),
  'logs out': (session) => session.logout(),
}

/** Ways to end the session for all its tokens. */
const ends: Record<string, (all: ReturnType<typeof world>, user: Browser, id: string) => Promise<unknown>> = {
  logout: (_, user) => user.visit((session) => session.logout()),
  revoke: ({ sessions }, _, id) => sessions.revoke(id),
  'revoke all': ({ sessions }) => sessions.revokeAll('ada'),
}

async function loggedIn(wrap: Parameters<Parameters<typeof everyOrder>[0]>[0]) {
  const all = world({ wrap })
  const user = all.browser()
  const { session } = await user.visit(async (session) => {
    await session.login('ada')
    session.data.n = 0
  })
  return { all, user, id: session.id }
}

describe('slow request', () => {
  for (const [what, slow] of Object.entries(slowRequests)) {
    for (const [how, end] of Object.entries(ends)) {
      it(`that ${what} does not revive a session ended by ${how}`, async () => {
        const ways = await everyOrder(async (wrap) => {
          const { all, user, id } = await loggedIn(wrap)
          const slowUser = user.copy()
          const endingUser = user.copy()
          return {
            tasks: [() => slowUser.visit(slow), () => end(all, endingUser, id)],
            async check([slowly, ending]) {
              if (slowly!.status === 'rejected') expect(slowly!.reason).toMatchObject({ code: 'ERR_SESSION_ENDED' })
              expect(await user.outcome()).not.toBe('resumed')
              // A logout with a token that was already replaced cannot end the session.
              if (how === 'logout' && (ending as PromiseFulfilledResult<Visit>).value.session.outcome === 'rejected') {
                return expect(['regenerates', 'logs in']).toContain(what)
              }
              expect(await all.memory.read(id)).toBe(null)
              // Only a login may create a session: another one, without data of the old.
              const rows = await all.sessions.list('ada')
              expect(rows.map((row) => row.id)).not.toContain(id)
              if (what !== 'logs in') expect(rows).toEqual([])
              else for (const row of rows) expect((await slowUser.visit()).session.data, row.id).toEqual({})
            },
          }
        })
        expect(ways).toBeGreaterThan(5)
      })
    }

    it(`that ${what} changes nothing with a token that a login has replaced`, async () => {
      await everyOrder(async (wrap) => {
        const { all, user, id } = await loggedIn(wrap)
        const slowUser = user.copy()
        const bob = user.copy()
        return {
          tasks: [() => slowUser.visit(slow), () => bob.visit((session) => session.login('bob'))],
          async check([slowly]) {
            // In every order: the old token opens no session, and only bob uses bob's session.
            expect(await user.outcome()).not.toBe('resumed')
            const { session } = await bob.visit()
            if (session.subject !== undefined) expect([session.subject, session.data]).toEqual(['bob', {}])
            // Only a request that ran first could end or replace the session that bob logged in with.
            else expect(['logs out', 'logs in', 'regenerates']).toContain(what)
            if (slowly!.status === 'rejected') expect(slowly!.reason).toMatchObject({ code: 'ERR_SESSION_ENDED' })
            expect((await all.memory.read(id))?.id ?? id).toBe(id)
          },
        }
      })
    })

    it(`that ${what} does not bring an expired session back`, async () => {
      await everyOrder(async (wrap) => {
        const { all, user, id } = await loggedIn(wrap)
        const slowUser = user.copy()
        return {
          tasks: [
            () => slowUser.visit(slow),
            async ({ step }) => {
              await step()
              all.clock.advance(86_401)
            },
          ],
          async check() {
            const rows = await all.sessions.list('ada')
            if (what !== 'logs in') expect(rows).toEqual([])
            expect(await user.outcome()).not.toBe('resumed')
            for (const row of rows) if (row.id !== id) expect((await slowUser.visit()).session.data).toEqual({})
          },
        }
      })
    })
  }
})

describe('request that takes longer than the idle timeout', () => {
  const opened = async () => {
    const all = world({ timeouts: { idle: 60, rolling: 0, absolute: 0 } })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    const upload = await all.sessions.open(fakeCarrier({ cookie: user.jar }))
    all.clock.advance(50)
    return { ...all, user, upload }
  }

  it('changes a session that other requests have kept alive', async () => {
    const { sessions, user, clock, upload } = await opened()
    await user.visit()
    await sessions.close()
    clock.advance(11)
    upload.data.file = 'here'
    await sessions.commit(upload)
    expect((await user.visit()).session.data).toEqual({ file: 'here' })
  })

  it('changes nothing if no other request kept the session alive', async () => {
    const { sessions, user, clock, upload } = await opened()
    clock.advance(11)
    upload.data.file = 'here'
    await expect(sessions.commit(upload)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect(await user.outcome()).toBe('unknown')
  })
})

describe('logout of one application of several', () => {
  it('succeeds after another application has replaced the token, and keeps the other logins', async () => {
    const shop = world({ audience: 'shop', remember: true })
    const blog = world({ audience: 'blog', memory: shop.memory })
    const user = shop.browser()
    const inBlog = new Browser(blog.sessions, user.jar)
    await user.visit((session) => session.login('ada', { remember: true }))
    await inBlog.visit((session) => session.login('root'))
    const carrier = fakeCarrier({ cookie: user.jar })
    const slow = await shop.sessions.open(carrier)
    await inBlog.visit((session) => session.regenerate())
    await slow.logout()
    await shop.sessions.commit(slow)
    expect(carrier.setCookies.join()).toContain('__Host-session=; ')
    expect((await user.visit()).session).toMatchObject({ subject: undefined, isNew: true })
    expect((await inBlog.visit()).session.subject).toBe('root')
  })

  it('resolves if the session has already ended', async () => {
    const shop = world({ audience: 'shop' })
    const blog = world({ audience: 'blog', memory: shop.memory })
    const user = shop.browser()
    const inBlog = new Browser(blog.sessions, user.jar)
    await user.visit((session) => session.login('ada'))
    const { session } = await inBlog.visit((mine) => mine.login('root'))
    const slow = await shop.sessions.open(fakeCarrier({ cookie: user.jar }))
    await shop.sessions.revoke(session.id)
    await slow.logout()
    expect(await user.outcome()).toBe('unknown')
  })
})

describe('login in a slow request', () => {
  it('carries nothing over from a session that has ended in between', async () => {
    const { sessions, browser } = world()
    const user = browser()
    await user.visit(async (session) => {
      await session.login('ada')
      session.data.drafts = ['secret']
    })
    const slow = user.copy()
    await slow.visit(async (session) => {
      session.data.drafts.push('another')
      await user.copy().visit((other) => other.logout())
      await session.login('ada')
      expect(session.data).toEqual({})
    })
    expect((await slow.visit()).session.data).toEqual({})
    expect(await sessions.list('ada')).toHaveLength(1)
  })
})

describe('slow request whose session idles out', () => {
  for (const [what, slow] of Object.entries(slowRequests)) {
    it(`that ${what} does not revive it`, async () => {
      const { sessions, browser, clock } = world()
      const user = browser()
      await user.visit((session) => session.login('ada'))
      // A touch is due and not yet recorded.
      clock.advance(890)
      const session = await sessions.open(fakeCarrier({ cookie: user.jar }))
      clock.advance(11)
      expect(await user.outcome()).toBe('expired:idle')
      const settled = await Promise.allSettled([(async () => slow(session))()])
      settled.push(...(await Promise.allSettled([sessions.commit(session)])))
      for (const result of settled) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_SESSION_ENDED' })
      }
      await sessions.close()
      expect(await user.outcome()).not.toBe('resumed')
    })
  }
})

describe('touch by a slow request', () => {
  it('does not move the last activity of a session that a login has replaced', async () => {
    const { sessions, browser, clock, memory } = world()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    clock.advance(61)
    const slow = await sessions.open(fakeCarrier({ cookie: user.jar }))
    clock.advance(5)
    await user.visit((next) => next.login('bob'))
    const taken = clock()
    clock.advance(5)
    sessions.commit(slow)
    await sessions.close()
    expect((await memory.read(session.id))!.touchedAt).toBe(taken)
  })

  it('fails with ERR_SESSION_ENDED if a login has replaced the session', async () => {
    const { sessions, browser, clock, memory } = world()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    const slow = await sessions.open(fakeCarrier({ cookie: user.jar }))
    await user.visit((next) => next.login('bob'))
    const taken = clock()
    clock.advance(5)
    await expect(slow.touch()).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect((await memory.read(session.id))!.touchedAt).toBe(taken)
  })
})

describe('parallel requests', () => {
  it('keep each other’s keys and lose no increment, in every order', async () => {
    const ways = await everyOrder(async (wrap) => {
      const { user } = await loggedIn(wrap)
      const tabs = [user.copy(), user.copy()]
      return {
        tasks: [
          () => tabs[0]!.visit((session) => setKey(session, 'left', 1)),
          () => tabs[1]!.visit((session) => session.update('n', (n = 0) => n + 1)),
        ],
        async check(settled) {
          expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
          expect((await user.visit()).session.data).toEqual({ n: 1, left: 1 })
        },
      }
    })
    expect(ways).toBeGreaterThan(10)
  })

  it('50 writes keep 50 keys, and 200 updates count to 200', async () => {
    const { browser, sessions } = world()
    const user = browser()
    await user.visit((session) => session.login('ada'))
    await Promise.all(Array.from({ length: 50 }, (_, i) => user.copy().visit((session) => setKey(session, `k${i}`, i))))
    await Promise.all(
      Array.from({ length: 200 }, () => user.copy().visit((session) => session.update('n', (n = 0) => n + 1))),
    )
    const { data } = (await user.visit()).session
    expect(Object.keys(data)).toHaveLength(51)
    expect(data.n).toBe(200)
    // Writes of one process are queued, so none had to be repeated.
    expect(sessions.counters().events.conflict).toBe(0)
  })

  it('renew the token once and all get the new one, in every order', async () => {
    await everyOrder(async (wrap) => {
      const { all, user } = await loggedIn(wrap)
      for (let minute = 0; minute < 45; minute++) {
        all.clock.advance(60)
        await user.visit((session) => session.touch())
      }
      all.clock.advance(1)
      const tabs = [user.copy(), user.copy()]
      return {
        tasks: tabs.map((tab) => () => tab.visit()),
        async check(settled) {
          expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
          expect(all.events.filter(({ type }) => type === 'renewed')).toHaveLength(1)
          for (const tab of tabs) await tab.visit()
          expect(tabs[0]!.jar.header).toBe(tabs[1]!.jar.header)
          expect(tabs[0]!.jar.header).not.toBe(user.jar.header)
          expect(await tabs[0]!.outcome()).toBe('resumed')
        },
      }
    })
  })

  it('50 at the time of renewal get the same new token', async () => {
    const { browser, clock, events, store } = world({ timeouts: { idle: 0, rolling: 100 }, wrap: countingStore })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    clock.advance(76)
    const tabs = Array.from({ length: 50 }, () => user.copy())
    const visits = await Promise.all(tabs.map((tab) => tab.visit()))
    expect(events.filter(({ type }) => type === 'renewed')).toHaveLength(1)
    expect(new Set(visits.map(({ carrier }) => carrier.setCookies.join()))).toHaveProperty('size', 1)
    expect(visits.every(({ sentCookie }) => sentCookie)).toBe(true)
    expect(store.calls.update).toBe(1)
    for (const tab of tabs) expect(await tab.outcome()).toBe('resumed')
  })

  it('destroy ends a session during constant writes', async () => {
    const { sessions, browser, memory } = world()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    const writes = Array.from({ length: 50 }, () => user.copy().visit((next) => next.update('n', (n = 0) => n + 1)))
    await user.copy().visit((next) => next.destroy())
    const settled = await Promise.allSettled(writes)
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_SESSION_ENDED' })
    }
    expect(await memory.read(session.id)).toBe(null)
    expect(await sessions.list('ada')).toEqual([])
  })
})

describe('renewed token', () => {
  async function renewed(options: Parameters<typeof world>[0] = {}) {
    const all = world({ timeouts: { idle: 0, rolling: 100, staleTtl: 10 }, ...options })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    const late = user.copy()
    all.clock.advance(76)
    await user.visit()
    // The new token comes back, so the grace of the old one begins to end.
    await user.visit()
    return { ...all, user, late }
  }

  it('works during its grace period, cannot renew, and gets its successor each time', async () => {
    const { user, late, clock, events } = await renewed()
    clock.advance(10)
    for (const handler of [() => {}, (session: Session<AnyData>) => setKey(session, 'a', 1)]) {
      const { session, carrier } = await late.copy().visit(handler)
      expect(session.outcome).toBe('stale')
      expect(carrier.setCookies[0]).toContain(user.jar.header)
    }
    expect(events.filter(({ type }) => type === 'renewed')).toHaveLength(1)
    expect((await user.visit()).session.data).toEqual({ a: 1 })
  })

  it('gets the current token after several renewals, within its grace period', async () => {
    const { user, late, clock } = await renewed({
      timeouts: { idle: 0, rolling: 1000, renewAfter: 0.075, staleTtl: 200 },
    })
    const later = user.copy()
    clock.advance(76)
    await user.visit()
    for (const tab of [late, later]) {
      const { session, carrier } = await tab.visit()
      expect(session.outcome).toBe('stale')
      expect(carrier.setCookies[0]).toContain(user.jar.header)
      expect(await tab.outcome()).toBe('resumed')
    }
  })

  it('is needed to learn its successor: an unsealed row does not reveal it', async () => {
    const { user, late, memory } = await renewed()
    const [id = '', current = ''] = user.jar.get('__Host-session')!.split('.')
    const { payload } = (await memory.read(id))!
    expect(payload).toContain('"ada"')
    for (const token of [current, late.jar.get('__Host-session')!.split('.')[1]!]) expect(payload).not.toContain(token)
  })

  it('gets its successor until the end of the grace period, also after a write', async () => {
    const { user, late, clock } = await renewed()
    clock.advance(10)
    await user.visit((session) => setKey(session, 'a', 1))
    const { session, carrier } = await late.visit()
    expect(session.outcome).toBe('stale')
    expect(carrier.setCookies[0]).toContain(user.jar.header)
  })

  it('writes nothing after its grace period, although the request was opened within it', async () => {
    const { sessions, user, late, clock } = await renewed()
    clock.advance(10)
    const carrier = fakeCarrier({ cookie: late.jar })
    const session = await sessions.open(carrier)
    clock.advance(0.001)
    setKey(session, 'a', 1)
    await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect((await user.visit()).session.data).toEqual({})
  })

  it('loses its successor after the grace period: the next write removes the link', async () => {
    const { memory, user, clock } = await renewed()
    const id = user.jar.get('__Host-session')!.split('.')[0]!
    const earlier = async () => JSON.parse((await memory.read(id))!.payload.split('\n')[1]!)[6].slice(4)
    const way = [expect.any(String), expect.any(Number), expect.stringMatching(/^[\w-]{43}$/)]
    expect(await earlier()).toEqual([way])
    clock.advance(10)
    await user.visit((session) => setKey(session, 'a', 1))
    expect(await earlier()).toEqual([way])
    clock.advance(0.001)
    await user.visit((session) => setKey(session, 'a', 2))
    expect(await earlier()).toEqual([])
  })

  it('is recognised among the four latest, and unknown after that', async () => {
    const { user, late, clock } = await renewed()
    for (let renewals = 0; renewals < 10; renewals++) {
      clock.advance(76)
      await user.visit()
      await user.visit()
      clock.advance(10.001)
      expect(await late.outcome()).toBe('reused')
    }
  })

  it('is reported as reused after its grace period, opens nothing and ends nothing', async () => {
    const { user, late, clock, events } = await renewed()
    clock.advance(10.001)
    const { session, sentCookie } = await late.visit()
    expect([session.outcome, session.isNew, sentCookie]).toEqual(['reused', true, false])
    expect(events.at(-1)).toMatchObject({ type: 'reused' })
    expect(await user.outcome()).toBe('resumed')
  })

  it('ends the session after its grace period with onReuse `end`', async () => {
    const { user, late, clock } = await renewed({ onReuse: 'destroy' })
    clock.advance(11)
    await late.visit()
    expect(await user.outcome()).toBe('unknown')
  })

  it('has no grace period after a login', async () => {
    const { user, late } = await renewed()
    await user.visit((session) => session.login('ada'))
    expect(await late.outcome()).toBe('rejected')
  })

  it('ends no session if it never was its token: ids are public', async () => {
    const { sessions, browser, events } = world({ onReuse: 'destroy' })
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    const forged = `__Host-session=${session.id}.${'A'.repeat(43)}`
    const opened = await sessions.open(fakeCarrier({ cookie: forged }))
    expect(opened.outcome).toBe('rejected')
    await opened.destroy()
    expect(events.at(-1)).toMatchObject({ type: 'rejected', reason: 'token' })
    expect(await user.outcome()).toBe('resumed')
  })
})

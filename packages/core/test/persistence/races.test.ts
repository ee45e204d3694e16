import type { Session } from '@sojourn/session-core'
import { countingStore, fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser, type Visit, world } from '../helpers/browser'
import { everyOrder } from '../helpers/interleavings'

type Handler = (session: Session<AnyData>) => unknown

const setKey = (session: Session<AnyData>, key: string, value: unknown) => {
  session.data[key] = value
}

/** What a slow request may be doing while another one ends the session or takes it over. */
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

/** What ends the session for every token there is. */
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

describe('a slow request around the end of its session', () => {
  for (const [what, slow] of Object.entries(slowRequests)) {
    for (const [how, end] of Object.entries(ends)) {
      it(`that ${what} never revives what ${how} ended`, async () => {
        const ways = await everyOrder(async (wrap) => {
          const { all, user, id } = await loggedIn(wrap)
          const slowUser = user.copy()
          const endingUser = user.copy()
          return {
            tasks: [() => slowUser.visit(slow), () => end(all, endingUser, id)],
            async check([slowly, ending]) {
              if (slowly!.status === 'rejected') expect(slowly!.reason).toMatchObject({ code: 'ERR_SESSION_ENDED' })
              expect(await user.outcome()).not.toBe('resumed')
              // Whoever comes to log out with a token that was replaced before holds nothing that could be ended.
              if (how === 'logout' && (ending as PromiseFulfilledResult<Visit>).value.session.outcome === 'rejected') {
                return expect(['regenerates', 'logs in']).toContain(what)
              }
              expect(await all.memory.read(id)).toBe(null)
              // A login is the one thing that may begin a session: another one, with nothing of the old.
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

    it(`that ${what} changes nothing by a token that a login has replaced`, async () => {
      await everyOrder(async (wrap) => {
        const { all, user, id } = await loggedIn(wrap)
        const slowUser = user.copy()
        const bob = user.copy()
        return {
          tasks: [() => slowUser.visit(slow), () => bob.visit((session) => session.login('bob'))],
          async check([slowly]) {
            // Whatever the order: the old token opens nothing, and bob's session is bob's alone.
            expect(await user.outcome()).not.toBe('resumed')
            const { session } = await bob.visit()
            if (session.subject !== undefined) expect([session.subject, session.data]).toEqual(['bob', {}])
            // Only one who came first could log out, or log in, with what was then the session.
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

describe('a request that takes longer than a session may idle', () => {
  const opened = async () => {
    const all = world({ timeouts: { idle: 60, rolling: 0, absolute: 0 } })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    const upload = await all.sessions.open(fakeCarrier({ cookie: user.jar }))
    all.clock.advance(50)
    return { ...all, user, upload }
  }

  it('changes a session that others have kept alive meanwhile', async () => {
    const { sessions, user, clock, upload } = await opened()
    await user.visit()
    await sessions.close()
    clock.advance(11)
    upload.data.file = 'here'
    await sessions.commit(upload)
    expect((await user.visit()).session.data).toEqual({ file: 'here' })
  })

  it('changes nothing where nobody has', async () => {
    const { sessions, user, clock, upload } = await opened()
    clock.advance(11)
    upload.data.file = 'here'
    await expect(sessions.commit(upload)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect(await user.outcome()).toBe('expired:idle')
  })
})

describe('a slow request that logs out of one application of several', () => {
  it('does so although another has replaced the token, and leaves the others their session', async () => {
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

  it('is content where the session is gone', async () => {
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

describe('a slow request that logs in', () => {
  it('takes nothing of a session that has ended meanwhile into the one it begins', async () => {
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

describe('a slow request whose session idles out while it is at work', () => {
  for (const [what, slow] of Object.entries(slowRequests)) {
    it(`and that ${what} does not bring it back`, async () => {
      const { sessions, browser, clock } = world()
      const user = browser()
      await user.visit((session) => session.login('ada'))
      // A touch is due, and nobody has noted it yet.
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

describe('a slow request that only comes by', () => {
  it('does not move the idle mark of a session that a login has taken over meanwhile', async () => {
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

  it('is told so where it asks for a touch of what a login has taken over, and changes nothing', async () => {
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

describe('parallel requests of one session', () => {
  it('keep one another’s keys and lose no count, in every order', async () => {
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

  it('keep 50 keys, and count to 200', async () => {
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
    // Within one process writers queue up: nobody's write was in vain.
    expect(sessions.counters().conflict).toBeUndefined()
  })

  it('renew once: one new token, given to all, and nobody is logged out, in every order', async () => {
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

  it('of whom 50 come at the instant of renewal, are all given the one new token at once', async () => {
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

  it('end a session although another one writes to it all the time', async () => {
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

describe('a token that was renewed away', () => {
  async function renewed(options: Parameters<typeof world>[0] = {}) {
    const all = world({ timeouts: { idle: 0, rolling: 100, staleTtl: 10 }, ...options })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    const late = user.copy()
    all.clock.advance(76)
    await user.visit()
    return { ...all, user, late }
  }

  it('works for its grace, does everything but renew, and is given its successor again each time', async () => {
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

  it('leads on through every renewal since, within its grace', async () => {
    const { user, late, clock } = await renewed({ timeouts: { idle: 0, rolling: 100, staleTtl: 200 } })
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

  it('is the only thing that its successor can be learnt from: not even an unsealed row tells it', async () => {
    const { user, late, memory } = await renewed()
    const [id = '', current = ''] = user.jar.get('__Host-session')!.split('.')
    const { payload } = (await memory.read(id))!
    expect(payload).toContain('"ada"')
    for (const token of [current, late.jar.get('__Host-session')!.split('.')[1]!]) expect(payload).not.toContain(token)
  })

  it('is given its successor up to the last instant of the grace, also after a write in it', async () => {
    const { user, late, clock } = await renewed()
    clock.advance(10)
    await user.visit((session) => setKey(session, 'a', 1))
    const { session, carrier } = await late.visit()
    expect(session.outcome).toBe('stale')
    expect(carrier.setCookies[0]).toContain(user.jar.header)
  })

  it('writes nothing once its grace is over, though it was let in within it', async () => {
    const { sessions, user, late, clock } = await renewed()
    clock.advance(10)
    const carrier = fakeCarrier({ cookie: late.jar })
    const session = await sessions.open(carrier)
    clock.advance(0.001)
    setKey(session, 'a', 1)
    await expect(sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect((await user.visit()).session.data).toEqual({})
  })

  it('leads nowhere once its grace is over: the next write forgets the way', async () => {
    const { memory, user, clock } = await renewed()
    const id = user.jar.get('__Host-session')!.split('.')[0]!
    const earlier = async () => JSON.parse((await memory.read(id))!.payload.split('\n')[1]!)[7]
    const way = [expect.any(String), expect.any(Number), expect.stringMatching(/^[\w-]{43}$/)]
    expect(await earlier()).toEqual([way])
    clock.advance(10)
    await user.visit((session) => setKey(session, 'a', 1))
    expect(await earlier()).toEqual([way])
    clock.advance(0.001)
    await user.visit((session) => setKey(session, 'a', 2))
    expect(await earlier()).toEqual([way.slice(0, 2)])
  })

  it('is remembered among four, and proves nothing once there were more', async () => {
    const { user, late, clock } = await renewed()
    for (const outcome of ['reused', 'reused', 'reused', 'rejected']) {
      clock.advance(76)
      await user.visit()
      expect(await late.outcome()).toBe(outcome)
    }
  })

  it('is reported as reused after its grace, opens nothing and ends nothing', async () => {
    const { user, late, clock, events } = await renewed()
    clock.advance(10.001)
    const { session, sentCookie } = await late.visit()
    expect([session.outcome, session.isNew, sentCookie]).toEqual(['reused', true, false])
    expect(events.at(-1)).toMatchObject({ type: 'reused' })
    expect(await user.outcome()).toBe('resumed')
  })

  it('ends the session after its grace where that is asked for', async () => {
    const { user, late, clock } = await renewed({ onReuse: 'destroy' })
    clock.advance(11)
    await late.visit()
    expect(await user.outcome()).toBe('unknown')
  })

  it('has no grace left once somebody has logged in', async () => {
    const { user, late } = await renewed()
    await user.visit((session) => session.login('ada'))
    expect(await late.outcome()).toBe('rejected')
  })

  it('cannot end a session when it never was one of its tokens: ids are public', async () => {
    const { sessions, browser, events } = world({ onReuse: 'destroy' })
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    const forged = `__Host-session=${session.id}.${'A'.repeat(43)}`
    const opened = await sessions.open(fakeCarrier({ cookie: forged }))
    expect(opened.outcome).toBe('rejected')
    await opened.destroy()
    expect(events.at(-1)).toMatchObject({ type: 'rejected', reason: 'secret' })
    expect(await user.outcome()).toBe('resumed')
  })
})

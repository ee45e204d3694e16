import { memoryRevocations } from '@sojourn/session-core'
import { countingStore, fakeCarrier, parkedStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { world } from '../helpers/browser'

/** Opens a request and returns its session and carrier. */
async function request(all: Pick<ReturnType<typeof world>, 'sessions'>, cookie?: string) {
  const carrier = fakeCarrier({ cookie })
  return { carrier, session: await all.sessions.open(carrier) }
}

async function loggedIn(options: Parameters<typeof world>[0] = {}) {
  const all = world(options)
  const user = all.browser()
  await user.visit((session) => session.login('ada'))
  return { all, user, cookie: user.jar.header! }
}

describe('commit', () => {
  it('returns synchronously if nothing changed', async () => {
    const { all, cookie } = await loggedIn()
    const { session } = await request(all, cookie)
    expect(session.subject).toBe('ada')
    expect(all.sessions.commit(session)).toBeUndefined()
  })

  it('sets no header before the store has confirmed the write', async () => {
    const { all, cookie } = await loggedIn({ wrap: parkedStore })
    const store = all.store as ReturnType<typeof parkedStore<typeof all.memory>>
    const { session, carrier } = await request(all, cookie)
    session.data.a = 1
    store.park('update')
    let answered = false
    const committed = Promise.resolve(all.sessions.commit(session)).then(() => {
      answered = true
    })
    const write = await store.nextParked('update')
    expect(answered).toBe(false)
    await write.release()
    await committed
    expect(carrier.setCookies).toEqual([])
  })

  it('drops data changes if the status is 500 or above, the client is gone, or the headers are sent', async () => {
    const { all, user, cookie } = await loggedIn()
    for (const how of [{ statusCode: 500 }, { statusCode: 503 }, { aborted: true }, { headersSent: true }]) {
      const { session, carrier } = await request(all, cookie)
      session.data.lost = true
      Object.assign(carrier, how)
      expect(all.sessions.commit(session)).toBeUndefined()
    }
    expect((await user.visit()).session.data).toEqual({})
    for (const statusCode of [200, 302, 401, 404, 499]) {
      const { session, carrier } = await request(all, cookie)
      session.data[statusCode] = true
      carrier.statusCode = statusCode
      await all.sessions.commit(session)
    }
    expect(Object.keys((await user.visit()).session.data)).toHaveLength(5)
  })

  it('leaves a due renewal to the next request if the status is 500 or above', async () => {
    const { all, user, cookie } = await loggedIn({ timeouts: { idle: 0, rolling: 100 } })
    all.clock.advance(80)
    const { session, carrier } = await request(all, cookie)
    carrier.statusCode = 500
    expect(all.sessions.commit(session)).toBeUndefined()
    expect(carrier.setCookies).toEqual([])
    expect((await user.visit()).sentCookie).toBe(true)
  })

  it('sends the cookie of an immediate change on an error response too, and after a second commit', async () => {
    const all = world()
    const { session, carrier } = await request(all)
    await session.login('ada')
    carrier.statusCode = 500
    expect(all.sessions.commit(session)).toBeUndefined()
    expect(all.sessions.commit(session)).toBeUndefined()
    expect(carrier.setCookies).toHaveLength(1)
    expect(carrier.responseHeader('cache-control')).toEqual(['no-store'])
  })

  it('sets no header if the headers were sent while it waited', async () => {
    const { all, cookie } = await loggedIn({ wrap: parkedStore, timeouts: { idle: 0, rolling: 100 } })
    const store = all.store as ReturnType<typeof parkedStore<typeof all.memory>>
    all.clock.advance(76)
    const { session, carrier } = await request(all, cookie)
    store.park('update')
    const committed = all.sessions.commit(session)
    const write = await store.nextParked('update')
    carrier.headersSent = true
    await write.release()
    await committed
    expect(carrier.setCookies).toEqual([])
  })

  it('fails once: the commit of the error response does not try again', async () => {
    const { all, cookie } = await loggedIn()
    const { session, carrier } = await request(all, cookie)
    session.data.a = 1
    await all.sessions.revokeAll('ada')
    await expect(all.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
    carrier.statusCode = 409
    expect(all.sessions.commit(session)).toBeUndefined()
  })

  it('records an activity once if it is called several times', async () => {
    const { all, cookie } = await loggedIn({ wrap: countingStore })
    const store = all.store as ReturnType<typeof countingStore<typeof all.memory>>
    all.clock.advance(61)
    const { session } = await request(all, cookie)
    all.sessions.commit(session)
    all.sessions.commit(session)
    await all.sessions.close()
    expect(store.calls.touch).toBe(1)
  })

  it('keeps other cookies, and replaces an earlier line of the session cookie', async () => {
    const all = world()
    const { session, carrier } = await request(all)
    carrier.setResponseHeader('set-cookie', ['theme=dark', '__Host-session=planted', '__Host-session2=other'])
    session.data.a = 1
    await all.sessions.commit(session)
    expect(carrier.setCookies.map((line) => line.split('=')[0])).toEqual(['theme', '__Host-session2', '__Host-session'])
  })

  it('waits for methods that the handler did not await, and creates no second session', async () => {
    const all = world()
    const user = all.browser()
    const unawaited: Promise<unknown>[] = []
    await user.visit((session) => {
      session.data.a = 1
      unawaited.push(session.update('n', (n = 0) => n + 1))
      session.data.b = 2
    })
    expect(all.sessions.counters().events).toMatchObject({ created: 1, renewed: 0, regenerated: 0, conflict: 0 })
    await user.visit((session) => {
      unawaited.push(session.login('ada'))
      unawaited.push(session.update('n', (n = 0) => n + 1))
      session.data.c = 3
    })
    const { session } = await user.visit()
    expect([session.subject, session.data]).toEqual(['ada', { a: 1, b: 2, c: 3, n: 2 }])
    await user.visit((mine) => {
      unawaited.push(mine.destroy())
    })
    expect(user.jar.names).toEqual([])
    await Promise.all(unawaited)
  })

  it('does not fail for the error of a method, which rejects its own promise', async () => {
    const { user } = await loggedIn()
    const boom = new Error('boom')
    let update: Promise<unknown> | undefined
    const { carrier } = await user.visit((session) => {
      update = session.update('n', () => Promise.reject(boom))
      update.catch(() => {})
      session.data.kept = true
    })
    await expect(update).rejects.toBe(boom)
    expect(carrier.responseHeader('vary')).toEqual(['Cookie'])
    expect((await user.visit()).session.data).toEqual({ kept: true })
  })

  it('after the headers are sent, refuses changes that need a cookie and writes those that need none', async () => {
    const { all, user, cookie } = await loggedIn()
    const { session, carrier } = await request(all, cookie)
    carrier.headersSent = true
    for (const change of [() => session.login('bob'), () => session.regenerate()]) {
      await expect(change()).rejects.toMatchObject({ code: 'ERR_SESSION_HEADERS_SENT' })
    }
    await session.update('n', () => 1)
    session.data.saved = true
    await session.save()
    expect((await user.visit()).session.data).toEqual({ n: 1, saved: true })

    const fresh = await request(all)
    fresh.carrier.headersSent = true
    fresh.session.data.a = 1
    await expect(fresh.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_HEADERS_SENT' })

    const sealed = await loggedIn({ cookieStorage: true, revocations: memoryRevocations() })
    const late = await request(sealed.all, sealed.cookie)
    late.carrier.headersSent = true
    await expect(late.session.update('n', () => 1)).rejects.toMatchObject({ code: 'ERR_SESSION_HEADERS_SENT' })
  })

  it('destroy after the headers are sent ends the session, although its cookie stays', async () => {
    const { all, user, cookie } = await loggedIn()
    const { session, carrier } = await request(all, cookie)
    carrier.headersSent = true
    await session.destroy()
    expect(await user.outcome()).toBe('unknown')
  })

  it('destroy and logout after the headers are sent are refused in cookie mode', async () => {
    const { all, user, cookie } = await loggedIn({ cookieStorage: true })
    const { session, carrier } = await request(all, cookie)
    carrier.headersSent = true
    for (const end of ['destroy', 'logout'] as const) {
      await expect(session[end]()).rejects.toMatchObject({ code: 'ERR_SESSION_HEADERS_SENT' })
    }
    expect([session.subject, await user.outcome()]).toEqual(['ada', 'resumed'])
    const anonymous = await request(all)
    anonymous.carrier.headersSent = true
    await anonymous.session.destroy()
  })

  it('reports once that browsers drop a Secure cookie over http, and not on loopback', async () => {
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:80', 'app.localhost']) {
      const { browser, events } = world()
      await browser().visit((session) => session.login('ada'), { secure: false, headers: { host } })
      expect(events.map(({ type }) => type)).not.toContain('cookie-not-kept')
    }
    const { browser, events } = world()
    for (let i = 0; i < 3; i++) {
      const { sentCookie } = await browser().visit((session) => session.login('ada'), { secure: false })
      expect(sentCookie).toBe(true)
    }
    const notes = events.filter(({ type }) => type === 'cookie-not-kept')
    expect(notes).toHaveLength(1)
    expect(notes[0]).toHaveProperty('message', expect.stringContaining('trust proxy'))
  })

  it('ignores an onEvent function that throws or rejects', async () => {
    const caught: string[] = []
    for (const onEvent of [
      () => {
        throw new Error('watcher')
      },
      async () => Promise.reject(new Error('watcher')),
      // biome-ignore lint/suspicious/noThenProperty: a thenable that is not a Promise.
      () => ({ then: (_: unknown, fail: unknown) => caught.push(typeof fail) }),
    ]) {
      const all = world({ onEvent })
      await all.browser().visit((session) => session.login('ada'))
      expect(all.sessions.counters().events).toMatchObject({ created: 1, login: 1 })
    }
    expect(caught).toEqual(['function', 'function'])
  })
})

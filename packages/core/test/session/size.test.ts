import { createSessionManager, memoryRevocations } from '@sojourn/session-core'
import { countingStore, fakeClock } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { modes, SECRET, world } from '../helpers/browser'
import { outcomeOf, visit } from '../helpers/raw-request'

const TOO_LARGE = { code: 'ERR_SESSION_TOO_LARGE', statusCode: 500 }

describe.each(modes)('maxBytes in $mode', ({ make }) => {
  it('refuses a change that makes the session longer, and keeps what was stored', async () => {
    const { browser, sessions } = make({ maxBytes: 2000 })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    await user.visit((session) => {
      session.data.kept = 1
    })
    // Two bytes of UTF-8 each: the text has fewer characters than maxBytes.
    const long = 'é'.repeat(1000)
    for (const change of ['save', 'commit', 'update', 'login'] as const) {
      const failed = user.visit(async (session) => {
        if (change !== 'update') session.data.long = long
        if (change === 'save') await session.save()
        if (change === 'update') await session.update('long', () => long)
        if (change === 'login') await session.login('ada')
      })
      await expect(failed, change).rejects.toMatchObject(TOO_LARGE)
    }
    expect((await user.visit()).session.data).toEqual({ kept: 1 })
    const stranger = browser().visit((session) => {
      session.data.long = long
    })
    await expect(stranger).rejects.toMatchObject(TOO_LARGE)
    await sessions.close()
  })
})

describe('maxBytes', () => {
  it('is 256 KiB by default, and nothing is written', async () => {
    const { browser, store } = world({ wrap: countingStore })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    store.resetCalls()
    const failed = user.visit((session) => {
      session.data.long = 'x'.repeat(256 * 1024)
    })
    await expect(failed).rejects.toMatchObject(TOO_LARGE)
    expect(store.calls).toEqual({ read: 1 })
    await user.visit((session) => {
      session.data.long = 'x'.repeat(250 * 1024)
    })
    expect((await user.visit()).session.data.long).toHaveLength(250 * 1024)
  })

  it('a login that is too large evicts no session of its subject', async () => {
    const { browser } = world({ maxPerSubject: 1, maxBytes: 2000 })
    const [first, second] = [browser(), browser()]
    await first.visit((session) => session.login('ada'))
    const failed = second.visit(async (session) => {
      session.data.long = 'x'.repeat(3000)
      await session.login('ada')
    })
    await expect(failed).rejects.toMatchObject(TOO_LARGE)
    expect(await first.outcome()).toBe('resumed')
  })

  it('once it was lowered, a longer session is renewed, becomes shorter and is left', async () => {
    const before = world({ timeouts: { idle: 0, rolling: 3600 } })
    const after = world({ memory: before.memory, maxBytes: 2000, timeouts: { idle: 0, rolling: 3600 } })
    const user = before.browser()
    await user.visit(async (session) => {
      session.data = { a: 'x'.repeat(3000), b: 'x'.repeat(3000) }
      await session.login('ada')
    })
    const later = new (user.constructor as typeof import('../helpers/browser').Browser)(after.sessions, user.jar)
    after.clock.advance(2800)
    expect((await later.visit()).sentCookie).toBe(true)
    await later.visit((session) => {
      delete session.data.a
    })
    await expect(
      later.visit((session) => {
        session.data.c = 'x'.repeat(3000)
      }),
    ).rejects.toMatchObject(TOO_LARGE)
    await later.visit((session) => session.logout())
    expect((await later.visit()).session.subject).toBeUndefined()
  })
})

describe('compress', () => {
  it('opens no cookie that inflates to more than 64 KiB, and seals none, however many chunks there are', async () => {
    const clock = fakeClock()
    const sessions = createSessionManager({
      secret: SECRET,
      clock,
      compress: true,
      cookie: { chunks: 9 },
      revocations: memoryRevocations({ clock }),
    })
    const store = (length: number) =>
      visit(sessions, undefined, (session) => {
        session.data.text = 'x'.repeat(length)
      })
    const { cookie } = await store(60_000)
    expect(cookie.length).toBeLessThan(1000)
    expect(await outcomeOf(sessions, cookie)).toBe('resumed')
    await expect(store(70_000)).rejects.toMatchObject(TOO_LARGE)
  })
})

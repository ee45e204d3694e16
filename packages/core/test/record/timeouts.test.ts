import {
  createSessionManager,
  memoryStore,
  type SessionEvent,
  type SessionOptions,
  type TimeoutOptions,
} from '@sojourn/session-core'
import { fakeClock } from '@sojourn/session-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcomeOf, visit, withDefaults } from '../helpers/raw-request'

const DAY = 86_400
const MINUTE = 60_000

const modes: [string, () => Partial<SessionOptions>][] = [
  ['a store', () => ({ store: memoryStore() })],
  ['the cookie', () => ({})],
]

/** A manager, and a session created and logged in at the clock's start. */
async function begun(timeouts: TimeoutOptions, options: Partial<SessionOptions> = {}) {
  const clock = fakeClock()
  const events: SessionEvent[] = []
  const sessions = createSessionManager(
    withDefaults(clock, { timeouts, ...options, onEvent: (event) => events.push(event) }),
  )
  const { cookie, session } = await visit(sessions, undefined, (session) => session.login('alice'))
  events.length = 0
  const start = clock()
  /** Sets the clock to `seconds` after the start. */
  const at = (seconds: number) => clock.set(start + Math.round(seconds * 1000))
  const types = () => events.map(({ type }) => type)
  return { sessions, cookie, id: session.id, at, events, types }
}

describe.each(modes)('timeouts in %s', (mode, options) => {
  it.each<[string, TimeoutOptions, number]>([
    ['idle', {}, 900],
    ['rolling', { idle: 0 }, 3600],
    ['absolute', { idle: 0, rolling: 0 }, DAY],
    ['idle', { idle: 0.5 }, 0.5],
    ['rolling', { idle: 0, rolling: 10.25 }, 10.25],
    ['absolute', { idle: 0, rolling: 0, absolute: 1 }, 1],
  ])('end the session after their time and not at it: %s with %j', async (clock, timeouts, seconds) => {
    // A new session each time: what is found to be over is deleted from a store.
    for (const dead of [seconds + 0.001, seconds + 1, seconds * 2]) {
      const { sessions, cookie, at, events } = await begun(timeouts, options())
      for (const alive of [0, seconds / 2, seconds - 0.001, seconds]) {
        at(alive)
        expect(await outcomeOf(sessions, cookie)).toBe('resumed')
      }
      at(dead)
      events.length = 0
      expect(await outcomeOf(sessions, cookie)).toBe(`expired:${clock}`)
      expect(events).toMatchObject([{ type: 'expired', reason: clock }])
    }
  })

  it.each<[string, TimeoutOptions]>([
    ['idle', { idle: 100, rolling: 200, absolute: 300 }],
    ['idle', { idle: 100, rolling: 300, absolute: 200 }],
    ['rolling', { idle: 200, rolling: 100, absolute: 300 }],
    ['rolling', { idle: 300, rolling: 100, absolute: 200 }],
    ['absolute', { idle: 200, rolling: 300, absolute: 100 }],
    ['absolute', { idle: 300, rolling: 200, absolute: 100 }],
  ])('if all have passed, the outcome names the first: %s of %j', async (first, timeouts) => {
    const { sessions, cookie, at } = await begun(timeouts, options())
    at(1000)
    expect(await outcomeOf(sessions, cookie)).toBe(`expired:${first}`)
  })

  it('are disabled by 0, each separately and all together', async () => {
    for (const [timeouts, lasts] of [
      [{ idle: 0, rolling: 0 }, DAY],
      [{ idle: 0, absolute: 0 }, 3600],
      [{ rolling: 0, absolute: 0 }, 900],
      [{ idle: 0, rolling: 0, absolute: 0 }, 399 * DAY],
    ] as const) {
      const { sessions, cookie, at } = await begun(timeouts, options())
      at(lasts)
      expect(await outcomeOf(sessions, cookie)).toBe('resumed')
    }
  })

  it('a time more than five minutes in the future is rejected, and one below counts as now', async () => {
    const { sessions, cookie, at, events, types } = await begun({}, options())
    for (const back of [-1, -60, -299.999, -300]) {
      at(back)
      const { session, lines } = await visit(sessions, cookie)
      expect(session.outcome).toBe('resumed')
      expect(session.remaining).toEqual({ idle: 900, rolling: 3600, absolute: DAY, nearest: 900 })
      expect(lines).toEqual([])
    }
    expect(types()).toEqual([])
    for (const back of [-300.001, -301, -DAY]) {
      at(back)
      events.length = 0
      expect(await outcomeOf(sessions, cookie)).toBe('rejected')
      expect(events).toMatchObject([{ type: 'rejected', reason: 'instant' }])
    }
    at(0)
    expect(await outcomeOf(sessions, cookie)).toBe('resumed')
  })

  it('remaining gives the whole seconds left after the response, so a touch that is due counts as done', async () => {
    const { sessions, cookie, at } = await begun({ absolute: 0 }, options())
    for (const [seconds, idle, rolling] of [
      [50.5, 849, 3549],
      [100.5, 900, 3499],
    ] as const) {
      at(seconds)
      await visit(sessions, cookie, ({ remaining }) => {
        expect(remaining).toEqual({ idle, rolling, absolute: Number.POSITIVE_INFINITY, nearest: idle })
      })
    }
    at(99)
    expect((await visit(sessions, cookie)).session.remaining.nearest).toBe(900)
  })

  it('the token is renewed after more than three quarters of rolling', async () => {
    for (const [seconds, due] of [
      [2699.999, false],
      [2700, false],
      [2700.001, true],
      [2701, true],
      [3600, true],
    ] as const) {
      const { sessions, cookie, at } = await begun({ idle: 0 }, options())
      at(seconds)
      expect((await visit(sessions, cookie)).lines).toHaveLength(due ? 1 : 0)
    }
  })

  it('the token is renewed after the share renewAfter of rolling, and never if rolling is 0', async () => {
    for (const [timeouts, seconds, due] of [
      [{ idle: 0, renewAfter: 0.5 }, 1800, false],
      [{ idle: 0, renewAfter: 0.5 }, 1800.001, true],
      [{ idle: 0, rolling: 100, renewAfter: 0.1 }, 10.001, true],
      [{ idle: 0, rolling: 0 }, 80_000, false],
    ] as const) {
      const { sessions, cookie, at } = await begun(timeouts, options())
      at(seconds)
      expect((await visit(sessions, cookie)).lines).toHaveLength(due ? 1 : 0)
    }
  })

  it('rolling counts from the latest renewal', async () => {
    const { sessions, cookie, at } = await begun({ idle: 0 }, options())
    at(3000)
    const renewed = await visit(sessions, cookie)
    at(3000 + 2700)
    expect((await visit(sessions, renewed.cookie)).lines).toEqual([])
    at(3000 + 3600)
    expect(await outcomeOf(sessions, renewed.cookie)).toBe('resumed')
    at(3000 + 3600.001)
    expect(await outcomeOf(sessions, renewed.cookie)).toBe('expired:rolling')
  })

  it('activity is recorded after more than the touch threshold', async () => {
    for (const [timeouts, seconds, due] of [
      [{}, 59.999, false],
      [{}, 60, false],
      [{}, 60.001, true],
      [{}, 61, true],
      [{ idle: 100 }, 10, false],
      [{ idle: 100 }, 10.001, true],
      [{ touchThreshold: 0 }, 0, false],
      [{ touchThreshold: 0 }, 0.001, true],
      [{ touchThreshold: 899 }, 899, false],
      [{ idle: 0 }, 2000, false],
    ] as const) {
      const { sessions, cookie, at, types } = await begun(timeouts, options())
      at(seconds)
      const { lines } = await visit(sessions, cookie)
      await sessions.close()
      // Store mode sends a touch; cookie mode has to replace the cookie.
      expect(mode === 'a store' ? types() : lines.map(() => 'touched')).toEqual(due ? ['touched'] : [])
    }
  })

  it('idle counts from the last recorded activity', async () => {
    const { sessions, cookie, at } = await begun({}, options())
    at(800)
    const touched = (await visit(sessions, cookie)).cookie || cookie
    await sessions.close()
    at(1700)
    expect(await outcomeOf(sessions, touched)).toBe('resumed')
    at(1700.001)
    expect(await outcomeOf(sessions, touched)).toBe('expired:idle')
  })

  it('are those of the current configuration, not those at the session’s creation', async () => {
    const shared = options()
    const { cookie } = await begun({}, shared)
    const another = (await begun({}, shared)).cookie
    const clock = fakeClock()
    clock.advance(500)
    const stricter = createSessionManager(withDefaults(clock, { ...shared, timeouts: { idle: 499 } }))
    expect(await outcomeOf(stricter, cookie)).toBe('expired:idle')
    clock.advance(5000)
    const laxer = createSessionManager(withDefaults(clock, { ...shared, timeouts: { idle: 6000 } }))
    expect(await outcomeOf(laxer, another)).toBe('resumed')
  })
})

describe('expiresAt of a row', () => {
  const duration = fc.integer({ min: 0, max: 500 * DAY })

  it('is a minute after the nearest end, and at most 400 days and a minute ahead', async () => {
    await fc.assert(
      fc.asyncProperty(duration, duration, duration, async (idle, rolling, absolute) => {
        const store = memoryStore({ clock: fakeClock() })
        const { id } = await begun({ idle, rolling, absolute }, { store: store })
        const row = (await store.read(id))!
        const clocks = [idle, rolling, absolute].filter((seconds) => seconds > 0)
        expect(row.expiresAt - fakeClock()()).toBe(Math.min(...clocks, 400 * DAY) * 1000 + MINUTE)
        if (absolute > 0) expect(row.absoluteExpiresAt - fakeClock()()).toBe(absolute * 1000 + MINUTE)
        else expect(row.absoluteExpiresAt).toBe(Number.MAX_SAFE_INTEGER)
      }),
      { numRuns: 100, seed: 6 },
    )
  })

  it('is moved by a touch, but not beyond the absolute end', async () => {
    const store = memoryStore({ clock: fakeClock() })
    const { sessions, cookie, id, at } = await begun({ idle: 900, rolling: 0, absolute: 1000 }, { store: store })
    at(800)
    await visit(sessions, cookie)
    await sessions.close()
    expect((await store.read(id))!.expiresAt).toBe(fakeClock()() + 1000 * 1000 + MINUTE)
  })
})

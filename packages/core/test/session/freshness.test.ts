import {
  createSessionManager,
  type FreshnessOptions,
  freshness,
  isSessionError,
  type MemoryStore,
  type Session,
} from '@sojourn/session-core'
import { fakeCarrier, flakyStore } from '@sojourn/session-testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AnyData, Browser, modes, SECRET, world } from '../helpers/browser'

const NOW = 1_000_000_000
const login = (secondsAgo: number, level?: number) => ({
  subject: 'ada',
  authenticatedAt: NOW - secondsAgo * 1000,
  level,
})

describe('freshness', () => {
  it.each([
    ['a login of this moment', login(0), { within: 300 }, 'fresh'],
    ['a login as old as is allowed', login(300), { within: 300 }, 'fresh'],
    ['a login one millisecond older', login(300.001), { within: 300 }, 'too-old'],
    ['a login of a machine whose clock is ahead', login(-20), { within: 300 }, 'fresh'],
    ['no login', { subject: undefined, authenticatedAt: undefined, level: undefined }, { within: 300 }, 'anonymous'],
    ['a restored login', { subject: 'ada', authenticatedAt: undefined, level: undefined }, { within: 300 }, 'restored'],
    [
      'a restored login where a level is asked',
      { subject: 'ada', authenticatedAt: undefined, level: 2 },
      { level: 1 },
      'restored',
    ],
    ['the level that is asked', login(9_999, 2), { level: 2 }, 'fresh'],
    ['a higher level', login(10, 3), { within: 300, level: 2 }, 'fresh'],
    ['a lower level', login(10, 1), { within: 300, level: 2 }, 'level'],
    ['a login that named no level', login(10), { within: 300, level: 1 }, 'level'],
    ['a lower level of long ago', login(9_999, 1), { within: 300, level: 2 }, 'level'],
    ['the level that is asked, of long ago', login(301, 2), { within: 300, level: 2 }, 'too-old'],
  ] as const)('of %s', (_, session, options, verdict) => {
    expect(freshness(session, options, NOW)).toBe(verdict)
  })
})

/** What `requireFresh` throws: the reason, and undefined if it passes. */
function refusal(session: { requireFresh(options: FreshnessOptions): void }, options: FreshnessOptions) {
  try {
    return session.requireFresh(options)
  } catch (error) {
    if (isSessionError(error, 'ERR_SESSION_NOT_FRESH')) return `${error.statusCode} ${error.reason}`
    throw error
  }
}

describe.each(modes)('requireFresh with sessions in $mode', ({ mode, make }) => {
  it('passes after a login until its time is over, also where the token is renewed in between', async () => {
    const { browser, clock } = make({ timeouts: { idle: 0, rolling: 360, absolute: 0 } })
    const user = browser()
    await user.visit((session) => {
      expect(refusal(session, { within: 300 })).toBe('401 anonymous')
      return session.login('ada')
    })
    clock.advance(300)
    const renewed = await user.visit((session) => expect(refusal(session, { within: 300 })).toBeUndefined())
    expect(renewed.sentCookie).toBe(true)
    clock.advance(1)
    await user.visit((session) => expect(refusal(session, { within: 300 })).toBe('401 too-old'))
    await user.visit(async (session) => {
      await session.regenerate()
      await session.touch()
      expect(refusal(session, { within: 300 })).toBe('401 too-old')
      await session.login('ada')
      expect(refusal(session, { within: 300 })).toBeUndefined()
    })
  })

  it('refuses what remember-me began, until a login', async () => {
    const { browser, clock } = make({ remember: true, timeouts: { idle: 60, absolute: 0 } })
    const user = browser()
    await user.visit((session) => session.login('ada', { remember: true, level: 2 }))
    clock.advance(61)
    const { session } = await user.visit((session) => {
      expect(refusal(session, { within: 86_400 })).toBe('401 restored')
      expect(refusal(session, { level: 1 })).toBe('401 restored')
    })
    expect(session).toMatchObject({ outcome: 'restored', subject: 'ada', level: undefined })
    await user.visit((session) => expect(refusal(session, { within: 86_400 })).toBe('401 restored'))
    await user.visit(async (session) => {
      await session.login('ada')
      expect(refusal(session, { within: 300 })).toBeUndefined()
    })
  })

  it('a step-up keeps the data, replaces the token and is remembered', async () => {
    const { browser } = make()
    const user = browser()
    await user.visit(async (session) => {
      session.data.cart = ['tea']
      await session.login('ada', { level: 1 })
    })
    const before = user.jar.header
    await user.visit((session) => {
      expect(refusal(session, { level: 2 })).toBe('401 level')
      return session.login('ada', { level: 2 })
    })
    expect(user.jar.header).not.toBe(before)
    const { session } = await user.visit((session) => expect(refusal(session, { level: 2, within: 5 })).toBeUndefined())
    expect(session).toMatchObject({ level: 2, data: { cart: ['tea'] } })
  })

  it.each<[string, (session: Session<AnyData>) => Promise<void>, string]>([
    ['a logout', (session) => session.logout(), '401 anonymous'],
    ['a destroy', (session) => session.destroy(), '401 anonymous'],
    ['a login of another subject', (session) => session.login('bob'), '401 level'],
    ['a login of the same subject that names none', (session) => session.login('ada'), '401 level'],
    ['a login at a lower level', (session) => session.login('ada', { level: 1 }), '401 level'],
  ])('a level is lost by %s', async (_, act, expected) => {
    const user = make().browser()
    await user.visit((session) => session.login('ada', { level: 2 }))
    await user.visit(async (session) => {
      await act(session)
      expect(refusal(session, { level: 2 })).toBe(expected)
    })
    await user.visit((session) => expect(refusal(session, { level: 2 })).toBe(expected))
  })

  it('each application has a level of its own', async () => {
    const { browser, clock, store } = make({ audience: 'shop' })
    const storage = mode === 'a store' ? { store: store as MemoryStore } : {}
    const options = { secret: SECRET, clock, audience: 'blog', cookie: { marker: false }, ...storage }
    const shop = browser()
    const blog = new Browser(createSessionManager<AnyData>(options), shop.jar)
    await shop.visit((session) => session.login('ada', { level: 2 }))
    await blog.visit((session) => expect(refusal(session, { level: 1 })).toBe('401 anonymous'))
    await blog.visit((session) => session.login('ada', { level: 1 }))
    await shop.visit((session) => expect(refusal(session, { level: 2 })).toBeUndefined())
    await blog.visit((session) => expect(refusal(session, { level: 2 })).toBe('401 level'))
  })

  it('refuses a level or a requirement that means nothing', async () => {
    const { session } = await make().browser().visit()
    for (const level of [0, -1, 1.5, '2', Number.NaN, Number.POSITIVE_INFINITY, null]) {
      expect(() => session.login('ada', { level: level as number }), String(level)).toThrow(/login\(\) takes .*level/)
      expect(() => session.requireFresh({ level: level as number }), String(level)).toThrow(/level/)
    }
    for (const within of [0, -1, '300', Number.NaN, Number.POSITIVE_INFINITY, null]) {
      expect(() => session.requireFresh({ within: within as number }), String(within)).toThrow(/within/)
    }
    for (const options of [{}, undefined, null, 300, { within: 300, levels: 2 }]) {
      const code = expect.objectContaining({ code: 'ERR_SESSION_USAGE' })
      expect(() => session.requireFresh(options as FreshnessOptions), JSON.stringify(options)).toThrow(code)
    }
  })
})

it('says what to ask for, where nothing is asked', async () => {
  const { session } = await world().browser().visit()
  for (const options of [{}, undefined, null]) {
    const make = () => session.requireFresh(options as FreshnessOptions)
    expect(make).toThrow('requireFresh: asks for nothing: give { within: 300 } in seconds, { level: 2 }, or both')
  }
})

it('a `within` that was written in milliseconds has one warning, and is obeyed', async () => {
  const { browser, events } = world()
  const user = browser()
  await user.visit(async (session) => {
    await session.login('ada')
    for (const within of [300, 86_400, 300_000, 900_000]) session.requireFresh({ within })
  })
  expect(events.filter(({ type }) => type === 'config-warning')).toMatchObject([
    {
      option: 'requireFresh.within',
      message:
        'requireFresh.within is 300 000 seconds, which are 3.5 days. Durations are in seconds: for 5 minutes, write 300.',
    },
  ])
})

it('a `within` that was written in milliseconds is a warning of the process if no onEvent is given', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const sessions = createSessionManager({ secret: SECRET })
  const session = await sessions.open(fakeCarrier())
  expect(refusal(session, { within: 300_000 })).toBe('401 anonymous')
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining('requireFresh.within is 300 000 seconds'),
    expect.anything(),
  )
})

it('a store that is down is an error of the store, and never asks for a login', async () => {
  const { browser, store, sessions } = world({ wrap: flakyStore, onUnavailable: 'empty' })
  const user = browser()
  await user.visit((session) => session.login('ada'))
  store.next('read', 'throw')
  const session = await sessions.open(fakeCarrier({ cookie: user.jar }))
  expect(session.outcome).toBe('unavailable')
  expect(() => session.requireFresh({ within: 300 })).toThrow(expect.objectContaining({ statusCode: 503 }))
})

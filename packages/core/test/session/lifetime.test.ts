import { fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, world } from '../helpers/browser'

const DAY = 86_400
const timeouts = { idle: 900, rolling: 3600, absolute: 90 * DAY, longest: 30 * DAY }
const ended = { code: 'ERR_SESSION_ENDED' }

describe.each([
  ['store mode', false],
  ['cookie mode', true],
])('a lifetime of its own, %s', (_, cookieStorage) => {
  const site = (options: Parameters<typeof world>[0] = {}) =>
    world({ timeouts, cookieStorage, cookie: { persistent: true }, ...options })

  it('is longer than the configured one: the session is alive after days without a request, and over after it', async () => {
    const { browser, clock } = site()
    const user = browser()
    await user.visit((session) => session.login('ada', { idle: 20 * DAY }))
    clock.advance(20 * DAY - 1)
    const { session } = await user.visit()
    expect([session.outcome, session.subject]).toEqual(['resumed', 'ada'])
    expect(session.remaining.idle).toBe(20 * DAY)
    clock.advance(20 * DAY + 1)
    expect(await user.outcome()).toMatch(/^expired:(idle|rolling)$/)
  })

  it('is shorter than the configured one', async () => {
    const { browser, clock } = site()
    const user = browser()
    await user.visit(async (session) => {
      session.data.cart = 1
      await session.setIdle(60)
    })
    for (let visits = 0; visits < 5; visits++) {
      clock.advance(50)
      expect((await user.visit()).session.outcome).toBe('resumed')
    }
    clock.advance(61)
    expect(await user.outcome()).toBe('expired:idle')
  })

  it('Max-Age of the cookie is as long, also where the session had a cookie already', async () => {
    const { browser } = site()
    const user = browser()
    const maxAge = ({ carrier }: { carrier: { setCookies: string[] } }) =>
      Number(/Max-Age=(\d+)/.exec(carrier.setCookies[0] ?? '')?.[1])
    expect(maxAge(await user.visit((session) => session.login('ada')))).toBe(3600)
    expect(maxAge(await user.visit((session) => session.setIdle(20 * DAY)))).toBe(20 * DAY)
    expect(maxAge(await user.visit((session) => session.setIdle(undefined)))).toBe(3600)
    expect(maxAge(await user.visit((session) => session.login('ada', { idle: 10 * DAY })))).toBe(10 * DAY)
  })

  it('is over with the absolute clock all the same, and after a lower configuration', async () => {
    const { browser, clock } = site({ timeouts: { ...timeouts, absolute: 5 * DAY } })
    const user = browser()
    await user.visit((session) => session.login('ada', { idle: 20 * DAY }))
    clock.advance(5 * DAY + 1)
    expect(await user.outcome()).toBe('expired:absolute')
  })

  it('a login states its own, and regenerate and a touch keep it', async () => {
    const { browser, clock } = site()
    const user = browser()
    await user.visit((session) => session.login('ada', { idle: 20 * DAY }))
    await user.visit((session) => session.regenerate())
    await user.visit((session) => session.touch())
    const { session } = await user.visit()
    expect([session.remaining.idle, session.idle]).toEqual([20 * DAY, 20 * DAY])
    const again = (await user.visit((session) => session.login('ada'))).session
    expect([again.remaining.idle, again.idle]).toEqual([900, undefined])
    clock.advance(901)
    expect(await user.outcome()).toBe('expired:idle')
  })

  it('without a session and without a change, nothing begins', async () => {
    const { browser } = site()
    const { sentCookie } = await browser().visit((session) => session.setIdle(60))
    expect(sentCookie).toBe(false)
  })

  it.each([0, -1, 30 * DAY + 1, Number.NaN, Number.POSITIVE_INFINITY, '60' as never, null as never])(
    '%s seconds are refused, and the error names timeouts.longest',
    async (seconds) => {
      const { sessions } = site()
      const session = await sessions.open(fakeCarrier())
      const refused = expect.objectContaining({
        code: 'ERR_SESSION_USAGE',
        message: expect.stringContaining('longest'),
      })
      expect(() => session.setIdle(seconds)).toThrow(refused)
      expect(() => session.login('ada', { idle: seconds })).toThrow(refused)
    },
  )

  it('regenerate with empty leaves nothing of a login, and another session may follow in the same request', async () => {
    const { browser } = site()
    const user = browser()
    await user.visit(async (session) => {
      session.data.cart = 1
      await session.login('ada')
    })
    const before = (await user.visit()).session.id
    const copy = user.copy()
    await user.visit(async (session) => {
      await session.regenerate({ empty: true })
      expect([session.data, session.subject, session.isNew]).toEqual([{}, undefined, true])
      session.data.flash = 'bye'
    })
    const { session } = await user.visit()
    expect([session.data, session.subject]).toEqual([{ flash: 'bye' }, undefined])
    expect(session.id).not.toBe(before)
    if (!cookieStorage) expect((await copy.visit()).session.outcome).toBe('unknown')
  })

  it('regenerate with empty gives an anonymous session another token, and no late request of the old one begins another', async () => {
    const { browser } = site()
    const user = browser()
    await user.visit((session) => Object.assign(session.data, { cart: 1 }))
    const copy = user.copy()
    await user.visit((session) => session.regenerate({ empty: true }))
    expect((await user.visit()).session.data).toEqual({})
    if (cookieStorage) return
    await expect(copy.visit((session) => Object.assign(session.data, { late: 1 }))).rejects.toMatchObject(ended)
  })

  it('reload drops what is not stored', async () => {
    const { browser } = site()
    const user = browser()
    await user.visit((session) => Object.assign(session.data, { cart: 1 }))
    await user.visit(async (session) => {
      session.data = { cart: 2, other: 3 }
      await session.reload()
      expect(session.data).toEqual({ cart: 1 })
    })
    expect((await user.visit()).session.data).toEqual({ cart: 1 })
    const { sentCookie, session } = await browser().visit(async (session) => {
      session.data.cart = 1
      await session.reload()
    })
    expect([sentCookie, session.data]).toEqual([false, {}])
  })
})

describe('a request that outlives its response', () => {
  async function socket() {
    const { browser, sessions, clock } = world({ timeouts })
    const user = browser()
    await user.visit((session) => session.login('ada'))
    const carrier = fakeCarrier({ cookie: user.jar })
    const session = (await sessions.open(carrier)) as AnyData
    carrier.headersSent = true
    return { user, session, sessions, clock, browser }
  }

  it('reload has what other requests have stored, also after they renewed the token', async () => {
    const { user, session, clock } = await socket()
    await user.visit((other) => Object.assign(other.data, { cart: 1 }))
    await session.reload()
    expect(session.data).toEqual({ cart: 1 })
    for (let at = 0; at < 4; at++) {
      clock.advance(800)
      await user.visit()
    }
    await user.visit((other) => Object.assign(other.data, { cart: 2 }))
    await session.reload()
    expect(session.data).toEqual({ cart: 2 })
  })

  it('reload rejects once the session has ended', async () => {
    const { session, sessions } = await socket()
    await sessions.revokeAll('ada')
    await expect(session.reload()).rejects.toMatchObject(ended)
  })

  it('a lifetime is stored without a cookie', async () => {
    const { session, user } = await socket()
    await session.setIdle(20 * DAY)
    expect((await user.visit()).session.remaining.idle).toBe(20 * DAY)
  })

  it('save stores, or rejects where there is no session that it could be stored in', async () => {
    const { session, user, sessions } = await socket()
    session.data.cart = 1
    await session.save()
    expect((await user.visit()).session.data).toEqual({ cart: 1 })
    const carrier = fakeCarrier()
    const anonymous = await sessions.open(carrier)
    carrier.headersSent = true
    anonymous.data.cart = 1
    await expect(anonymous.save()).rejects.toMatchObject({ code: 'ERR_SESSION_HEADERS_SENT' })
    await sessions.revokeAll('ada')
    session.data.cart = 2
    await expect(session.save()).rejects.toMatchObject(ended)
  })

  it('save rejects after a session was destroyed, and after its commit failed', async () => {
    const { session } = await socket()
    await session.destroy()
    session.data.cart = 1
    await expect(session.save()).rejects.toMatchObject(ended)
  })
})

it('lists and the expiry of rows follow the own lifetime', async () => {
  const { browser, sessions, clock } = world({ timeouts })
  await browser().visit((session) => session.login('ada', { idle: 20 * DAY }))
  clock.advance(10 * DAY)
  const [listed] = await sessions.list('ada')
  expect(listed?.expiresAt).toBe(clock() + 10 * DAY * 1000)
  expect(await sessions.list('ada')).toHaveLength(1)
  clock.advance(10 * DAY + 1)
  expect(await sessions.list('ada')).toEqual([])
})

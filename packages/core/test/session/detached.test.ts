import { fakeCarrier } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser, world } from '../helpers/browser'

/** A user who is logged in, and a request that outlives its response: an upgrade to WebSocket, or a stream. */
async function opened(options: Parameters<typeof world>[0] = {}) {
  const { sessions, clock, browser, ...rest } = world(options)
  const user = browser()
  await user.visit((session) => session.login('ada'))
  const socket = await open(user)
  return { ...rest, sessions, clock, browser, user, socket }

  async function open({ jar }: Browser) {
    const carrier = fakeCarrier({ cookie: jar })
    const session = await sessions.open(carrier)
    carrier.headersSent = true
    const add = () => session.update('n', (n = 0) => Number(n) + 1)
    return { session, add }
  }
}

const ended = { code: 'ERR_SESSION_ENDED' }

describe('request whose response is sent', () => {
  it('goes on by the id of its session, however often the token is renewed', async () => {
    const { clock, user, socket, sessions } = await opened({ timeouts: { idle: 0, rolling: 3600, absolute: 0 } })
    for (let renewals = 1; renewals <= 10; renewals++) {
      clock.advance(3500)
      expect((await user.visit()).sentCookie).toBe(true)
      expect((await user.visit()).session.outcome).toBe('resumed')
      clock.advance(60)
      expect(await socket.add()).toBe(renewals)
      socket.session.data.saved = renewals
      await socket.session.save()
      await socket.session.touch()
    }
    expect((await user.visit()).session.data).toEqual({ n: 10, saved: 10 })
    expect(sessions.counters().events.reused).toBe(0)
  })

  it.each<[string, (session: AnyData) => Promise<void>]>([
    ['login', (session) => session.login('bob')],
    ['login of the same subject', (session) => session.login('ada')],
    ['regenerate', (session) => session.regenerate()],
    ['logout', (session) => session.logout()],
    ['destroy', (session) => session.destroy()],
  ])('ends with %s in another request, also if the token was renewed after it', async (_, end) => {
    const { clock, user, socket } = await opened({ timeouts: { idle: 0, rolling: 3600, absolute: 0 } })
    await user.visit(end)
    await expect(socket.add()).rejects.toMatchObject(ended)
    clock.advance(3500)
    await user.visit()
    await expect(socket.add()).rejects.toMatchObject(ended)
    expect((await user.visit()).session.data).toEqual({})
  })

  it('ends with a revocation and with a clock of the session', async () => {
    const revoked = await opened()
    await revoked.sessions.revokeAll('ada')
    await expect(revoked.socket.add()).rejects.toMatchObject(ended)
    const expired = await opened({ timeouts: { idle: 900, rolling: 3600, absolute: 0 } })
    expired.clock.advance(901)
    await expect(expired.socket.add()).rejects.toMatchObject(ended)
  })

  it('ends if its application leaves a session that others still use, and not if another one leaves', async () => {
    const shop = await opened({ audience: 'shop' })
    const admin = world({ audience: 'admin', memory: shop.memory, clock: shop.clock })
    const visitAdmin = (handler: (session: AnyData) => Promise<void>) =>
      new Browser(admin.sessions, shop.user.jar).visit(handler)
    await visitAdmin((session) => session.update('n', () => 1))
    await visitAdmin((session) => session.logout())
    expect(await shop.socket.add()).toBe(1)
    await visitAdmin((session) => session.update('n', () => 1))
    await shop.user.visit((session) => session.logout())
    await expect(shop.socket.add()).rejects.toMatchObject(ended)
  })

  it('does not begin with a token that is not honoured any more', async () => {
    const { clock, user, sessions } = await opened({ timeouts: { idle: 0, rolling: 3600, absolute: 0 } })
    const old = user.copy()
    clock.advance(3500)
    await user.visit()
    await user.visit()
    clock.advance(60)
    const carrier = fakeCarrier({ cookie: old.jar })
    const session = await sessions.open(carrier)
    carrier.headersSent = true
    expect(session.outcome).toBe('reused')
    await expect(session.update('n', () => 1)).rejects.toMatchObject({ code: 'ERR_SESSION_HEADERS_SENT' })
  })

  it('needs a token that is honoured as long as a cookie can follow', async () => {
    const { clock, user, sessions } = await opened({ timeouts: { idle: 0, rolling: 3600, absolute: 0 } })
    const session = await sessions.open(fakeCarrier({ cookie: user.jar.copy() }))
    clock.advance(3500)
    await user.visit()
    await user.visit()
    clock.advance(60)
    await expect(session.update('n', () => 1)).rejects.toMatchObject(ended)
  })
})

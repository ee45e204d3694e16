import { createSessionManager, type SessionOptions } from '@sojourn/session-core'
import { fakeCarrier, flakyStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, modes, world } from '../helpers/browser'
import { refusal } from '../helpers/refusal'

const SECRET = 'a secret for tests, at least 32 bytes long'
const header = ({ carrier }: Awaited<ReturnType<Browser['visit']>>) => carrier.responseHeader('clear-site-data')
const BOTH = ['"cache", "storage"']

describe.each(modes)('clearSiteData with sessions in $mode', ({ make }) => {
  it.each(['logout', 'destroy'] as const)(
    'is sent with %s, with and without a session, and with nothing else',
    async (end) => {
      const user = make({ clearSiteData: true }).browser()
      expect(header(await user.visit((session) => session.login('ada')))).toEqual([])
      expect(header(await user.visit(({ data }) => Object.assign(data, { cart: 1 })))).toEqual([])
      expect(header(await user.visit((session) => session.regenerate()))).toEqual([])
      expect(header(await user.visit((session) => session[end]()))).toEqual(BOTH)
      expect(header(await user.visit((session) => session[end]()))).toEqual(BOTH)
      expect(header(await user.visit())).toEqual([])
    },
  )

  it('is not sent by default', async () => {
    const user = make().browser()
    expect(header(await user.visit((session) => session.destroy()))).toEqual([])
    expect(make().sessions.describe().clearSiteData).toEqual([])
    expect(make({ clearSiteData: false }).sessions.describe().clearSiteData).toEqual([])
    expect(make({ clearSiteData: true }).sessions.describe().clearSiteData).toEqual(['cache', 'storage'])
  })

  it('is never sent over plain http, where browsers ignore it', async () => {
    const user = make({ clearSiteData: true }).browser()
    expect(header(await user.visit((session) => session.logout(), { secure: false }))).toEqual([])
  })

  it('is not sent if a login follows in the same response', async () => {
    const user = make({ clearSiteData: true }).browser()
    await user.visit((session) => session.login('ada'))
    const visit = await user.visit(async (session) => {
      await session.logout()
      await session.login('bob')
    })
    expect(header(visit)).toEqual([])
  })

  it('keeps what the handler has set, and sends what is configured', async () => {
    const user = make({ clearSiteData: ['cookies', 'storage'] }).browser()
    const carrier = fakeCarrier()
    carrier.setResponseHeader('clear-site-data', ['"clientHints", "storage"'])
    const session = await user.sessions.open(carrier)
    await session.logout()
    await user.sessions.commit(session)
    expect(carrier.responseHeader('clear-site-data')).toEqual(['"clientHints", "storage", "cookies"'])
  })
})

it('clears no cookies in a response that sets one: another application is still in the session', async () => {
  const all = world({ audience: 'shop', clearSiteData: ['cookies', 'storage'] })
  const shop = all.browser()
  const options = { secret: SECRET, clock: all.clock, store: all.memory, audience: 'blog', cookie: { marker: false } }
  const blog = new Browser(createSessionManager(options), shop.jar)
  await shop.visit((session) => session.login('ada'))
  await blog.visit((session) => session.login('ada'))
  expect(header(await shop.visit((session) => session.logout()))).toEqual(['"storage"'])
  expect((await blog.visit()).session.subject).toBe('ada')
})

it('is sent although the store fails, as the cookie is cleared', async () => {
  const { browser, store, sessions } = world({ wrap: flakyStore, clearSiteData: true })
  const user = browser()
  await user.visit((session) => session.login('ada'))
  store.next('delete', 'throw', Number.POSITIVE_INFINITY)
  const carrier = fakeCarrier({ cookie: user.jar })
  const session = await sessions.open(carrier)
  await expect(session.destroy()).rejects.toMatchObject({ statusCode: 503 })
  carrier.statusCode = 503
  await sessions.commit(session)
  expect(carrier.responseHeader('clear-site-data')).toEqual(BOTH)
})

it.each([[['cokies']], ['cache'], [['"cache"']], [1], [[null]], [{}]])('refuses %j', (clearSiteData) => {
  const options = { secret: SECRET, clearSiteData } as unknown as SessionOptions
  expect(refusal(options).option).toBe('clearSiteData')
})

import { createSessionManager, memoryRevocations, type RevocationStore } from '@sojourn/session-core'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { importFrom } from '../../src/import'
import { FORMATS } from './support/formats'
import { Browser, closeAll, loggedIn, newSite, secret } from './support/site'

afterEach(closeAll)

const openSite = (name: string) => FORMATS.find(([each]) => each === name)![1]()

/** A browser that is logged in to a site with cookie-session, and revocations that a test can get in the way of. */
async function switched(
  options: Parameters<Awaited<ReturnType<typeof openSite>>['source']>[0] = {},
  manager: Parameters<typeof newSite>[1] = {},
) {
  const old = await openSite('cookie-session')
  const memory = memoryRevocations()
  const hooks = { revoke: async () => {}, read: async () => {} }
  const written: string[] = []
  const revocations: RevocationStore = {
    async revoke(key, entry) {
      written.push(key)
      const first = await memory.revoke(key, entry)
      await hooks.revoke()
      return first
    },
    async read(keys) {
      await hooks.read()
      return memory.read(keys)
    },
  }
  const site = await newSite([old.source(options)], { ...manager, revocations })
  const browser = new Browser()
  await browser.get(`${old.url}/login`)
  return { old, site, browser, hooks, written, me: `${site.url}/me` }
}

const down = () => Promise.reject(new Error('down'))

describe('an import into a sealed cookie', () => {
  it.each(['read', 'revoke'] as const)(
    'fails with 503 while revocations.%s() is down, and loses nothing',
    async (method) => {
      const { old, browser, hooks, me } = await switched()
      const works = hooks[method]
      hooks[method] = down
      const failed = await browser.get(me)
      expect(failed).toMatchObject({ status: 503, body: { code: 'ERR_STORE_UNAVAILABLE' }, setCookie: [] })
      expect((await browser.get(`${old.url}/me`)).body).toEqual(loggedIn)
      hooks[method] = works
      expect((await browser.get(me)).body).toMatchObject({ subject: 'ada', data: loggedIn, outcome: 'imported' })
    },
  )

  it('leaves revocations alone that cannot be reached, as every request does', async () => {
    const { old, hooks, me } = await switched()
    let asked = 0
    hooks.read = () => {
      asked++
      return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    }
    for (let request = 0; request < 12; request++) {
      const browser = new Browser()
      await browser.get(`${old.url}/login`)
      expect((await browser.get(me)).status).toBe(503)
    }
    // The default of `circuitBreaker`. That an old cookie opens is no answer of theirs.
    expect(asked).toBe(5)
  })

  it('brings no session back that revokeAll ends while it is being imported', async () => {
    const { site, browser, hooks, me } = await switched()
    const copy = browser.copy()
    hooks.revoke = async () => {
      hooks.revoke = async () => {}
      await site.sessions.revokeAll('ada')
    }
    expect((await browser.get(me)).body.subject).toBeUndefined()
    expect((await copy.get(me)).body.subject).toBeUndefined()
  })

  it('begins no session of a subject whose sessions were all ended long ago', async () => {
    const { site, browser, me } = await switched()
    await site.sessions.revokeAll('ada')
    // Longer than another machine's clock may be ahead.
    site.clock.ahead += 600_000
    expect((await browser.get(me)).body.subject).toBeUndefined()
  })

  it('begins no session again that its clocks have ended, also if its cookie never came back', async () => {
    const { site, browser, me } = await switched()
    const { body } = await browser.get(me, false)
    site.clock.ahead += (body.remaining.idle + 1) * 1000
    const { body: later } = await browser.get(me)
    expect([later.subject, later.data]).toEqual([undefined, {}])
  })

  it('clears the old cookie under a polluted Object.prototype, too', async () => {
    const { browser, me } = await switched()
    Object.defineProperty(Object.prototype, 'keepsCookie', { value: true, configurable: true, writable: true })
    onTestFinished(() => void Reflect.deleteProperty(Object.prototype, 'keepsCookie'))
    const { body, setCookie } = await browser.get(me)
    expect(body).toMatchObject({ subject: 'ada', outcome: 'imported' })
    expect(setCookie.filter((line) => line.includes('Max-Age=0')).length).toBeGreaterThan(0)
  })

  it('begins no session again that a login has replaced', async () => {
    const { site, browser, me } = await switched()
    const copy = browser.copy()
    await browser.get(me)
    await browser.get(`${site.url}/login/eve`)
    expect((await copy.get(me)).body.subject).toBeUndefined()
    expect((await browser.get(me)).body.subject).toBe('eve')
  })

  it('binds the session to the client that was first, and hands it to no other', async () => {
    const { browser, me } = await switched({}, { bind: ['user-agent'] })
    const [other, lost] = [browser.copy(), browser.copy()]
    expect((await browser.get(me, true, { 'user-agent': 'one' })).body.subject).toBe('ada')
    const { body } = await other.get(me, true, { 'user-agent': 'other' })
    expect(body).toMatchObject({ outcome: 'mismatch', data: {} })
    expect((await lost.get(me, true, { 'user-agent': 'one' })).body.subject).toBe('ada')
    expect((await browser.get(me, true, { 'user-agent': 'one' })).body.subject).toBe('ada')
  })

  it('leaves no entry for a visitor who is not logged in, so that no one can fill the store', async () => {
    const { old, me, written } = await switched({ anonymous: true })
    const visitor = new Browser()
    await visitor.get(`${old.url}/visit`)
    expect((await visitor.get(me)).body.data).toEqual({ cart: ['tea'] })
    expect((await visitor.get(me)).body.data).toEqual({ cart: ['tea'] })
    expect(written).toEqual([])
  })

  it('notes once that its cookie has come back', async () => {
    const { browser, me, written } = await switched()
    await browser.get(me)
    const claimed = written.length
    for (let request = 0; request < 3; request++) await browser.get(me)
    expect(written.slice(claimed)).toEqual([expect.stringMatching(/^confirmed:/)])
  })

  it('is refused at start-up without revocations, and for sessions that are kept in a store', async () => {
    const [cookies, rows] = [await openSite('cookie-session'), await openSite('express-session')]
    const make = (source: Parameters<typeof importFrom>[0], revocations?: RevocationStore) => () =>
      createSessionManager({ secret, imports: importFrom(source), ...(revocations && { revocations }) })
    expect(make(cookies.source())).toThrow(/imports: needs a store or revocations/)
    expect(make(cookies.source(), memoryRevocations())).not.toThrow()
    expect(make(rows.source(), memoryRevocations())).toThrow(/imports: needs a store: connectSid connect.sid/)
  })
})

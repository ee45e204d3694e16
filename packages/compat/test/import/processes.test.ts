import { CookieJar } from '@sojourn/session-testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onDatabases } from '../../../connect/test/support/databases'
import type { SiteProcess } from '../../../connect/test/support/site-process'
import { hold, startSite, visit } from '../support/processes'

/** A process on express-session and two with the import, on one database, and browsers whose requests go from one to another. */
await onDatabases('processes', (options) => {
  const sites: SiteProcess[] = []
  beforeAll(async () => {
    for (const kind of ['express-session', 'import', 'import'] as const) {
      sites.push(await startSite(kind, options))
    }
  })
  afterAll(() => Promise.all(sites.map((site) => site.stop())).then(() => {}))

  it('while processes of both run, an imported session is in the new ones alone, and a logout there is final everywhere', async () => {
    const [old, one, other] = sites as [SiteProcess, SiteProcess, SiteProcess]
    const jar = new CookieJar()
    await visit(old, jar, '/login/ada')
    await visit(old, jar, '/set/cart')
    const before = jar.copy()
    const loggedIn = 'GET /me: 200 {"user":"ada","cart":true}'
    expect(await visit(old, jar, '/me')).toBe(loggedIn)
    const first = await Promise.all(
      [one, other, one, other, one, other].map((site) => visit(site, before.copy(), '/me')),
    )
    expect(first).toEqual(Array(6).fill(loggedIn))
    expect(await visit(one, jar, '/me')).toBe(loggedIn)
    expect(await visit(old, jar, '/me')).toBe('GET /me: 200 {}')
    expect(await visit(other, jar, '/me')).toBe(loggedIn)
    await visit(other, jar, '/logout')
    for (const site of sites) expect(await visit(site, before.copy(), '/me')).toBe('GET /me: 200 {}')
  })

  it('a late save of an old process, after a logout in a new one, logs no one in there', async () => {
    const [old, one, other] = sites as [SiteProcess, SiteProcess, SiteProcess]
    const jar = new CookieJar()
    await visit(old, jar, '/login/ada')
    const before = jar.copy()
    const late = await hold(old, jar, 'late')
    await visit(one, jar, '/me')
    await visit(one, jar, '/logout')
    await late()
    for (const site of [one, other]) expect(await visit(site, before.copy(), '/me')).toBe('GET /me: 200 {}')
  })

  it('after a roll back, those who were imported log in once more, and all others are logged in', async () => {
    const [old, one] = sites as [SiteProcess, SiteProcess, SiteProcess]
    const [imported, untouched] = [new CookieJar(), new CookieJar()]
    await visit(old, imported, '/login/ada')
    await visit(old, untouched, '/login/eve')
    await visit(one, imported, '/me')
    expect(await visit(old, imported, '/me')).toBe('GET /me: 200 {}')
    expect(await visit(old, untouched, '/me')).toBe('GET /me: 200 {"user":"eve"}')
  })
})

import { migrate } from '@sojourn/session-postgres'
import { CookieJar } from '@sojourn/session-testing'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SiteOptions, SiteProcess } from '../support/processes'

/** A process on express-session and two with the import, on one database, and browsers whose requests go from one to another. */
function tests(options: Omit<SiteOptions, 'kind'>): void {
  const sites: SiteProcess[] = []
  beforeAll(async () => {
    for (const kind of ['express-session', 'import', 'import'] as const) {
      sites.push(await SiteProcess.start({ ...options, kind }))
    }
  })
  afterAll(() => Promise.all(sites.map((site) => site.stop())).then(() => {}))

  it('while processes of both run, an imported session is in the new ones alone, and a logout there is final everywhere', async () => {
    const [old, one, other] = sites as [SiteProcess, SiteProcess, SiteProcess]
    const jar = new CookieJar()
    await old.visit(jar, '/login/ada')
    await old.visit(jar, '/set/cart')
    const before = jar.copy()
    const loggedIn = 'GET /me: 200 {"user":"ada","cart":true}'
    expect(await old.visit(jar, '/me')).toBe(loggedIn)
    const first = await Promise.all(
      [one, other, one, other, one, other].map((site) => site.visit(before.copy(), '/me')),
    )
    expect(first).toEqual(Array(6).fill(loggedIn))
    expect(await one.visit(jar, '/me')).toBe(loggedIn)
    expect(await old.visit(jar, '/me')).toBe('GET /me: 200 {}')
    expect(await other.visit(jar, '/me')).toBe(loggedIn)
    await other.visit(jar, '/logout')
    for (const site of sites) expect(await site.visit(before.copy(), '/me')).toBe('GET /me: 200 {}')
  })

  it('a late save of an old process, after a logout in a new one, logs no one in there', async () => {
    const [old, one, other] = sites as [SiteProcess, SiteProcess, SiteProcess]
    const jar = new CookieJar()
    await old.visit(jar, '/login/ada')
    const before = jar.copy()
    const late = await old.hold(jar, 'late')
    await one.visit(jar, '/me')
    await one.visit(jar, '/logout')
    await late()
    for (const site of [one, other]) expect(await site.visit(before.copy(), '/me')).toBe('GET /me: 200 {}')
  })

  it('after a roll back, those who were imported log in once more, and all others are logged in', async () => {
    const [old, one] = sites as [SiteProcess, SiteProcess, SiteProcess]
    const [imported, untouched] = [new CookieJar(), new CookieJar()]
    await old.visit(imported, '/login/ada')
    await old.visit(untouched, '/login/eve')
    await one.visit(imported, '/me')
    expect(await old.visit(imported, '/me')).toBe('GET /me: 200 {}')
    expect(await old.visit(untouched, '/me')).toBe('GET /me: 200 {"user":"eve"}')
  })
}

withServer({ describe, it, afterAll }, 'processes on Redis', await startRedis(), ({ url, namespace }) => {
  const prefix = `${namespace}:`
  afterAll(async () => {
    const redis = await createClient({ url }).connect()
    for await (const keys of redis.scanIterator({ MATCH: `${prefix}*` })) if (keys.length > 0) await redis.del(keys)
    await redis.close()
  })
  tests({ database: 'redis', url, prefix })
})

withServer({ describe, it, afterAll }, 'processes on Postgres', await startPostgres(), ({ url, namespace: schema }) => {
  const pool = new pg.Pool({ connectionString: url })
  beforeAll(async () => {
    await pool.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`)
    await migrate(pool, { schema })
  })
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
    await pool.end()
  })
  tests({ database: 'postgres', url, schema })
})

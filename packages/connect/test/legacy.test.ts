import { memoryStore, type SessionEvent } from '@sojourn/session-core'
import { countingStore, parkedStore } from '@sojourn/session-testing'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type LegacyRows, postgresRows, redisRows, sojournStore } from '../src'
import { json, promised, secret } from './support/library'
import { Browser, serve } from './support/served'

const hour = 3_600_000
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A site with express-session over a store. */
async function site(store: session.Store): Promise<string> {
  const app = express()
  app.use(session({ secret, resave: false, saveUninitialized: false, store, cookie: { maxAge: hour } }))
  app.get('/login/:user', (req, res, next) => {
    Object.assign(req.session, { user: req.params.user, cart: ['tea', { n: 1 }] })
    req.session.save((error) => (error ? next(error) : res.json({})))
  })
  app.get('/me', (req, res) => void res.json({ ...req.session, cookie: undefined }))
  app.get('/set/:key', (req, res) => {
    Object.assign(req.session, { [req.params.key]: true })
    res.json({})
  })
  app.get('/logout', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.json({}))))
  const { url, close } = await serve(app)
  closing.push(close)
  return url
}

const loggedIn = { user: 'ada', cart: ['tea', { n: 1 }] }

/** What holds of the rows of each store. `open` makes the store that was used before, as its README says. */
function tests(open: () => { before: session.Store; rows: LegacyRows }): void {
  /** A browser that is logged in to the old site, and the new site over the same users. */
  async function switched() {
    const { before, rows } = open()
    const events: SessionEvent[] = []
    const store = sojournStore(session, {
      store: memoryStore(),
      secret,
      subject: (data) => data.user,
      readLegacy: rows,
      onEvent: (event) => void events.push(event),
    })
    const [oldUrl, url] = [await site(before), await site(store)]
    const browser = new Browser(url)
    await browser.get('/login/ada', oldUrl)
    return { before, rows, store, events, oldUrl, browser }
  }
  const bodyOf = async (browser: Browser, url?: string) => (await browser.get('/me', url)).body

  it('the first request is logged in with equal data, and the row before is gone', async () => {
    const { browser, oldUrl } = await switched()
    expect(await bodyOf(browser)).toEqual(loggedIn)
    expect(await bodyOf(browser, oldUrl)).toEqual({})
    await browser.get('/set/more')
    expect(await bodyOf(browser)).toEqual({ ...loggedIn, more: true })
  })

  it('six parallel first requests are all logged in, to one session', async () => {
    const { browser, events, store } = await switched()
    expect(await Promise.all(Array.from({ length: 6 }, () => bodyOf(browser)))).toEqual(Array(6).fill(loggedIn))
    expect(events.filter(({ type }) => type === 'created')).toHaveLength(1)
    expect(await store.list('ada')).toHaveLength(1)
  })

  it('after a logout, also one before any other request, the cookie is logged in nowhere', async () => {
    const { browser, oldUrl } = await switched()
    const { cookie } = browser
    await browser.get('/logout')
    for (const url of [oldUrl, undefined]) {
      expect(await bodyOf(Object.assign(browser, { cookie }), url)).toEqual({})
    }
  })

  it('a row that an old process writes again after the logout brings no session back, and is deleted', async () => {
    const { browser, before, oldUrl } = await switched()
    const { cookie } = browser
    const sid = decodeURIComponent(cookie.split('=')[1]!).slice(2).split('.')[0]!
    const late = await new Promise<session.SessionData>((resolve) => before.get(sid, (_, found) => resolve(found!)))
    await browser.get('/logout')
    await new Promise((done) => before.set(sid, late, done))
    expect(await bodyOf(Object.assign(browser, { cookie }))).toEqual({})
    expect(await bodyOf(Object.assign(browser, { cookie }), oldUrl)).toEqual({})
  })

  it('revokeAll reaches a session that has not been read yet', async () => {
    const { browser, store, oldUrl, events } = await switched()
    await store.revokeAll('ada')
    expect(events.map(({ type }) => type)).toEqual(['revoked'])
    const { cookie } = browser
    expect(await bodyOf(browser)).toEqual({})
    expect(await bodyOf(Object.assign(browser, { cookie }), oldUrl)).toEqual({})
  })

  it('revoke and revokeAll end a session that has been read', async () => {
    for (const end of ['revoke', 'revokeAll'] as const) {
      const { browser, store } = await switched()
      await bodyOf(browser)
      const [{ id } = { id: '' }] = await store.list('ada')
      await store[end](end === 'revoke' ? id : 'ada')
      expect(await bodyOf(browser)).toEqual({})
    }
  })

  it('a session keeps the end that it had', async () => {
    const { before, rows } = open()
    const now = { ms: Date.now() }
    const { get } = promised({ store: memoryStore(), readLegacy: rows, clock: () => now.ms })
    const cookie = Object.assign(new session.Cookie(), { maxAge: hour })
    await new Promise((done) => before.set('s1', { cookie, user: 'ada' } as never, done))
    const read = await get('s1')
    expect(read).toMatchObject({
      user: 'ada',
      cookie: { originalMaxAge: cookie.originalMaxAge, httpOnly: true, path: '/' },
    })
    // Both stores keep whole seconds.
    expect(Math.abs(Date.parse(String(json(read).cookie.expires)) - cookie.expires!.getTime())).toBeLessThan(2000)
    now.ms += hour + 5000
    expect(await get('s1')).toBeNull()
  })

  it('a session whose old row could not be deleted is deleted there by the next request', async () => {
    const { before, rows } = open()
    const broken = { times: 1 }
    const readLegacy: LegacyRows = {
      read: rows.read,
      end: (sid) => (broken.times-- > 0 ? Promise.reject(new Error('down')) : rows.end(sid)),
    }
    const { get } = promised({ store: memoryStore(), readLegacy })
    await new Promise((done) => before.set('s1', { cookie: new session.Cookie(), user: 'ada' } as never, done))
    await expect(get('s1')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', statusCode: 503 })
    expect(await get('s1')).toMatchObject({ user: 'ada' })
    expect(await rows.read('s1')).toBeUndefined()
  })
}

withServer({ describe, it, afterAll }, 'rows of connect-redis', await startRedis(), ({ url, namespace }) => {
  const redis = createClient({ url })
  const ioredis = new Redis(url)
  let count = 0
  beforeAll(() => redis.connect().then(() => {}))
  afterAll(async () => {
    for (const key of await ioredis.keys(`${namespace}:*`)) await ioredis.del(key)
    await redis.close()
    await ioredis.quit()
  })

  describe.each([
    ['redis', redis],
    ['ioredis', ioredis],
  ])('read with %s', (_, client) => {
    tests(() => {
      const prefix = `${namespace}:${++count}:`
      return { before: new RedisStore({ client: redis, prefix }), rows: redisRows(client, { prefix }) }
    })
  })

  it('that are no JSON read as absent', async () => {
    const prefix = `${namespace}:broken:`
    await ioredis.set(`${prefix}s1`, 'not { json')
    const { get } = promised({ store: memoryStore(), readLegacy: redisRows(redis, { prefix }) })
    expect(await get('s1')).toBeNull()
  })
})

withServer(
  { describe, it, afterAll },
  'rows of connect-pg-simple',
  await startPostgres(),
  ({ url, namespace: schema }) => {
    // Not UTC, because the column has no time zone.
    const pool = new pg.Pool({ connectionString: url, options: '-c TimeZone=Asia/Kolkata' })
    beforeAll(() => pool.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`).then(() => {}))
    afterAll(async () => {
      await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
      await pool.end()
    })

    const Store = connectPgSimple(session)
    tests(() => {
      const before = new Store({ pool, schemaName: schema, createTableIfMissing: true, pruneSessionInterval: false })
      return { before, rows: postgresRows(pool, { schema }) }
    })

    it('are found in a table with any name', async () => {
      const table = 'old "sessions'
      await pool.query(
        `CREATE TABLE "${schema}"."old ""sessions" (sid varchar PRIMARY KEY, sess json, expire timestamp(6))`,
      )
      const before = new Store({ pool, schemaName: schema, tableName: table, pruneSessionInterval: false })
      await new Promise((done) => before.set('s1', { cookie: new session.Cookie(), user: 'ada' } as never, done))
      expect(await postgresRows(pool, { schema, table }).read('s1')).toMatchObject({ session: { user: 'ada' } })
    })
  },
)

describe('readLegacy', () => {
  it.each([
    [() => redisRows(undefined as never), /redisRows.client: is missing/],
    [() => redisRows({ get() {}, del() {} } as never), /redisRows.client: has no method pTTL\(\)/],
    [
      () => redisRows({ get() {}, del() {}, pttl() {} } as never, { prefixes: 'x' } as never),
      /did you mean redisRows.prefix/,
    ],
    [() => postgresRows(undefined as never), /postgresRows.pool: is missing/],
    [() => postgresRows({ query() {} } as never, { tableName: 'x' } as never), /tableName: is not an option/],
  ])('refuses wrong arguments at start-up, %#', (make, message) => {
    expect(make).toThrow(message)
  })

  it('passes on that the old store is down, as a 503', async () => {
    const readLegacy: LegacyRows = { read: () => Promise.reject(new Error('down')), end: async () => {} }
    const { get } = promised({ store: memoryStore(), readLegacy })
    await expect(get('s1')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', statusCode: 503 })
  })

  it('brings no session back that revokeAll ends while it is being read', async () => {
    const store = parkedStore(memoryStore())
    const cookie = { originalMaxAge: null, expires: null }
    const readLegacy: LegacyRows = { read: async () => ({ session: { cookie, user: 'ada' } }), end: async () => {} }
    const sessions = promised({ store, readLegacy, subject: ({ user }) => user })
    store.park('create')
    const reading = sessions.get('s1')
    const created = await store.nextParked('create')
    store.unpark('create')
    await sessions.store.revokeAll('ada')
    await created.release()
    expect(await reading).toBeNull()
    expect(await sessions.store.list('ada')).toEqual([])
  })

  it.each([
    ['no cookie', { user: 'ada' }],
    ['a cookie that is text', { user: 'ada', cookie: 'x' }],
    ['a cookie with an end that is no date', { user: 'ada', cookie: { expires: 'soon', originalMaxAge: 'long' } }],
  ])('reads a session with %s', async (_, found) => {
    const ended: string[] = []
    const readLegacy: LegacyRows = { read: async () => ({ session: found }), end: async (sid) => void ended.push(sid) }
    const { get } = promised({ store: memoryStore(), readLegacy })
    expect(await get('s1')).toMatchObject({ user: 'ada' })
    expect(ended).toEqual(['s1'])
  })

  it('reads a session with a key __proto__, without that key', async () => {
    const session = JSON.parse('{"user":"ada","body":{"__proto__":{"admin":true},"a":1},"__proto__":{"admin":true}}')
    const ended: string[] = []
    const readLegacy: LegacyRows = { read: async () => ({ session }), end: async (sid) => void ended.push(sid) }
    const { get } = promised({ store: memoryStore(), readLegacy, subject: ({ user }) => user })
    for (let visits = 0; visits < 2; visits++) {
      expect(json(await get('s1'))).toEqual({ user: 'ada', body: { a: 1 }, cookie: {} })
    }
    expect(ended).toEqual(['s1'])
  })

  it('many parallel first requests write the session once, and none competes with another', async () => {
    const store = countingStore(memoryStore())
    const readLegacy: LegacyRows = { read: async () => ({ session: { user: 'ada' } }), end: async () => {} }
    const kinds: string[] = []
    const { get } = promised({ store, readLegacy, onEvent: ({ type }) => void kinds.push(type) })
    const found = await Promise.all(Array.from({ length: 60 }, () => get('s1')))
    expect(found.filter((session) => session?.user !== 'ada')).toEqual([])
    expect(store.calls.update).toBe(1)
    expect(kinds).not.toContain('conflict')
  })

  it('leaves an old session where it is that is nested too deep, and says so', async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(3000)}"\\u0001"${'}'.repeat(3000)}`)
    const ended: string[] = []
    const readLegacy: LegacyRows = {
      read: async () => ({ session: { user: 'ada', deep } }),
      end: async (sid) => void ended.push(sid),
    }
    const { get } = promised({ store: memoryStore(), readLegacy })
    for (let visits = 0; visits < 2; visits++) {
      await expect(get('s1')).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_SERIALIZABLE' })
    }
    expect(ended).toEqual([])
  })

  it('ends an old session that is over, and yields none', async () => {
    const ended: string[] = []
    const cookie = { expires: new Date(1).toISOString(), originalMaxAge: null }
    const readLegacy: LegacyRows = {
      read: async () => ({ session: { cookie } }),
      end: async (sid) => void ended.push(sid),
    }
    const { get } = promised({ store: memoryStore(), readLegacy })
    expect(await get('s1')).toBeNull()
    expect(ended).toEqual(['s1'])
  })
})

import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { flakyStore, parkedStore } from '@sojourn/session-testing'
import session from 'express-session'
import { sealData } from 'iron-session'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  connectSid,
  foreign,
  importFrom,
  ironSession,
  keygripCookie,
  type LegacyRows,
  type OldData,
  type SessionSource,
} from '../../src/import'
import { expressSite, FORMATS, rowsOf } from './support/formats'
import { Browser, closeAll, loggedIn, newSite, secret } from './support/site'

afterEach(closeAll)

const until = new Date(Date.now() + 86_400_000)
const password = 'a password of iron-session, long enough'

/** express-session in memory, whose rows can fail. */
async function withRows() {
  const store = new session.MemoryStore()
  const down = { read: false, end: false }
  const sound = rowsOf(store)
  const rows: LegacyRows = {
    read: (sid) => (down.read ? Promise.reject(new Error('down')) : sound.read(sid)),
    end: (sid) => (down.end ? Promise.reject(new Error('down')) : sound.end(sid)),
  }
  const old = await expressSite(store, rows)
  const browser = new Browser()
  await browser.get(`${old.url}/login`)
  return { old, down, browser, before: browser.copy() }
}

/** Data with so many levels of lists below its key. */
function nested(levels: number): object {
  let value: unknown = 'core'
  for (let level = 0; level < levels; level++) value = [value]
  return { value }
}

const ofFormat = (name: string) => FORMATS.find(([each]) => each === name)![1]()

describe('an import that is configured wrongly', () => {
  it('tells why a genuine cookie has begun no session', async () => {
    const wrong: [string, (old: Awaited<ReturnType<typeof withRows>>['old']) => SessionSource][] = [
      ['absent', (old) => old.source({ rows: { read: async () => undefined, end: async () => {} } })],
      ['no-subject', (old) => old.source({ subject: (data) => data.userId })],
      ['until', (old) => old.source({ until: '2026-01-01' })],
    ]
    for (const [reason, source] of wrong) {
      const { old, browser } = await withRows()
      const { url, events } = await newSite([source(old)])
      expect((await browser.get(`${url}/me`)).body).toMatchObject({ outcome: 'unknown' })
      expect(events.filter(({ type }) => type === 'import-skipped')).toMatchObject([{ reason }])
    }
  })

  it('tells that the session which followed an old one has ended', async () => {
    const { old, browser, before } = await withRows()
    const { url, events } = await newSite([old.source()])
    for (const path of ['me', 'logout']) await browser.get(`${url}/${path}`)
    expect((await before.get(`${url}/me`)).body).toMatchObject({ outcome: 'unknown' })
    expect(events.filter(({ type }) => type === 'import-skipped')).toMatchObject([{ reason: 'ended' }])
  })

  it('warns at start-up of a source whose until has passed', async () => {
    const { old } = await withRows()
    const { events, sessions } = await newSite([old.source({ until: '2026-01-01' })])
    const warning = { type: 'config-warning', option: 'imports', message: expect.stringContaining('connect.sid') }
    expect(events).toContainEqual(expect.objectContaining(warning))
    expect(sessions.describe().warnings.join()).toContain('until')
  })

  it('is refused where a source has the name of one of our cookies', () => {
    const source = (name: string) => ironSession({ name, password, until, accept: () => true, subject: () => 'ada' })
    const cookie = { name: 'session', secure: false }
    for (const name of ['session', 'session-at', 'remember']) {
      const options = { secret, store: memoryStore(), cookie, remember: { name: 'remember' } }
      expect(() => createSessionManager({ ...options, imports: importFrom(source(name)) })).toThrow(
        /^imports: .*cookie/,
      )
    }
  })

  it('whose function throws, or names no subject, keeps the old cookie, which the mended function lets in', async () => {
    const wrong = {
      subject: [({ profile }: OldData) => profile.name, () => ({ id: 1 }), () => Number.NaN],
      data: [({ profile }: OldData) => profile.name],
    }
    const options = Object.entries(wrong).flatMap(([name, functions]) => functions.map((each) => ({ [name]: each })))
    for (const option of options) {
      const { old, browser } = await withRows()
      const { url } = await newSite([old.source(option)])
      const first = await browser.get(`${url}/me`)
      expect(first).toMatchObject({ status: 200, body: { outcome: 'rejected' }, setCookie: [] })
      const { url: mended } = await newSite([old.source()])
      expect((await browser.get(`${mended}/me`)).body).toMatchObject({ subject: 'ada', data: loggedIn })
    }
  })
})

describe('an import of iron-session', () => {
  it('takes no password from a polluted Object.prototype', async () => {
    const known = 'a password that an attacker knows, too'
    Object.defineProperty(Object.prototype, '77', { value: known, configurable: true, writable: true })
    onTestFinished(() => void delete (Object.prototype as { 77?: string })[77])
    const seal = await sealData({ user: 'eve' }, { password: { 77: known } })
    for (const own of [password, { 1: password }]) {
      const options = { name: 'iron', password: own, until, accept: () => true, subject: (data: OldData) => data.user }
      const { url } = await newSite([ironSession(options)])
      const { body } = await new Browser(new Map([['iron', seal]])).get(`${url}/me`)
      expect([body.outcome, body.subject]).toEqual(['rejected', undefined])
    }
  })
})

describe('an import', () => {
  it('fails with 503 while the source is down, and loses nothing', async () => {
    for (const what of ['read', 'end'] as const) {
      const { old, down, browser } = await withRows()
      const { url } = await newSite([old.source()])
      down[what] = true
      const failed = await browser.get(`${url}/me`)
      expect(failed).toMatchObject({ status: 503, body: { code: 'ERR_STORE_UNAVAILABLE' }, setCookie: [] })
      expect((await browser.get(`${old.url}/me`)).body).toEqual(loggedIn)
      down[what] = false
      expect((await browser.get(`${url}/me`)).body).toMatchObject({ subject: 'ada', data: loggedIn })
      expect((await browser.get(`${old.url}/me`)).body).toEqual({})
    }
  })

  it('fails with 503 while our store is down, and leaves the old session as it was', async () => {
    for (const method of ['read', 'create'] as const) {
      const { old, browser } = await withRows()
      const store = flakyStore(memoryStore())
      const { url } = await newSite([old.source()], { store })
      store.next(method, 'throw', Infinity)
      expect(await browser.get(`${url}/me`)).toMatchObject({ status: 503, setCookie: [] })
      store.heal()
      expect((await browser.get(`${old.url}/me`)).body).toEqual(loggedIn)
      expect((await browser.get(`${url}/me`)).body).toMatchObject({ subject: 'ada', data: loggedIn })
    }
  })

  it('whose reply from our store is lost goes on, at once or with the next request', async () => {
    for (const method of ['read', 'create', 'update'] as const) {
      for (let passed = 0; passed < 3; passed++) {
        const { old, browser } = await withRows()
        const store = flakyStore(memoryStore())
        const { url, sessions } = await newSite([old.source()], { store })
        if (passed > 0) store.next(method, 'pass', passed)
        store.next(method, 'lose reply')
        const first = await browser.get(`${url}/me`)
        const answer = first.status === 503 ? await browser.get(`${url}/me`) : first
        expect(answer.body, `${method} ${passed}`).toMatchObject({ subject: 'ada', data: loggedIn })
        expect(await sessions.list('ada')).toHaveLength(1)
      }
    }
  })

  it('brings no session back that revokeAll ends while it is being imported', async () => {
    const { old, browser } = await withRows()
    const store = parkedStore(memoryStore())
    const { url, sessions } = await newSite([old.source()], { store })
    store.park('create')
    const first = browser.get(`${url}/me`)
    const claim = await store.nextParked('create')
    const next = store.nextParked('create')
    await claim.release()
    const session = await next
    store.unpark('create')
    await sessions.revokeAll('ada')
    await session.release()
    expect((await first).body.subject).toBeUndefined()
    expect(await sessions.list('ada')).toEqual([])
  })

  it('takes no sealed link for a session, although it was sealed with the same password', async () => {
    const { url } = await newSite([
      ironSession({ name: 'iron', password, until, accept: (data) => !data.purpose, subject: (data) => data.user }),
    ])
    const browser = new Browser()
    browser.jar.set('iron', await sealData({ user: 'ada', purpose: 'magic link' }, { password }))
    const { status, body, setCookie } = await browser.get(`${url}/me`)
    expect([status, body.subject, body.outcome]).toEqual([200, undefined, 'rejected'])
    expect(setCookie.join()).toContain('iron=;')
  })

  it('reads no seal of another version, and no seal that is written in another way', async () => {
    const site = await newSite([
      ironSession({ name: 'iron', password, until, accept: () => true, subject: (data) => data.user }),
    ])
    const seal = await sealData({ user: 'ada' }, { password })
    const first = new Browser(new Map([['iron', seal]]))
    await first.get(`${site.url}/me`)
    await first.get(`${site.url}/logout`)
    const mac = seal.slice(0, -2).split('*').at(-1)!
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const same = letters[letters.indexOf(mac.at(-1)!) ^ 1]!
    for (const other of [seal.replace(/~2$/, '~1'), seal.slice(0, -2), `${seal.slice(0, -3)}${same}~2`]) {
      const { body, status } = await new Browser(new Map([['iron', other]])).get(`${site.url}/me`)
      expect([status, body.subject]).toEqual([200, undefined])
    }
  })

  it('with the documented opening of @fastify/secure-session, knows a cookie in one writing only', async () => {
    const old = await ofFormat('@fastify/secure-session, as the documentation opens them')
    const site = await newSite([old.source()])
    const browser = new Browser()
    await browser.get(`${old.url}/login`)
    const [name = '', value = ''] = [...browser.jar].at(-1)!
    for (const other of [`${value}%3Bx`, `${value}x`, `${value}%3D`, value.replace('%3B', '=%3B'), `-${value}`]) {
      const { body } = await new Browser(new Map([[name, other]])).get(`${site.url}/me`)
      expect([body.subject, body.outcome], other).toEqual([undefined, 'rejected'])
    }
    // The same text, and so the same key.
    const lower = value.replace(/%../g, (code) => code.toLowerCase())
    await browser.get(`${site.url}/me`)
    const again = await new Browser(new Map([[name, lower]])).get(`${site.url}/me`)
    expect(await site.sessions.list('ada')).toMatchObject([{ id: again.body.id }])
  })

  it('takes a function that throws, for an old session that lacks what it reads, as a refusal', async () => {
    const { old, browser } = await withRows()
    const site = await newSite([old.source({ subject: (data) => data.passport.user })])
    expect(await browser.get(`${site.url}/me`)).toMatchObject({ status: 200, body: { outcome: 'rejected' } })
    expect(site.events).toContainEqual(expect.objectContaining({ type: 'rejected', reason: 'import' }))
  })

  it('lets no key of an old session change a prototype', async () => {
    const text = '{"user":"ada","__proto__":{"admin":true},"settings":{"__proto__":{"admin":true},"dark":true}}'
    const { url } = await newSite([
      foreign({
        name: 'own',
        until,
        subject: (data) => data.user,
        open: (key) => ({ key, read: () => ({ data: JSON.parse(text) }) }),
      }),
    ])
    const browser = new Browser(new Map([['own', 'x']]))
    expect((await browser.get(`${url}/me`)).body).toMatchObject({
      subject: 'ada',
      data: { user: 'ada', settings: { dark: true } },
    })
    expect((await browser.get(`${url}/me`)).body.subject).toBe('ada')
    expect(({} as { admin?: true }).admin).toBeUndefined()
  })

  it('binds the session to the client that was first, and hands it to no other', async () => {
    const { old, browser } = await withRows()
    const { url } = await newSite([old.source()], { bind: ['user-agent'] })
    const other = browser.copy()
    expect((await browser.get(`${url}/me`, true, { 'user-agent': 'one' })).body.subject).toBe('ada')
    expect((await other.get(`${url}/me`, true, { 'user-agent': 'other' })).body).toMatchObject({ outcome: 'mismatch' })
    expect((await browser.get(`${url}/me`, true, { 'user-agent': 'one' })).body.subject).toBe('ada')
  })

  it('of a session above maxBytes is refused, and keeps the old one', async () => {
    const { old, browser } = await withRows()
    const data = () => ({ long: 'x'.repeat(2000) })
    const { url } = await newSite([old.source({ data })], { maxBytes: 1024 })
    expect(await browser.get(`${url}/me`)).toMatchObject({ status: 200, body: { outcome: 'rejected' }, setCookie: [] })
    expect((await browser.get(`${old.url}/me`)).body).toEqual(loggedIn)
  })

  it('beyond a limit that refuses logs no one in, and is no error', async () => {
    const { old, browser } = await withRows()
    const { url } = await newSite([old.source()], { onLimit: 'refuse' })
    await new Browser().get(`${url}/login/ada`)
    const { status, body } = await browser.get(`${url}/me`)
    expect([status, body.subject]).toEqual([200, undefined])
  })

  it('that a limit has refused ends at its source with a logout', async () => {
    const { old, browser } = await withRows()
    const { url } = await newSite([old.source()], { onLimit: 'refuse' })
    await new Browser().get(`${url}/login/ada`)
    const copy = browser.copy()
    await browser.get(`${url}/logout`)
    expect((await copy.get(`${old.url}/me`)).body).not.toEqual(loggedIn)
  })

  it('nested deeper than data may be is refused, is no error, and keeps the old one', async () => {
    const { old, browser } = await withRows()
    const data = nested(65)
    const { url } = await newSite([old.source({ data: () => data })])
    expect(await browser.get(`${url}/me`)).toMatchObject({ status: 200, body: { outcome: 'rejected' }, setCookie: [] })
    expect((await browser.get(`${old.url}/me`)).body).toEqual(loggedIn)
    const { url: later } = await newSite([old.source({ data: () => nested(64) })])
    expect((await browser.get(`${later}/me`)).body).toMatchObject({ subject: 'ada', data: nested(64) })
  })

  it('nested so deep that JSON cannot be made of it is refused, and is no error', async () => {
    const { old, browser } = await withRows()
    const data = nested(20_000)
    const { url } = await newSite([old.source({ data: () => data })])
    expect(await browser.get(`${url}/me`)).toMatchObject({ status: 200, body: { outcome: 'rejected' } })
  })

  it('after a login in the imported session, keeps it beyond the end of the old one', async () => {
    const { old, browser } = await withRows()
    const { url, clock } = await newSite([old.source({ until: new Date(Date.now() + 300_000) })])
    await browser.get(`${url}/me`)
    await browser.get(`${url}/login/ada`)
    clock.ahead += 400_000
    expect((await browser.get(`${url}/me`)).body).toMatchObject({ subject: 'ada', outcome: 'resumed' })
  })

  it('of one of two libraries clears the cookies of both', async () => {
    const [one, other] = [await ofFormat('koa-session'), await ofFormat('cookie-session')]
    const { url } = await newSite([one.source(), other.source()])
    const browser = new Browser()
    for (const old of [one, other]) await browser.get(`${old.url}/login`)
    expect((await browser.get(`${url}/me`)).body.subject).toBe('ada')
    await browser.get(`${url}/me`)
    expect([...browser.jar.keys()].toSorted()).toEqual(['__Host-session', '__Host-session-at'])
  })

  it('keeps a claim from which the store, and who has our secret, learns no token', async () => {
    const { old, browser } = await withRows()
    const rows: string[] = []
    const store = memoryStore()
    const create = store.create.bind(store)
    store.create = (row) => {
      rows.push(row.payload)
      return create(row)
    }
    const { url } = await newSite([old.source()], { store })
    await browser.get(`${url}/me`)
    const [, proof = ''] = browser.jar.get('__Host-session')!.split('.')
    expect(rows.length).toBeGreaterThan(1)
    expect(rows.join()).not.toContain(proof)
  })
})

describe('importFrom', () => {
  const rows: LegacyRows = { read: async () => undefined, end: async () => {} }
  const sid = () => connectSid({ secrets: 'short', rows, until, subject: () => undefined })
  const keygrip = { name: 'koa.sess', keys: ['k'], until, subject: () => undefined }
  it.each([
    ['no source', () => importFrom(), /imports: is empty/],
    ['one source twice', () => importFrom(sid(), sid()), /imports: has connectSid connect.sid more than once/],
    ['no store', () => createSessionManager({ secret, imports: importFrom(sid()) } as never), /imports: needs a store/],
    ['no until', () => connectSid({ secrets: 'x', rows, subject: () => 1 } as never), /connectSid.until: is missing/],
    [
      'an until that is no date',
      () => connectSid({ secrets: 'x', rows, subject: () => 1, until: 'soon' }),
      /until: must be/,
    ],
    ['no subject', () => connectSid({ secrets: 'x', rows, until } as never), /connectSid.subject: is missing/],
    ['no secret', () => connectSid({ secrets: [], rows, until, subject: () => 1 }), /connectSid.secrets: must be/],
    ['no rows', () => connectSid({ secrets: 'x', until, subject: () => 1 } as never), /connectSid.rows: is missing/],
    ['no algorithm', () => keygripCookie(keygrip as never), /keygripCookie.algorithm: is missing/],
    ['a weak algorithm', () => keygripCookie({ ...keygrip, algorithm: 'md5' as never }), /must be one of sha1/],
    [
      'iron-session without accept',
      () => ironSession({ name: 'iron', password, until, subject: () => 1 } as never),
      /ironSession.accept: is missing/,
    ],
    [
      'a short password',
      () => ironSession({ name: 'iron', password: 'short', until, accept: () => true, subject: () => 1 }),
      /ironSession.password: must be/,
    ],
    [
      'a misspelt option',
      () => foreign({ name: 'own', opens: () => undefined, until, subject: () => 1 } as never),
      /did you mean foreign.open/,
    ],
    [
      'a path that would add an attribute',
      () => connectSid({ secrets: 'x', rows, until, subject: () => 1, path: '/; Domain=evil' }),
      /connectSid.path/,
    ],
    ['a list of sources', () => importFrom([sid(), sid()] as never), 'imports: is a list: pass importFrom(one, other)'],
    ['rows as a source', () => importFrom(rows as never), 'imports: has no method names()'],
  ])('refuses %s at start-up', (_, make, message) => {
    expect(make).toThrow(message)
  })

  it('says what to pass in place of a client or an old store as rows', () => {
    for (const rows of ['redis://127.0.0.1', { sendCommand() {} }, { query() {} }, new session.MemoryStore()]) {
      expect(() => connectSid({ secrets: 'x', rows: rows as never, until, subject: () => 1 })).toThrow(
        /^connectSid\.rows: .*: pass (redisRows\(client, \{ prefix \}\)|postgresRows\(pool, \{ table \}\))/,
      )
    }
  })
})

import { createSessionManager, memoryStore, type SessionEvent } from '@sojourn/session-core'
import { countingStore, flakyStore } from '@sojourn/session-testing'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { sojournStore } from '../src'
import { type Data, json, promised, secret } from './support/library'
import { onEachStorage } from './support/storages'

const sid = 'a session id from a cookie'
const hour = 3_600_000

/** The key that a manager's events have for a subject. */
async function keyOf(subject: string): Promise<string> {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent) => void events.push(event)
  const sessions = createSessionManager({ secret, store: memoryStore(), onEvent })
  await sessions.revokeAll(subject)
  return (events[0] as { subjectKey: string }).subjectKey
}

await onEachStorage('sojournStore', (open) => {
  async function opened(options: { subject?: (data: Data) => unknown } = {}) {
    const { store, rows } = await open()
    const events: SessionEvent[] = []
    const now = { ms: Date.now() }
    const onEvent = (event: SessionEvent) => void events.push(event)
    const sessions = promised({ store, onEvent, clock: () => now.ms, ...options })
    return {
      ...sessions,
      now,
      rows,
      storage: store,
      store: sessions.store,
      kinds: () => events.map(({ type }) => type),
      events,
    }
  }

  it('get › yields null for an id that is unknown', async () => {
    expect(await (await opened()).get(sid)).toBeNull()
  })

  it('set, get › data and cookie come back exactly as they were', async () => {
    const { begin, set, get } = await opened()
    const begun = begin(
      sid,
      { user: 'ada', cart: ['tea', { n: 1 }], nothing: null },
      { maxAge: hour, sameSite: 'lax', secure: true },
    )
    await set(sid, begun)
    expect(json(await get(sid))).toEqual(json(begun))
  })

  it('set, get › a cookie without a maxAge stays one for the life of the browser', async () => {
    const { begin, set, get } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    expect((await get(sid)).cookie).toMatchObject({ expires: null, originalMaxAge: null })
  })

  it('set › parallel requests keep each other’s keys, and one removes what it deleted', async () => {
    const { begin, set, load, get } = await opened()
    await set(sid, begin(sid, { user: 'ada', old: 1 }))
    const [one, other] = [await load(sid), await load(sid)]
    one.a = 1
    delete one.old
    other.b = 2
    await Promise.all([set(sid, one), set(sid, other)])
    expect(json(await get(sid))).toMatchObject({ user: 'ada', a: 1, b: 2 })
    expect(await get(sid)).not.toHaveProperty('old')
  })

  it('set › a second save of the same object removes nothing that others have added', async () => {
    const { begin, set, load, get } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const [slow, fast] = [await load(sid), await load(sid)]
    fast.b = 2
    await set(sid, fast)
    slow.a = 1
    await set(sid, slow)
    slow.a = 2
    await set(sid, slow)
    expect(json(await get(sid))).toMatchObject({ user: 'ada', a: 2, b: 2 })
  })

  it('set › brings no session back that another request has destroyed, and says so in an event', async () => {
    const { begin, set, load, get, destroy, events } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const late = await load(sid)
    await destroy(sid)
    late.cart = ['tea']
    await set(sid, late)
    expect(await get(sid)).toBeNull()
    expect(events).toContainEqual(expect.objectContaining({ type: 'change-dropped', keys: ['cart'], reason: 'ended' }))
  })

  it('set › brings no destroyed session back from a copy of its JSON either', async () => {
    const { begin, set, get, destroy } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const copy = json(await get(sid))
    await destroy(sid)
    await set(sid, copy)
    expect(await get(sid)).toBeNull()
  })

  it('events › have the key of the user, the same as those of a manager', async () => {
    const key = await keyOf('ada')
    const opening = await opened({ subject: ({ user }) => user })
    const { begin, set, load, destroy, touch, store, now, get } = opening
    const told = () => opening.events.splice(0).map(({ type, ...event }) => ({ type, subjectKey: key, ...event }))
    const saved = async () => {
      await set(sid, begin(sid, { user: 'ada' }, { maxAge: hour }))
      return load(sid)
    }
    const late = await saved()
    const lateTouch = await load(sid)
    const [one, other] = [await load(sid), await load(sid)]
    await set(sid, Object.assign(one, { a: 1 }))
    await set(sid, Object.assign(other, { b: 2 }))
    await destroy(sid)
    await set(sid, Object.assign(late, { a: 2 }))
    await touch(sid, lateTouch)
    expect(told()).toMatchObject(
      ['created', 'conflict', 'destroyed', 'change-dropped', 'touch-skipped'].map((type) => ({
        type,
        id: expect.any(String),
        subjectKey: key,
      })),
    )
    const second = 'another session id'
    await set(second, begin(second, { user: 'ada' }))
    expect(await store.revoke(await store.idOf(second))).toBe(true)
    const third = 'a third session id'
    await set(third, begin(third, { user: 'ada' }, { maxAge: hour }))
    now.ms += 2 * hour
    await get(third)
    const reasons = opening.events.map((event) => [event.type, 'reason' in event ? event.reason : undefined])
    expect(reasons.slice(0, 3)).toEqual([
      ['created', undefined],
      ['revoked', 'revoke'],
      ['created', undefined],
    ])
    expect(opening.events.every((event) => 'subjectKey' in event && event.subjectKey === key)).toBe(true)
  })

  it('events › have no key if no one is logged in, or the option subject is left out', async () => {
    for (const options of [{}, { subject: ({ user }: Data) => user }]) {
      const { begin, set, destroy, store, events } = await opened(options)
      const data = 'subject' in options ? { a: 1 } : { user: 'ada' }
      await set(sid, begin(sid, data))
      await set('second', begin('second', data))
      await destroy(sid)
      await store.revoke(await store.idOf('second'))
      expect(events.map(({ type }) => type)).toEqual(['created', 'created', 'destroyed', 'revoked'])
      for (const event of events) expect(event).not.toHaveProperty('subjectKey')
    }
  })

  it('revokeAll › is one event without an id, as with a manager', async () => {
    const { begin, set, store, events } = await opened({ subject: ({ user }) => user })
    for (const id of ['first', 'second']) await set(id, begin(id, { user: 'ada' }))
    events.length = 0
    expect(await store.revokeAll('ada')).toBe(2)
    expect(events).toMatchObject([
      { type: 'revoked', id: undefined, reason: 'revoke-all', subjectKey: await keyOf('ada') },
    ])
  })

  it('touch › brings no destroyed session back', async () => {
    const { begin, set, load, get, touch, destroy, kinds } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const late = await load(sid)
    await destroy(sid)
    await touch(sid, late)
    expect(await get(sid)).toBeNull()
    expect(kinds()).toContain('touch-skipped')
  })

  it('touch › moves the end forward, and never back', async () => {
    const { begin, set, load, get, touch, now } = await opened()
    const begun = begin(sid, { user: 'ada' }, { maxAge: hour })
    await set(sid, begun)
    const [early, late] = [await load(sid), await load(sid)]
    const { originalMaxAge } = begun.cookie
    const at = begun.cookie.expires!.getTime()
    now.ms += 5000
    Object.assign(early.cookie, { _expires: new Date(at + 1000) })
    Object.assign(late.cookie, { _expires: new Date(at + 2000) })
    for (const each of [late, early]) await touch(sid, each)
    expect((await get(sid)).cookie).toMatchObject({ expires: new Date(at + 2000).toISOString(), originalMaxAge })
  })

  it('touch › of a copy writes no data, and creates nothing', async () => {
    const { begin, set, load, get, touch } = await opened()
    await set(sid, begin(sid, { user: 'ada', a: 1 }))
    const copy = json(await get(sid))
    const newer = await load(sid)
    newer.a = 2
    await set(sid, newer)
    await touch(sid, copy)
    await touch('another id', copy)
    expect(await get(sid)).toMatchObject({ a: 2 })
    expect(await get('another id')).toBeNull()
  })

  it('touch › stores a maxAge that the application has changed', async () => {
    const { begin, set, load, get, touch } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const changed = await load(sid)
    changed.cookie.maxAge = 30 * 24 * hour
    await touch(sid, changed)
    // express-session reads the clock twice to make it, so it can be 1 ms less.
    expect(changed.cookie.originalMaxAge).toBeGreaterThan(29 * 24 * hour)
    expect((await get(sid)).cookie.originalMaxAge).toBe(changed.cookie.originalMaxAge)
  })

  it('get › yields null once the maxAge has passed since the last touch', async () => {
    const { begin, set, get, now, kinds } = await opened()
    await set(sid, begin(sid, { user: 'ada' }, { maxAge: hour }))
    now.ms += hour - 5000
    expect(await get(sid)).not.toBeNull()
    now.ms += 10_000
    expect(await get(sid)).toBeNull()
    expect(kinds()).toContain('expired')
  })

  it('get › yields null for a session without a maxAge a day after its last touch', async () => {
    const { begin, set, get, now } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    now.ms += 24 * hour + 1000
    expect(await get(sid)).toBeNull()
  })

  it('set › ends a session whose cookie has expired', async () => {
    const { begin, set, load, get } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const over = await load(sid)
    over.cookie.expires = new Date(1)
    await set(sid, over)
    expect(await get(sid)).toBeNull()
  })

  it('set › the last of several saves that were not awaited is what stays', async () => {
    const { begin, set, load, get, kinds } = await opened()
    await set(sid, begin(sid, { user: 'old', old: 1 }))
    const loaded = await load(sid)
    const other = await load(sid)
    Object.assign(loaded, { user: 'new', a: 1 })
    other.b = 2
    const saves = [set(sid, loaded), set(sid, other)]
    Object.assign(loaded, { user: 'old' })
    delete loaded.a
    saves.push(set(sid, loaded))
    await Promise.all(saves)
    const stored = json(await get(sid))
    expect(stored).toMatchObject({ user: 'old', old: 1, b: 2 })
    expect(stored).not.toHaveProperty('a')
    expect(kinds()).not.toContain('conflict')
  })

  it('set › the last of several saves of a new session that were not awaited is what stays', async () => {
    const { begin, set, get } = await opened()
    const begun: Data & object = begin(sid, { user: 'ada', a: 1 })
    const first = set(sid, begun)
    delete begun.a
    await Promise.all([first, set(sid, begun)])
    expect(await get(sid)).toMatchObject({ user: 'ada' })
    expect(await get(sid)).not.toHaveProperty('a')
  })

  it('set › none of many parallel requests competes with another', async () => {
    const { begin, set, load, get, kinds } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const requests = await Promise.all(Array.from({ length: 60 }, () => load(sid)))
    await Promise.all(requests.map((request, i) => set(sid, Object.assign(request, { [`k${i}`]: i }))))
    expect(Object.keys(await get(sid)).filter((key) => key.startsWith('k'))).toHaveLength(60)
    expect(kinds()).not.toContain('conflict')
  })

  it('set › a second save does not undo a maxAge that another request has changed since the first', async () => {
    const { begin, set, load, get } = await opened()
    await set(sid, begin(sid, { user: 'ada' }))
    const [slow, fast] = [await load(sid), await load(sid)]
    fast.cookie.maxAge = 30 * 24 * hour
    await set(sid, fast)
    for (const a of [1, 2]) await set(sid, Object.assign(slow, { a }))
    expect((await get(sid)).cookie.originalMaxAge).toBe(fast.cookie.originalMaxAge)
  })

  it.each(['get', 'load'] as const)(
    'set › of a spread copy of what %s yields removes keys, and no others’',
    async (how) => {
      const { begin, set, get, load } = await opened()
      await set(sid, begin(sid, { user: 'ada', old: 1, a: 1 }))
      const seen = await { get, load }[how](sid)
      const other = await load(sid)
      other.b = 2
      await set(sid, other)
      const { old, ...rest } = seen
      await set(sid, rest)
      expect(await get(sid)).not.toHaveProperty('old')
      const { a, ...less } = rest
      await set(sid, less)
      expect(json(await get(sid))).toEqual({ user: 'ada', b: 2, cookie: json(seen.cookie) })
    },
  )

  it('set › of a spread copy removes a key that its session has saved', async () => {
    const { begin, set, get } = await opened()
    const begun = begin(sid, { user: 'ada', old: 1 })
    await set(sid, begun)
    const { old, ...rest } = begun as typeof begun & { old?: number }
    await set(sid, rest)
    expect(await get(sid)).not.toHaveProperty('old')
  })

  it('set › of data that was not read here replaces what is stored', async () => {
    const { begin, set, get } = await opened()
    await set(sid, begin(sid, { user: 'ada', old: 1 }))
    const { old, ...rest } = json(await get(sid))
    await set(sid, { ...rest, a: 1 })
    expect(json(await get(sid))).toEqual({ ...rest, a: 1 })
  })

  it.each(['touch', 'set'] as const)(
    'revokeAll › finds a session from before the option subject after a %s',
    async (method) => {
      const before = await opened()
      await before.set(sid, before.begin(sid, { user: 'ada' }))
      const calls = countingStore(before.storage)
      const after = promised({ store: calls, subject: ({ user }) => user })
      for (let visits = 0; visits < 3; visits++) await after[method](sid, await after.load(sid))
      expect(calls.calls).toMatchObject({ update: 1, touch: 2 })
      expect(await after.store.revokeAll('ada')).toBe(1)
      expect(await after.get(sid)).toBeNull()
    },
  )

  it('rows hold neither a session id nor data that can be read', async () => {
    const { begin, set, rows } = await opened({ subject: ({ user }) => user })
    await set(sid, begin(sid, { user: 'ada lovelace' }))
    expect(await rows()).not.toMatch(/ada lovelace|a session id/)
  })

  it('list, revoke, revokeAll › work on the sessions of a subject', async () => {
    const { store, begin, set, get } = await opened({ subject: ({ user }) => user })
    for (const id of ['s1', 's2', 's3']) await set(id, begin(id, { user: 42 }))
    await set('other', begin('other', { user: 'bob' }))
    const ids = await Promise.all(['s1', 's2', 's3'].map(store.idOf))
    expect((await store.list('42')).map(({ id }) => id)).toEqual(ids.toSorted())

    expect(await store.revoke(ids[0]!)).toBe(true)
    expect(await store.revoke(ids[0]!)).toBe(false)
    expect(await store.revokeAll('42', { except: ids[1]! })).toBe(1)
    expect(await Promise.all(['s1', 's2', 's3', 'other'].map(get))).toMatchObject([
      null,
      { user: 42 },
      null,
      { user: 'bob' },
    ])
  })

  it('list › has a session from the save on that names its subject', async () => {
    const { store, begin, set, load } = await opened({ subject: (data) => data.passport?.user })
    await set(sid, begin(sid, { cart: [] }))
    expect(await store.list('ada')).toEqual([])
    const loaded = await load(sid)
    loaded.passport = { user: 'ada' }
    await set(sid, loaded)
    expect((await store.list('ada')).map(({ id }) => id)).toEqual([await store.idOf(sid)])
  })
})

describe('sojournStore, when something is wrong', () => {
  it('passes on that the store is down as a 503, from every method', async () => {
    const store = flakyStore(memoryStore())
    const { get, set, touch, destroy, begin, load } = promised({ store })
    await set(sid, begin(sid, { user: 'ada' }))
    const [loaded, changed] = [await load(sid), await load(sid)]
    changed.cart = ['tea']
    for (const operation of ['read', 'update', 'touch', 'delete', 'create'] as const) store.next(operation, 'throw', 9)
    const calls = [get(sid), set(sid, changed), set('new', begin('new')), touch(sid, loaded), destroy(sid)]
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', statusCode: 503 })
    }
    store.heal()
    expect(json(await get(sid))).toMatchObject({ user: 'ada' })
  })

  it('gives up on a store that does not answer', async () => {
    const store = flakyStore(memoryStore())
    store.next('read', 'hang')
    const { get } = promised({ store, storeTimeout: 0.02 })
    await expect(get(sid)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })

  it('stores a save once whose reply was lost', async () => {
    const store = flakyStore(memoryStore())
    const { get, set, begin, load } = promised({ store })
    await set(sid, begin(sid, { user: 'ada' }))
    const loaded = await load(sid)
    loaded.cart = ['tea']
    store.next('update', 'lose reply')
    await set(sid, loaded)
    expect(json(await get(sid))).toMatchObject({ user: 'ada', cart: ['tea'] })
  })

  it('needs no callback, and without one an outage is no unhandled rejection', async () => {
    const store = flakyStore(memoryStore())
    store.next('delete', 'throw')
    const failed = new Promise<SessionEvent>((resolve) => {
      const onEvent = (event: SessionEvent) => event.type === 'store-failed' && resolve(event)
      sojournStore(session, { store, secret, onEvent }).destroy(sid)
    })
    expect(await failed).toMatchObject({ operation: 'delete' })
  })

  it('passes on what the option subject throws, and that it returned an object', async () => {
    const wrong = [
      () => ({}),
      () => {
        throw new Error('no user')
      },
    ]
    const errors = await Promise.all(
      wrong.map((subject) => {
        const { set, begin } = promised({ store: memoryStore(), subject })
        return set(sid, begin(sid)).catch((error) => error.message)
      }),
    )
    expect(errors).toEqual([expect.stringContaining('The option subject must return a string'), 'no user'])
  })

  it('refuses data that JSON cannot hold, and too much of it, in the callback', async () => {
    const { set, begin } = promised({ store: memoryStore(), maxBytes: 2000 })
    const circular: { self?: object } = {}
    circular.self = circular
    await expect(set(sid, begin(sid, { circular }))).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_SERIALIZABLE' })
    await expect(set(sid, begin(sid, { text: 'x'.repeat(3000) }))).rejects.toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
    })
  })

  it('set › refuses data that is nested too deep, and keeps what is stored', async () => {
    const { set, begin, load, get } = promised({ store: memoryStore(), subject: ({ user }) => user })
    await set(sid, begin(sid, { user: 'ada' }))
    const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
    for (const levels of [600, 1500, 2900, 20_000]) {
      const loaded = Object.assign(await load(sid), { body: { note: 'a\u0001b', x: nested(levels) } })
      await expect(set(sid, loaded)).rejects.toMatchObject({ code: 'ERR_SESSION_NOT_SERIALIZABLE' })
      expect(json(await get(sid))).toMatchObject({ user: 'ada' })
    }
    const body = { note: 'a\u0001b', x: nested(498) }
    await set(sid, Object.assign(await load(sid), { body }))
    expect((await get(sid)).body).toEqual(body)
  })

  it('set › after one that failed, stores what that one did not', async () => {
    const store = flakyStore(memoryStore())
    const { get, set, begin, load } = promised({ store })
    await set(sid, begin(sid, { user: 'ada', a: 1 }))
    const loaded = await load(sid)
    store.next('update', 'throw', 3)
    delete loaded.a
    const failed = set(sid, loaded)
    loaded.b = 2
    const saved = set(sid, loaded)
    await expect(failed).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    await saved
    expect(json(await get(sid))).toMatchObject({ user: 'ada', b: 2 })
    expect(await get(sid)).not.toHaveProperty('a')
  })

  it('touch › by a process without the option subject keeps a session in the list of its subject', async () => {
    const store = memoryStore()
    const [withSubject, without] = [promised({ store, subject: ({ user }) => user }), promised({ store })]
    await withSubject.set(sid, withSubject.begin(sid, { user: 'ada' }))
    await without.touch(sid, await without.load(sid))
    expect(await withSubject.store.list('ada')).toHaveLength(1)
  })

  it('does not let a key __proto__ into a session', async () => {
    const { set, begin, get } = promised({ store: memoryStore() })
    await set(sid, begin(sid, { body: JSON.parse('{"__proto__":{"admin":true},"a":1}') }))
    expect((await get(sid)).body).toEqual({ a: 1 })
  })

  it('reads sessions of an earlier secret, and treats those of another one as absent', async () => {
    const store = memoryStore()
    const before = promised({ store })
    await before.set(sid, before.begin(sid, { user: 'ada' }))
    expect(
      await promised({ store, secret: ['a newer secret, also long enough for it', secret] }).get(sid),
    ).toMatchObject({ user: 'ada' })
    expect(await promised({ store, secret: 'another secret, also long enough for it' }).get(sid)).toBeNull()
  })

  it('list › says which option is missing', async () => {
    const store = sojournStore(session, { store: memoryStore(), secret })
    await expect(store.list('ada')).rejects.toMatchObject({
      code: 'ERR_SESSION_UNSUPPORTED',
      message: expect.stringContaining('subject'),
    })
  })

  it.each([
    [{}, /store: is missing/],
    [{ store: memoryStore() }, /secret: is missing/],
    [{ store: memoryStore(), secret: 'short' }, /secret: has 5 bytes/],
    [{ store: memoryStore(), secret, subjects: () => '' }, /subjects: is not an option; did you mean subject\?/],
    [{ store: memoryStore(), secret, readLegacy: {} }, /readLegacy: has no method read\(\)/],
    [{ store: memoryStore(), secret, ttl: 0 }, /ttl: must be a number of at least 1/],
  ])('refuses the options %o at start-up', (options, message) => {
    expect(() => sojournStore(session, options as never)).toThrow(message)
  })

  it.each<[string, unknown, string]>([
    ['connect-redis', new RedisStore({ client: createClient() }), 'is a store of express-session'],
    ['a MemoryStore', new session.MemoryStore(), 'is a store of express-session'],
    ['a sojournStore', sojournStore(session, { store: memoryStore(), secret }), 'is a store of express-session'],
    ['a client of redis', createClient(), 'is a Redis client'],
    ['a client of ioredis', new Redis({ lazyConnect: true }), 'is a Redis client'],
    ['a pool of pg', new pg.Pool(), 'is a database client'],
    ['a URL', 'redis://127.0.0.1', 'must be an object, and is a string'],
  ])('says what to pass in place of %s', (_, given, what) => {
    const value = given as never
    const store = new RegExp(`^store: ${what}: pass (redisStore\\(client\\)|postgresStore\\(pool\\))`)
    expect(() => sojournStore(session, { store: value, secret })).toThrow(store)
    expect(() => createSessionManager({ store: value, secret })).toThrow(store)
    expect(() => sojournStore(session, { store: memoryStore(), secret, readLegacy: value })).toThrow(
      new RegExp(`^readLegacy: ${what}: pass (redisRows\\(client, |postgresRows\\(pool, )`),
    )
  })

  it('warns of a duration that was written in milliseconds', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const options = { store: memoryStore(), secret, ttl: 86_400_000, storeTimeout: 2000 }
    const events: SessionEvent[] = []
    sojournStore(session, { ...options, onEvent: (event) => void events.push(event) })
    expect(events).toMatchObject([
      { type: 'config-warning', option: 'storeTimeout', message: expect.stringContaining('write 2.') },
      { type: 'config-warning', option: 'ttl', message: expect.stringContaining('for 1 day, write 86400.') },
    ])
    expect(warn).not.toHaveBeenCalled()
    sojournStore(session, options)
    expect(warn).toHaveBeenCalledTimes(2)
    sojournStore(session, { store: memoryStore(), secret, ttl: 30 * 86_400, storeTimeout: 2 })
    expect(warn).toHaveBeenCalledTimes(2)
  })

  it('refuses a library that has no Store, or is left out', () => {
    const options = { store: memoryStore(), secret }
    for (const library of [{}, undefined, null, 'express-session', session.MemoryStore]) {
      const make = () => sojournStore(library as never, options as never)
      expect(make).toThrow('library: has no Store: the first argument is express-session or @fastify/session itself')
    }
    expect(() => (sojournStore as (options: object) => unknown)(options)).toThrow(
      'library: has no Store: the first argument is express-session or @fastify/session itself, as in sojournStore(session, { store, secret })',
    )
    expect(() => (sojournStore as (library: object) => unknown)(session)).toThrow(
      'options: are missing: sojournStore(session, { store, secret })',
    )
  })
})

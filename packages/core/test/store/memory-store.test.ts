import { revocationSuite, storeSuite } from '@sojourn/session-testing'
import { describe, expect, it, vi } from 'vitest'
import { memoryRevocations } from '../../src/store/memory-revocations'
import { type MemoryStore, memoryStore } from '../../src/store/memory-store'
import type { StoredSession } from '../../src/store/store'

const close = async () => {}

storeSuite(
  { describe, it, expect },
  {
    name: 'memoryStore',
    open: async () => ({ store: memoryStore(), close }),
    lacks: { corrupt: 'no other process can write to its memory' },
  },
)
revocationSuite(
  { describe, it, expect },
  {
    name: 'memoryRevocations',
    open: async () => ({ store: memoryRevocations(), close }),
  },
)

const present = 1_700_000_000_000

function row(id: string, changes: Partial<StoredSession> = {}): StoredSession {
  const clocks = { touchedAt: present, expiresAt: present + 1000, absoluteExpiresAt: present + 9000 }
  return { id, version: 'v1', payload: id, subjectKeys: ['k'], ...clocks, ...changes }
}

async function heldBy(store: MemoryStore, ids: string[]): Promise<string[]> {
  const rows = await Promise.all(ids.map((id) => store.read(id)))
  return rows.flatMap((held) => (held ? [held.id] : []))
}

describe('memoryStore at capacity', () => {
  it('evicts the least recently touched session; create, update and touch count', async () => {
    const store = memoryStore({ maxSessions: 3, clock: () => present })
    for (const id of ['a', 'b', 'c']) await store.create(row(id))
    await store.touch('a', present + 1, present + 1000)
    await store.create(row('d'))
    expect(await heldBy(store, ['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd'])
    await store.update(row('c', { version: 'v2' }), row('c'))
    await store.read('a')
    await store.create(row('e'))
    expect(await heldBy(store, ['a', 'c', 'd', 'e'])).toEqual(['c', 'd', 'e'])
    expect((await store.listBySubject('k', { limit: 9 })).map(({ id }) => id)).toEqual(['c', 'd', 'e'])
  })

  it('deletes expired sessions before it evicts a live one', async () => {
    let now = present
    const store = memoryStore({ maxSessions: 50, clock: () => now })
    const ids = Array.from({ length: 50 }, (_, n) => `s${n}`)
    for (const [n, id] of ids.entries()) await store.create(row(id, n === 40 ? { expiresAt: present + 1 } : {}))
    now += 2
    await store.create(row('new'))
    expect(await heldBy(store, ids)).toEqual(ids.filter((id) => id !== 's40'))
    await store.create(row('newer'))
    expect((await heldBy(store, ids)).length).toBe(48)
  })

  it('keeps a session whose end was moved by a touch', async () => {
    let now = present
    const store = memoryStore({ maxSessions: 2, clock: () => now })
    await store.create(row('a', { expiresAt: present + 1 }))
    await store.touch('a', present + 1, present + 5000)
    await store.create(row('b'))
    now += 2
    await store.create(row('c'))
    expect(await heldBy(store, ['a', 'b', 'c'])).toEqual(['b', 'c'])
  })

  it('evicts nothing for a create that returns false', async () => {
    const store = memoryStore({ maxSessions: 2, clock: () => present })
    await store.create(row('a'))
    await store.create(row('b'))
    expect(await store.create(row('b'))).toBe(false)
    expect(await heldBy(store, ['a', 'b'])).toEqual(['a', 'b'])
  })
})

describe('memoryStore expiry', () => {
  it('deletes expired sessions during other writes, without a timer', async () => {
    vi.useFakeTimers()
    try {
      let now = present
      const store = memoryStore({ clock: () => now })
      for (let n = 0; n < 100; n++) await store.create(row(`s${n}`))
      await store.acquire('k', 's1', 0)
      await store.create(row('alive', { expiresAt: present + 9000 }))
      now += 1001
      for (let n = 0; n < 60; n++) await store.touch('alive', now + n, present + 9000)
      expect((await store.listBySubject('k', { limit: 200 })).map(({ id }) => id)).toEqual(['alive'])
      expect(await store.holders('k')).toEqual([])
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('keeps a session until its expiry has passed', async () => {
    let now = present
    const store = memoryStore({ clock: () => now })
    await store.create(row('a'))
    now = present + 1000
    for (let n = 0; n < 5; n++) await store.touch('absent', 0, 0)
    expect(await heldBy(store, ['a'])).toEqual(['a'])
  })
})

describe('memoryStore', () => {
  it('drops the list of holders with the last session of a subject', async () => {
    const store = memoryStore({ maxSessions: 2, clock: () => present })
    for (const id of ['a', 'b']) {
      await store.create(row(id))
      await store.acquire('k', id, 0)
    }
    await store.delete('a')
    expect(await store.holders('k')).toEqual(['b'])
    await store.deleteBySubject('k', { limit: 10 })
    expect(await store.holders('k')).toEqual([])
  })

  it('says that its rows stay in memory', () => {
    expect(memoryStore().inMemory).toBe(true)
  })

  it('refuses invalid options by name, and so does memoryRevocations', () => {
    for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10' as never]) {
      expect(() => memoryStore({ maxSessions: bad })).toThrow(/^memoryStore\.maxSessions: /)
      expect(() => memoryRevocations({ maxEntries: bad })).toThrow(/^memoryRevocations\.maxEntries: /)
    }
    expect(() => memoryStore({ maxSession: 5 } as never)).toThrow(/did you mean memoryStore\.maxSessions/)
    expect(() => memoryRevocations({ maxEntrys: 5 } as never)).toThrow(/did you mean memoryRevocations\.maxEntries/)
  })
})

describe('memoryRevocations', () => {
  const mark = { notBefore: present, expiresAt: present + 1000 }

  it('at capacity replaces an expired entry or refuses; never drops a valid one', async () => {
    let now = present
    const store = memoryRevocations({ maxEntries: 20, clock: () => now })
    const keys = Array.from({ length: 20 }, (_, n) => `k${n}`)
    for (const key of keys)
      await store.revoke(key, { ...mark, expiresAt: key === 'k15' ? present + 1 : present + 1000 })
    await expect(store.revoke('one more', mark)).rejects.toThrow(/raise maxEntries/)
    await store.revoke('k7', { ...mark, notBefore: present + 5 })
    expect((await store.read(keys)).filter(Boolean).length).toBe(20)

    now += 2
    await store.revoke('one more', mark)
    await expect(store.revoke('and another', mark)).rejects.toThrow(/raise maxEntries/)
    const left = await store.read([...keys, 'one more', 'and another'])
    expect(left.flatMap((revocation, n) => (revocation ? [] : [n]))).toEqual([15, 21])
  })

  it('at capacity puts the entries of the subject that has most together, and ends all of its sessions', async () => {
    const store = memoryRevocations({ maxEntries: 6, clock: () => present })
    const of = (name: string, notBefore: number) => ({ ...mark, subject: { key: `subject:${name}`, notBefore } })
    await store.revoke('other', mark)
    for (const n of [1, 2]) await store.revoke(`bob${n}`, of('bob', present))
    for (const n of [3, 1, 2]) await store.revoke(`ada${n}`, of('ada', present + n))
    const names = ['other', 'bob1', 'bob2', 'subject:bob', 'ada1', 'ada2', 'ada3', 'subject:ada', 'eve']
    const heldNow = async () => (await store.read(names)).map((entry) => entry?.notBefore)
    await store.revoke('eve', mark)
    const none = undefined
    expect(await heldNow()).toEqual([present, present, present, none, none, none, none, present + 3, present])
  })

  it('at capacity ends also the logins since the entries of a subject were last put together', async () => {
    const store = memoryRevocations({ maxEntries: 3, clock: () => present })
    const subject = { key: 'subject:ada', notBefore: present + 5 }
    for (let n = 0; n < 9; n++) await store.revoke(`ada${n}`, { ...mark, subject })
    // Put together when the fourth entry came, and for every second one after it: twice after the first.
    expect((await store.read(['subject:ada']))[0]?.notBefore).toBe(present + 7)
  })

  it('at capacity rejects if no subject has entries to put together', async () => {
    const store = memoryRevocations({ maxEntries: 2, clock: () => present })
    for (const name of ['ada', 'bob']) {
      await store.revoke(name, { ...mark, subject: { key: `subject:${name}`, notBefore: present } })
    }
    await expect(store.revoke('eve', mark)).rejects.toThrow(/raise maxEntries/)
    expect((await store.read(['ada', 'bob'])).filter(Boolean).length).toBe(2)
  })

  it('deletes expired entries during other writes', async () => {
    let now = present
    const store = memoryRevocations({ clock: () => now })
    const keys = Array.from({ length: 40 }, (_, n) => `k${n}`)
    for (const key of keys) await store.revoke(key, mark)
    now = present + 1001
    for (let n = 0; n < 15; n++) await store.revoke('again', { notBefore: now, expiresAt: now + 1000 })
    expect((await store.read(keys)).filter(Boolean)).toEqual([])
  })
})

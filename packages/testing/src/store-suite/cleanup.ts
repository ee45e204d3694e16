import { hour, numbered, present, row, type StoreGroup } from './group'

/** Rows that are alive today and over in two hours: a store that forgets by itself has no reason to yet. */
const later = present + 2 * hour

export function cleanupTests({ expect, test }: StoreGroup): void {
  test('deleteExpired removes what expires before the given instant, and nothing else', async (store) => {
    const kept = [row('at', { expiresAt: later }), row('after', { expiresAt: later + 1 })]
    await store.create(row('before', { expiresAt: later - 1 }))
    for (const stored of kept) await store.create(stored)
    expect(await store.deleteExpired(later, 10)).toBe(1)
    expect(await store.read('before')).toBe(null)
    for (const stored of kept) expect(await store.read(stored.id)).toEqual(stored)
  })

  test('deleteExpired takes rows past idle and rows past absolute, and only expiresAt decides', async (store) => {
    await store.create(row('idle', { absoluteExpiresAt: later + hour }))
    await store.create(row('absolute', { absoluteExpiresAt: later - hour }))
    const alive = row('alive', { expiresAt: later + hour, absoluteExpiresAt: later - hour })
    await store.create(alive)
    expect(await store.deleteExpired(later, 10)).toBe(2)
    expect(await store.read('alive')).toEqual(alive)
  })

  test('deleteExpired removes at most limit rows at a time', async (store) => {
    for (const [n, id] of numbered('s', 7).entries()) {
      await store.create(row(id, { absoluteExpiresAt: n % 2 ? later - 1 : later + hour }))
    }
    await store.create(row('alive', { expiresAt: later + hour }))
    const counts: number[] = []
    for (let round = 0; round < 4; round++) counts.push(await store.deleteExpired(later, 3))
    expect(counts).toEqual([3, 3, 1, 0])
    expect(await store.read('alive')).toEqual(row('alive', { expiresAt: later + hour }))
  })

  test('a touched row is not removed', async (store) => {
    await store.create(row('a'))
    await store.touch('a', present, later + hour)
    expect(await store.deleteExpired(later, 10)).toBe(0)
    expect((await store.read('a'))?.touchedAt).toBe(present)
  })

  test('a removed row has left the subject index', async (store) => {
    await store.create(row('a', { subjectKeys: ['k'] }))
    expect(await store.deleteExpired(later, 10)).toBe(1)
    if ('listBySubject' in store) expect(await store.listBySubject('k', { limit: 10 })).toEqual([])
  })

  test('parallel cleaners count no row twice, and leave none', async (store) => {
    for (const id of numbered('s', 60)) await store.create(row(id))
    const counts = await Promise.all(numbered('cleaner', 4).map(() => store.deleteExpired(later, 25)))
    for (let round = 0; round < 4; round++) counts.push(await store.deleteExpired(later, 25))
    expect(counts.reduce((sum, count) => sum + count)).toBe(60)
    for (const id of numbered('s', 60)) expect(await store.read(id)).toBe(null)
  })

  test('a touch in parallel with a cleaner: the row lives on, or the touch says it is gone', async (store) => {
    for (const id of numbered('s', 20)) {
      await store.create(row(id))
      const [touched, deleted] = await Promise.all([
        store.touch(id, present, later + hour),
        store.deleteExpired(later, 10),
      ])
      const lives = (await store.read(id)) !== null
      expect({ id, deleted }).toEqual({ id, deleted: lives ? 0 : 1 })
      if (!touched) expect({ id, lives }).toEqual({ id, lives: false })
    }
  })
}

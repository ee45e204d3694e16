import { hour, numbered, present, row, type StoreGroup } from './group'

/** Rows that expire in two hours, so that a store with its own expiry still has them. */
const later = present + 2 * hour

export function cleanupTests({ expect, test }: StoreGroup): void {
  test('deleteExpired removes exactly the rows that expire before the given time', async (store) => {
    const kept = [row('at', { expiresAt: later }), row('after', { expiresAt: later + 1 })]
    await store.create(row('before', { expiresAt: later - 1 }))
    for (const stored of kept) await store.create(stored)
    expect(await store.deleteExpired(later, 10)).toBe(1)
    expect(await store.read('before')).toBe(null)
    for (const stored of kept) expect(await store.read(stored.id)).toEqual(stored)
  })

  test('deleteExpired looks at expiresAt only, not at touchedAt or absoluteExpiresAt', async (store) => {
    await store.create(row('idle', { absoluteExpiresAt: later + hour }))
    await store.create(row('absolute', { absoluteExpiresAt: later - hour }))
    const alive = row('alive', { expiresAt: later + hour, absoluteExpiresAt: later - hour })
    await store.create(alive)
    expect(await store.deleteExpired(later, 10)).toBe(2)
    expect(await store.read('alive')).toEqual(alive)
  })

  test('deleteExpired removes at most limit rows per call', async (store) => {
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

  test('a removed row is no longer in the subject index', async (store) => {
    await store.create(row('a', { subjectKeys: ['k'] }))
    expect(await store.deleteExpired(later, 10)).toBe(1)
    if ('listBySubject' in store) expect(await store.listBySubject('k', { limit: 10 })).toEqual([])
  })

  test('parallel deleteExpired calls count each row once, and leave none', async (store) => {
    for (const id of numbered('s', 60)) await store.create(row(id))
    const counts = await Promise.all(numbered('cleaner', 4).map(() => store.deleteExpired(later, 25)))
    for (let round = 0; round < 4; round++) counts.push(await store.deleteExpired(later, 25))
    expect(counts.reduce((sum, count) => sum + count)).toBe(60)
    for (const id of numbered('s', 60)) expect(await store.read(id)).toBe(null)
  })

  test('a touch in parallel with deleteExpired keeps the row, or returns false', async (store) => {
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

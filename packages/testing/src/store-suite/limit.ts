import { hour, numbered, present, row, type StoreGroup } from './group'
import { hostileStrings } from './hostile'

/** The end of the sessions in these tests. */
const end = present + hour

export function limitTests(group: StoreGroup): void {
  acquireTests(group)
  parallelTests(group)
}

function acquireTests({ expect, test }: StoreGroup): void {
  test('acquire adds the newest holder, and names those before it, oldest first', async (store) => {
    expect(await store.holders('k')).toEqual([])
    expect(await store.acquire('k', 'b', end)).toEqual([])
    expect(await store.acquire('k', 'c', end)).toEqual(['b'])
    expect(await store.acquire('k', 'a', end)).toEqual(['b', 'c'])
    expect(await store.holders('k')).toEqual(['b', 'c', 'a'])
  })

  test('acquire of a holder changes nothing, not even its place', async (store) => {
    for (const id of ['a', 'b', 'c']) await store.acquire('k', id, end)
    expect(await store.acquire('k', 'b', end + hour)).toEqual(['a'])
    expect(await store.acquire('k', 'a', present)).toEqual([])
    expect(await store.acquire('k', 'c', end)).toEqual(['a', 'b'])
    expect(await store.holders('k')).toEqual(['a', 'b', 'c'])
  })

  test('release removes one holder, and nothing if there is none', async (store) => {
    for (const id of ['a', 'b', 'c']) await store.acquire('k', id, end)
    await store.release('k', 'b')
    await store.release('k', 'b')
    await store.release('unknown', 'a')
    expect(await store.holders('k')).toEqual(['a', 'c'])
    expect(await store.acquire('k', 'b', end)).toEqual(['a', 'c'])
    for (const id of ['a', 'b', 'c']) await store.release('k', id)
    expect(await store.holders('k')).toEqual([])
    expect(await store.acquire('k', 'd', end)).toEqual([])
  })

  test('holders are no index: they need no rows, and rows make no holders', async (store) => {
    await store.acquire('k', 'a', end)
    expect(await store.read('a')).toBe(null)
    expect(await store.create(row('a'))).toBe(true)
    expect(await store.create(row('b', { subjectKeys: ['k'] }))).toBe(true)
    expect(await store.holders('k')).toEqual(['a'])
  })

  test('the arrays that were returned belong to the caller', async (store) => {
    await store.acquire('k', 'a', end)
    for (const mine of [await store.holders('k'), await store.acquire('k', 'b', end)]) mine.push('changed afterwards')
    expect(await store.holders('k')).toEqual(['a', 'b'])
  })

  test('hostile keys and ids do not mix', async (store) => {
    for (const key of hostileStrings) {
      expect({ key, before: await store.acquire(key, key, end) }).toEqual({ key, before: [] })
    }
    for (const key of hostileStrings) expect(await store.holders(key)).toEqual([key])
    for (const id of hostileStrings) await store.acquire('all', id, end)
    expect(await store.holders('all')).toEqual(hostileStrings)
    expect(await store.acquire('all', 'newest', end)).toEqual(hostileStrings)
    await store.release('all', 'newest')
    for (const id of hostileStrings) await store.release('all', id)
    expect(await store.holders('all')).toEqual([])
  })
}

function parallelTests({ expect, test }: StoreGroup): void {
  const ids = numbered('s', 50)

  test('of many parallel acquires each has a place of its own', async (store) => {
    const answers = await Promise.all(ids.map((id) => store.acquire('k', id, end)))
    const holders = await store.holders('k')
    expect([...holders].sort()).toEqual(ids)
    for (const [n, id] of ids.entries()) {
      expect({ id, before: answers[n] }).toEqual({ id, before: holders.slice(0, holders.indexOf(id)) })
    }
  })

  test('parallel acquires of one id add it once', async (store) => {
    const answers = await Promise.all(ids.map(() => store.acquire('k', 'a', end)))
    expect(answers).toEqual(ids.map(() => []))
    expect(await store.holders('k')).toEqual(['a'])
  })

  test('parallel acquires and releases lose nothing', async (store) => {
    for (const id of ids.slice(0, 25)) await store.acquire('k', id, end)
    await Promise.all(ids.map((id, n) => (n < 25 ? store.release('k', id) : store.acquire('k', id, end))))
    expect((await store.holders('k')).sort()).toEqual(ids.slice(25))
  })
}

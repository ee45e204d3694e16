import type { StoreGroup } from './group'
import { countTrue, numbered, row } from './group'
import { hostileStrings } from './hostile'

const refused = { admitted: false, evicted: [] }
const admitted = { admitted: true, evicted: [] }

export function limitTests(group: StoreGroup): void {
  acquireTests(group)
  parallelTests(group)
}

function acquireTests({ expect, test }: StoreGroup): void {
  test('acquire succeeds below the maximum, in the order of acquisition', async (store) => {
    expect(await store.holders('k')).toEqual([])
    for (const id of ['b', 'c', 'a']) expect(await store.acquire('k', id, 3, false)).toEqual(admitted)
    expect(await store.holders('k')).toEqual(['b', 'c', 'a'])
  })

  test('acquire without evict refuses at the maximum, and changes nothing', async (store) => {
    for (const id of ['a', 'b']) await store.acquire('k', id, 2, false)
    expect(await store.acquire('k', 'c', 2, false)).toEqual(refused)
    expect(await store.holders('k')).toEqual(['a', 'b'])
  })

  test('acquire with evict returns exactly the oldest', async (store) => {
    for (const id of ['b', 'c', 'a']) expect(await store.acquire('k', id, 3, true)).toEqual(admitted)
    expect(await store.acquire('k', 'd', 3, true)).toEqual({ admitted: true, evicted: ['b'] })
    await store.release('k', 'b')
    expect(await store.acquire('k', 'e', 3, true)).toEqual({ admitted: true, evicted: ['c'] })
    await store.release('k', 'c')
    expect(await store.holders('k')).toEqual(['a', 'd', 'e'])
  })

  test('an evicted id stays until it is released, and the next acquire returns it again', async (store) => {
    for (const id of ['a', 'b', 'c']) await store.acquire('k', id, 2, true)
    expect(await store.holders('k')).toEqual(['a', 'b', 'c'])
    expect(await store.acquire('k', 'c', 2, true)).toEqual({ admitted: true, evicted: ['a'] })
    expect(await store.acquire('k', 'd', 2, false)).toEqual(refused)
    expect(await store.acquire('k', 'd', 2, true)).toEqual({ admitted: true, evicted: ['a', 'b'] })
    for (const id of ['a', 'b', 'c']) await store.release('k', id)
    expect(await store.acquire('k', 'd', 2, true)).toEqual(admitted)
  })

  test('acquire of a present id changes nothing, including its position', async (store) => {
    for (const id of ['a', 'b', 'c']) await store.acquire('k', id, 3, true)
    for (const max of [1, 3, 9]) {
      expect(await store.acquire('k', 'a', max, true)).toEqual(admitted)
      expect(await store.acquire('k', 'c', max, false)).toEqual(admitted)
    }
    expect(await store.holders('k')).toEqual(['a', 'b', 'c'])
  })

  test('a lower maximum evicts all ids above it, oldest first', async (store) => {
    for (const id of ['d', 'c', 'b', 'a']) await store.acquire('k', id, 9, false)
    expect(await store.acquire('k', 'e', 4, false)).toEqual(refused)
    expect(await store.acquire('k', 'e', 2, true)).toEqual({ admitted: true, evicted: ['d', 'c', 'b'] })
    for (const id of ['d', 'c', 'b']) await store.release('k', id)
    expect(await store.holders('k')).toEqual(['a', 'e'])
    expect(await store.acquire('k', 'f', 1, true)).toEqual({ admitted: true, evicted: ['a', 'e'] })
  })

  test('release frees a slot, and releasing an unknown id has no effect', async (store) => {
    for (const id of ['a', 'b', 'c']) await store.acquire('k', id, 3, false)
    await store.release('k', 'b')
    await store.release('k', 'b')
    await store.release('unknown', 'a')
    expect(await store.holders('k')).toEqual(['a', 'c'])
    expect(await store.acquire('k', 'b', 3, false)).toEqual(admitted)
    expect(await store.holders('k')).toEqual(['a', 'c', 'b'])
    for (const id of ['a', 'b', 'c']) await store.release('k', id)
    expect(await store.holders('k')).toEqual([])
    expect(await store.acquire('k', 'd', 1, false)).toEqual(admitted)
  })

  test('the slots are independent of the rows', async (store) => {
    await store.acquire('k', 'a', 1, false)
    expect(await store.read('a')).toBe(null)
    expect(await store.create(row('a'))).toBe(true)
    expect(await store.create(row('k'))).toBe(true)
    expect(await store.holders('k')).toEqual(['a'])
  })

  test('changing a returned list does not change the store', async (store) => {
    await store.acquire('k', 'a', 2, false)
    const mine = await store.holders('k')
    mine.push('changed afterwards')
    expect(await store.holders('k')).toEqual(['a'])
  })

  test('hostile keys and ids do not mix', async (store) => {
    for (const key of hostileStrings) {
      expect({ key, ...(await store.acquire(key, key, 1, false)) }).toEqual({ key, ...admitted })
    }
    for (const key of hostileStrings) expect(await store.holders(key)).toEqual([key])
    for (const id of hostileStrings) await store.acquire('all', id, hostileStrings.length, false)
    expect(await store.holders('all')).toEqual(hostileStrings)
    expect(await store.acquire('all', 'newest', 1, true)).toEqual({ admitted: true, evicted: hostileStrings })
    await store.release('all', 'newest')
    for (const id of hostileStrings) await store.release('all', id)
    expect(await store.holders('all')).toEqual([])
  })
}

function parallelTests({ expect, test }: StoreGroup): void {
  const ids = numbered('s', 50)

  test('many parallel acquires with evict keep the maximum, and evict each other id', async (store) => {
    const answers = await Promise.all(
      ids.map(async (id) => {
        const answer = await store.acquire('k', id, 3, true)
        for (const other of answer.evicted) await store.release('k', other)
        return answer
      }),
    )
    const left = await store.holders('k')
    const evicted = new Set(answers.flatMap((answer) => answer.evicted))
    expect(countTrue(answers.map((answer) => answer.admitted))).toBe(ids.length)
    expect(left.length).toBe(3)
    expect([...left, ...evicted].sort()).toEqual(ids)
  })

  test('many parallel acquires without evict admit exactly the maximum', async (store) => {
    const answers = await Promise.all(ids.map((id) => store.acquire('k', id, 3, false)))
    expect((await store.holders('k')).sort()).toEqual(ids.filter((_, n) => answers[n]?.admitted))
    expect(countTrue(answers.map((answer) => answer.admitted))).toBe(3)
  })

  test('parallel acquires of one id take one slot', async (store) => {
    const answers = await Promise.all(ids.map(() => store.acquire('k', 'a', 3, false)))
    expect(countTrue(answers.map((answer) => answer.admitted))).toBe(ids.length)
    expect(await store.holders('k')).toEqual(['a'])
  })

  test('parallel acquires and releases lose nothing', async (store) => {
    for (const id of ids.slice(0, 25)) await store.acquire('k', id, 100, false)
    await Promise.all(ids.map((id, n) => (n < 25 ? store.release('k', id) : store.acquire('k', id, 100, false))))
    expect((await store.holders('k')).sort()).toEqual(ids.slice(25))
  })
}

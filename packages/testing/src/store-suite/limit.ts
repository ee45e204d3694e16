import type { StoreGroup } from './group'
import { countTrue, numbered, row } from './group'
import { hostileStrings } from './hostile'

const refused = { admitted: false, evicted: [] }
const admitted = { admitted: true, evicted: [] }

export function limitTests(group: StoreGroup): void {
  enrolTests(group)
  parallelTests(group)
}

function enrolTests({ expect, test }: StoreGroup): void {
  test('acquire admits below the maximum, in the order of enrolment', async (store) => {
    expect(await store.holders('k')).toEqual([])
    for (const id of ['b', 'c', 'a']) expect(await store.acquire('k', id, 3, false)).toEqual(admitted)
    expect(await store.holders('k')).toEqual(['b', 'c', 'a'])
  })

  test('acquire without evict refuses at the maximum, and changes nothing', async (store) => {
    for (const id of ['a', 'b']) await store.acquire('k', id, 2, false)
    expect(await store.acquire('k', 'c', 2, false)).toEqual(refused)
    expect(await store.holders('k')).toEqual(['a', 'b'])
  })

  test('acquire with evict names exactly the oldest', async (store) => {
    for (const id of ['b', 'c', 'a']) expect(await store.acquire('k', id, 3, true)).toEqual(admitted)
    expect(await store.acquire('k', 'd', 3, true)).toEqual({ admitted: true, evicted: ['b'] })
    await store.release('k', 'b')
    expect(await store.acquire('k', 'e', 3, true)).toEqual({ admitted: true, evicted: ['c'] })
    await store.release('k', 'c')
    expect(await store.holders('k')).toEqual(['a', 'd', 'e'])
  })

  test('who is evicted stays until withdrawn, and is named to whoever asks next', async (store) => {
    for (const id of ['a', 'b', 'c']) await store.acquire('k', id, 2, true)
    expect(await store.holders('k')).toEqual(['a', 'b', 'c'])
    expect(await store.acquire('k', 'c', 2, true)).toEqual({ admitted: true, evicted: ['a'] })
    expect(await store.acquire('k', 'd', 2, false)).toEqual(refused)
    expect(await store.acquire('k', 'd', 2, true)).toEqual({ admitted: true, evicted: ['a', 'b'] })
    for (const id of ['a', 'b', 'c']) await store.release('k', id)
    expect(await store.acquire('k', 'd', 2, true)).toEqual(admitted)
  })

  test('acquire of one that is there changes nothing, not even its place', async (store) => {
    for (const id of ['a', 'b', 'c']) await store.acquire('k', id, 3, true)
    for (const max of [1, 3, 9]) {
      expect(await store.acquire('k', 'a', max, true)).toEqual(admitted)
      expect(await store.acquire('k', 'c', max, false)).toEqual(admitted)
    }
    expect(await store.holders('k')).toEqual(['a', 'b', 'c'])
  })

  test('a lower maximum evicts all that are too many, oldest first', async (store) => {
    for (const id of ['d', 'c', 'b', 'a']) await store.acquire('k', id, 9, false)
    expect(await store.acquire('k', 'e', 4, false)).toEqual(refused)
    expect(await store.acquire('k', 'e', 2, true)).toEqual({ admitted: true, evicted: ['d', 'c', 'b'] })
    for (const id of ['d', 'c', 'b']) await store.release('k', id)
    expect(await store.holders('k')).toEqual(['a', 'e'])
    expect(await store.acquire('k', 'f', 1, true)).toEqual({ admitted: true, evicted: ['a', 'e'] })
  })

  test('release makes room, and withdrawing nobody does nothing', async (store) => {
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

  test('the order is no index: it knows of no rows, and rows know of no order', async (store) => {
    await store.acquire('k', 'a', 1, false)
    expect(await store.read('a')).toBe(null)
    expect(await store.create(row('a'))).toBe(true)
    expect(await store.create(row('k'))).toBe(true)
    expect(await store.holders('k')).toEqual(['a'])
  })

  test('what was given out is the caller’s own', async (store) => {
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

  test('of many parallel enrolments as many stay as may, and each other one is evicted', async (store) => {
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

  test('of many parallel enrolments without evict exactly the maximum are admitted', async (store) => {
    const answers = await Promise.all(ids.map((id) => store.acquire('k', id, 3, false)))
    expect((await store.holders('k')).sort()).toEqual(ids.filter((_, n) => answers[n]?.admitted))
    expect(countTrue(answers.map((answer) => answer.admitted))).toBe(3)
  })

  test('parallel enrolments of one id acquire it once', async (store) => {
    const answers = await Promise.all(ids.map(() => store.acquire('k', 'a', 3, false)))
    expect(countTrue(answers.map((answer) => answer.admitted))).toBe(ids.length)
    expect(await store.holders('k')).toEqual(['a'])
  })

  test('parallel enrolments and withdrawals lose nothing', async (store) => {
    for (const id of ids.slice(0, 25)) await store.acquire('k', id, 100, false)
    await Promise.all(ids.map((id, n) => (n < 25 ? store.release('k', id) : store.acquire('k', id, 100, false))))
    expect((await store.holders('k')).sort()).toEqual(ids.slice(25))
  })
}

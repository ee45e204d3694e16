import { countTrue, hour, numbered, present, rewrite, row, type StoreGroup } from './group'

const rounds = numbered('round', 20)
const rivals = numbered('rival', 30)

export function raceTests({ expect, test }: StoreGroup): void {
  test('of many parallel creates of one id exactly one returns true, and its row is stored', async (store) => {
    const created = await Promise.all(rivals.map((payload) => store.create(row('a', { payload }))))
    expect(countTrue(created)).toBe(1)
    expect((await store.read('a'))?.payload).toBe(rivals[created.indexOf(true)])
  })

  test('of many parallel updates from one version exactly one returns true, and its row is stored', async (store) => {
    const seen = row('a')
    await store.create(seen)
    const updated = await Promise.all(rivals.map((version) => store.update(rewrite(seen, version), seen)))
    expect(countTrue(updated)).toBe(1)
    expect(await store.read('a')).toEqual(rewrite(seen, rivals[updated.indexOf(true)]!))
  })

  test('of many parallel deletes exactly one returns true', async (store) => {
    await store.create(row('a'))
    expect(countTrue(await Promise.all(rivals.map(() => store.delete('a'))))).toBe(1)
  })

  test('an update in parallel with a delete never leaves a row', async (store) => {
    for (const id of rounds) {
      const seen = row(id)
      await store.create(seen)
      const [, deleted] = await Promise.all([store.update(rewrite(seen, 'v2'), seen), store.delete(id)])
      expect({ id, deleted, left: await store.read(id) }).toEqual({ id, deleted: true, left: null })
    }
  })

  test('a touch in parallel with a delete never leaves a row', async (store) => {
    for (const id of rounds) {
      await store.create(row(id))
      await Promise.all([store.delete(id), store.touch(id, present, present + 2 * hour)])
      expect({ id, left: await store.read(id) }).toEqual({ id, left: null })
    }
  })

  test('a touch in parallel with an update: both take effect', async (store) => {
    for (const id of rounds) {
      const seen = row(id)
      await store.create(seen)
      const answers = await Promise.all([
        store.touch(id, present, present + 2 * hour),
        store.update(rewrite(seen, 'v2'), seen),
      ])
      expect(answers).toEqual([true, true])
      expect(await store.read(id)).toEqual(rewrite(seen, 'v2', { touchedAt: present, expiresAt: present + 2 * hour }))
    }
  })

  test('of many parallel touches the latest time is stored', async (store) => {
    await store.create(row('a'))
    const answers = await Promise.all(rivals.map((_, n) => store.touch('a', present + n, present + hour + n)))
    expect(countTrue(answers)).toBe(rivals.length)
    const last = rivals.length - 1
    expect(await store.read('a')).toEqual(row('a', { touchedAt: present + last, expiresAt: present + hour + last }))
  })

  test('a late update or touch does not change a row that was deleted and created again', async (store) => {
    const seen = row('a')
    await store.create(seen)
    await store.delete('a')
    const anew = row('a', { version: 'of the second life' })
    const created = await store.create(anew)
    expect(await store.update(rewrite(seen, 'v2'), seen)).toBe(false)
    expect(await store.read('a')).toEqual(created ? anew : null)
  })
}

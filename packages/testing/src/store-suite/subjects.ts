import { deleteAll, hour, idsOf, listAll, numbered, present, rewrite, row, type StoreGroup } from './group'
import { hostileSubjectTests } from './hostile'

export function subjectTests(group: StoreGroup): void {
  listTests(group)
  movingTests(group)
  deleteBySubjectTests(group)
  hostileSubjectTests(group)
}

function listTests({ expect, test }: StoreGroup): void {
  test('list returns the complete rows of the key in ascending order of id', async (store) => {
    for (const id of ['c', 'a', 'B', 'b', '1']) await store.create(row(id, { subjectKeys: ['k'] }))
    await store.create(row('of another', { subjectKeys: ['kk'] }))
    await store.create(row('anonymous'))
    const listed = await store.listBySubject('k', { limit: 10 })
    expect(listed).toEqual(['1', 'B', 'a', 'b', 'c'].map((id) => row(id, { subjectKeys: ['k'] })))
    expect(await store.listBySubject('unknown', { limit: 10 })).toEqual([])
  })

  test('changing a listed row does not change the store', async (store) => {
    await store.create(row('a', { subjectKeys: ['k'] }))
    const [mine] = await store.listBySubject('k', { limit: 10 })
    mine!.subjectKeys.push('changed afterwards')
    expect(await store.listBySubject('k', { limit: 10 })).toEqual([row('a', { subjectKeys: ['k'] })])
  })

  test('a page has at most limit rows, starting after the given id', async (store) => {
    for (const id of numbered('s', 5)) await store.create(row(id, { subjectKeys: ['k'] }))
    const page = async (limit: number, after?: string) => idsOf(await store.listBySubject('k', { limit, after }))
    expect(await page(2)).toEqual(['s01', 's02'])
    expect(await page(2, 's02')).toEqual(['s03', 's04'])
    expect(await page(2, 's04')).toEqual(['s05'])
    expect(await page(2, 's05')).toEqual([])
    expect(await page(2, 's02, which is no row')).toEqual(['s03', 's04'])
  })

  test('a page contains rows of one key and of several keys, in order of id', async (store) => {
    const ids = numbered('s', 12)
    for (const [n, id] of ids.entries())
      await store.create(row(id, { subjectKeys: [['k'], ['k', 'l'], ['l', 'k']][n % 3] }))
    await store.create(row('s00', { subjectKeys: ['l'] }))
    const page = async (after?: string) => idsOf(await store.listBySubject('k', { limit: 5, after }))
    expect(await page()).toEqual(ids.slice(0, 5))
    expect(await page('s05')).toEqual(ids.slice(5, 10))
    expect(await page('s10')).toEqual(ids.slice(10))
    expect(await deleteAll(store, 'k', 's07')).toBe(11)
    expect(await page()).toEqual(['s07'])
  })

  test('every page but the last is full, after deletions too', async (store) => {
    const ids = numbered('s', 12)
    for (const id of ids) await store.create(row(id, { subjectKeys: ['k'] }))
    for (const id of ids.slice(0, 9)) await store.delete(id)
    expect(idsOf(await store.listBySubject('k', { limit: 2 }))).toEqual(['s10', 's11'])
    expect(idsOf(await store.listBySubject('k', { limit: 2, after: 's11' }))).toEqual(['s12'])
  })

  test('paging returns each row once while others are deleted', async (store) => {
    const ids = numbered('s', 20)
    for (const id of ids) await store.create(row(id, { subjectKeys: ['k'] }))
    const seen: string[] = []
    const deleted = new Set<string>()
    while (seen.length <= ids.length) {
      const page = idsOf(await store.listBySubject('k', { limit: 3, after: seen.at(-1) }))
      seen.push(...page)
      if (page.length < 3) break
      for (const id of [page.at(-1)!, ids.findLast((other) => !seen.includes(other) && !deleted.has(other))]) {
        if (id !== undefined && (await store.delete(id))) deleted.add(id)
      }
    }
    expect(seen).toEqual(ids.filter((id) => seen.includes(id)))
    expect(ids.filter((id) => !seen.includes(id) && !deleted.has(id))).toEqual([])
  })

  test('a list during creates contains every row whose create has resolved', async (store) => {
    const misses = await Promise.all(
      numbered('s', 30).map(async (id) => {
        await store.create(row(id, { subjectKeys: ['k'] }))
        return (await listAll(store, 'k', 50)).includes(id) ? [] : [id]
      }),
    )
    expect(misses.flat()).toEqual([])
  })
}

function movingTests({ expect, test }: StoreGroup): void {
  test('a row is listed under each of its keys', async (store) => {
    const stored = row('a', { subjectKeys: ['k', 'l'] })
    await store.create(stored)
    for (const key of ['k', 'l']) expect(await store.listBySubject(key, { limit: 10 })).toEqual([stored])
  })

  test('an update that changes the keys moves the row in the index', async (store) => {
    const first = row('a', { subjectKeys: ['left', 'kept'] })
    const second = rewrite(first, 'v2', { subjectKeys: ['kept', 'joined'] })
    await store.create(first)
    await store.update(second, first)
    expect(await listAll(store, 'left')).toEqual([])
    expect(await listAll(store, 'kept')).toEqual(['a'])
    expect(await listAll(store, 'joined')).toEqual(['a'])
    expect(await deleteAll(store, 'left')).toBe(0)

    await store.update(rewrite(second, 'v3', { subjectKeys: [] }), second)
    expect(await listAll(store, 'joined')).toEqual([])
    expect((await store.read('a'))?.version).toBe('v3')
  })

  test('a refused update does not change the index', async (store) => {
    const stored = row('a', { subjectKeys: ['k'] })
    await store.create(stored)
    await store.update(rewrite(stored, 'v3', { subjectKeys: ['l'] }), { ...stored, version: 'other' })
    expect(await listAll(store, 'k')).toEqual(['a'])
    expect(await listAll(store, 'l')).toEqual([])
  })

  test('a deleted row is not listed, and a new row with its id only under its own keys', async (store) => {
    await store.create(row('a', { subjectKeys: ['k'] }))
    await store.delete('a')
    expect(await listAll(store, 'k')).toEqual([])
    const created = await store.create(row('a', { subjectKeys: ['l'] }))
    expect(await listAll(store, 'k')).toEqual([])
    expect(await deleteAll(store, 'k')).toBe(0)
    expect(await listAll(store, 'l')).toEqual(created ? ['a'] : [])
  })

  test('a deleted row whose id is kept out is listed and counted nowhere, also after a late create', async (store) => {
    await store.create(row('a', { subjectKeys: ['k', 'l'] }))
    await store.delete('a', hour)
    await store.create(row('a', { subjectKeys: ['k', 'l'] }))
    expect(await listAll(store, 'k')).toEqual([])
    expect(await deleteAll(store, 'l')).toBe(0)
  })

  test('a row stays listed during updates and touches', async (store) => {
    let seen = row('a', { subjectKeys: ['k', 'l0'] })
    await store.create(seen)
    const list = () => listAll(store, 'k')
    for (let n = 1; n <= 40; n++) {
      const next = rewrite(seen, `v${n}`, { subjectKeys: n % 2 ? [`l${n}`, 'k'] : ['k', `l${n}`] })
      const touch = () => store.touch('a', present + n, present + hour + n)
      const [, , ...lists] = await Promise.all([store.update(next, seen), touch(), list(), list(), list(), list()])
      expect({ n, lists }).toEqual({ n, lists: lists.map(() => ['a']) })
      seen = next
    }
  })
}

function deleteBySubjectTests({ expect, test }: StoreGroup): void {
  test('deleteBySubject removes and counts the rows of the key, and no others', async (store) => {
    for (const id of numbered('s', 5)) await store.create(row(id, { subjectKeys: ['k', 'l'] }))
    const others = [row('a', { subjectKeys: ['l'] }), row('b', { subjectKeys: ['kk'] }), row('c')]
    for (const other of others) await store.create(other)
    expect(await deleteAll(store, 'k')).toBe(5)
    expect(await deleteAll(store, 'k')).toBe(0)
    expect(await deleteAll(store, 'unknown')).toBe(0)
    expect(await store.read('s01')).toBe(null)
    expect(await listAll(store, 'l')).toEqual(['a'])
    for (const other of others) expect(await store.read(other.id)).toEqual(other)
  })

  test('deleteBySubject keeps the excepted row, and an unknown excepted id has no effect', async (store) => {
    for (const id of numbered('s', 4)) await store.create(row(id, { subjectKeys: ['k'] }))
    expect(await deleteAll(store, 'k', 's02')).toBe(3)
    expect(await listAll(store, 'k')).toEqual(['s02'])
    expect(await deleteAll(store, 'k', 'S02')).toBe(1)
    expect(await store.read('s02')).toBe(null)
  })

  test('deleteBySubject deletes at most limit rows, in the order of ids, and names where to continue', async (store) => {
    const ids = numbered('s', 5)
    for (const id of ids) await store.create(row(id, { subjectKeys: id === 's02' ? ['k', 'l'] : ['k'] }))
    const first = await store.deleteBySubject('k', { limit: 2 })
    expect(first).toEqual({ deleted: 2, next: 's02' })
    expect(await listAll(store, 'k')).toEqual(['s03', 's04', 's05'])
    const second = await store.deleteBySubject('k', { limit: 2, after: first.next, except: 's03' })
    expect(second).toEqual({ deleted: 1, next: 's04' })
    const { deleted, next } = await store.deleteBySubject('k', { limit: 2, after: second.next, except: 's03' })
    expect([deleted, next]).toEqual([1, undefined])
    expect(await listAll(store, 'k')).toEqual(['s03'])
  })

  test('parallel deleteBySubject calls count each row once', async (store) => {
    const ids = numbered('s', 40)
    for (const id of ids) await store.create(row(id, { subjectKeys: ['k', 'l'] }))
    const counts = await Promise.all([
      deleteAll(store, 'k'),
      deleteAll(store, 'l'),
      deleteAll(store, 'k'),
      ...ids.slice(0, 5).map(async (id) => Number(await store.delete(id))),
    ])
    expect(counts.reduce((sum, count) => sum + count)).toBe(ids.length)
  })

  test('an update in parallel with deleteBySubject never leaves a row', async (store) => {
    for (const id of numbered('s', 20)) {
      const seen = row(id, { subjectKeys: ['k'] })
      await store.create(seen)
      await Promise.all([store.update(rewrite(seen, 'v2'), seen), deleteAll(store, 'k')])
      expect({ id, left: await store.read(id) }).toEqual({ id, left: null })
    }
  })
}

/** Rows whose stored form cannot be read. */
export function corruptTests({ expect, test }: StoreGroup): void {
  test('a corrupt row can be deleted, and its id is used again or kept out', async (store, corrupt) => {
    await store.create(row('a'))
    await corrupt('a')
    await store.read('a').catch(() => null)
    await store.delete('a')
    const created = await store.create(row('a'))
    expect(await store.read('a')).toEqual(created ? row('a') : null)
  })

  test('a corrupt row does not affect listing, paging and deleting of others', async (store, corrupt) => {
    const ids = numbered('s', 5)
    for (const id of ids) await store.create(row(id, { subjectKeys: ['k'] }))
    await corrupt('s02')
    const healthy = ids.filter((id) => id !== 's02')
    const withoutCorrupt = (found: string[]) => found.filter((id) => id !== 's02')
    expect(withoutCorrupt(await listAll(store, 'k'))).toEqual(healthy)
    expect(withoutCorrupt(await listAll(store, 'k', 2))).toEqual(healthy)
    await deleteAll(store, 'k')
    for (const id of healthy) expect({ id, left: await store.read(id) }).toEqual({ id, left: null })
  })
}

import { hour, minute, present, rewrite, row, type StoreGroup } from './group'

export function contractTests(group: StoreGroup): void {
  keepOutTests(group)
  createAndReadTests(group)
  updateTests(group)
  touchTests(group)
  deleteAndExpiryTests(group)
}

function createAndReadTests({ expect, test }: StoreGroup): void {
  test('create stores the row, and read returns every field of it', async (store) => {
    const stored = row('a', { subjectKeys: ['second key', 'first key'] })
    expect(await store.create(stored)).toBe(true)
    expect(await store.read('a')).toEqual(stored)
  })

  test('create only inserts: a second one returns false and changes nothing', async (store) => {
    await store.create(row('a'))
    expect(await store.create(row('a', { version: 'other', payload: 'other', subjectKeys: ['k'] }))).toBe(false)
    expect(await store.read('a')).toEqual(row('a'))
  })

  test('read of an absent row returns null', async (store) => {
    await store.create(row('a'))
    expect(await store.read('b')).toBe(null)
  })

  test('changing a passed row later does not change the store', async (store) => {
    const mine = row('a', { subjectKeys: ['k'] })
    await store.create(mine)
    mine.payload = 'changed afterwards'
    mine.subjectKeys.push('changed afterwards')
    expect(await store.read('a')).toEqual(row('a', { subjectKeys: ['k'] }))

    const seen = row('a')
    const next = rewrite(seen, 'v2', { subjectKeys: ['k2'] })
    await store.update(next, seen)
    next.subjectKeys.push('changed afterwards')
    expect((await store.read('a'))?.subjectKeys).toEqual(['k2'])
  })

  test('changing a returned row does not change the store', async (store) => {
    await store.create(row('a', { subjectKeys: ['k'] }))
    const mine = await store.read('a')
    mine!.payload = 'changed afterwards'
    mine!.subjectKeys.push('changed afterwards')
    expect(await store.read('a')).toEqual(row('a', { subjectKeys: ['k'] }))
  })
}

function updateTests({ expect, test }: StoreGroup): void {
  test('update with the current version replaces the row', async (store) => {
    const seen = row('a', { subjectKeys: ['k'] })
    await store.create(seen)
    const next = rewrite(seen, 'v2', {
      subjectKeys: ['l', 'm'],
      touchedAt: present,
      expiresAt: present + 2 * hour,
      absoluteExpiresAt: present + 48 * hour,
    })
    expect(await store.update(next, seen)).toBe(true)
    expect(await store.read('a')).toEqual(next)
  })

  test('update compares only the version', async (store) => {
    await store.create(row('a'))
    const seen = row('a', { payload: 'not as stored', touchedAt: 1, expiresAt: 2, subjectKeys: ['k'] })
    expect(await store.update(rewrite(row('a'), 'v2'), seen)).toBe(true)
    expect((await store.read('a'))?.version).toBe('v2')
  })

  test('update with another version returns false and changes nothing', async (store) => {
    const first = row('a')
    const second = rewrite(first, 'v2')
    await store.create(first)
    await store.update(second, first)
    for (const version of [first.version, '', 'V2', 'v2 ', 'v', 'v22']) {
      const updated = await store.update(rewrite(first, 'v3'), { ...first, version })
      expect({ version, updated }).toEqual({ version, updated: false })
    }
    expect(await store.read('a')).toEqual(second)
  })

  test('update keeps the later touchedAt and the later expiresAt', async (store) => {
    const seen = row('a')
    await store.create(seen)
    await store.touch('a', present, present + 2 * hour)
    await store.update(rewrite(seen, 'v2'), seen)
    const kept = rewrite(seen, 'v2', { touchedAt: present, expiresAt: present + 2 * hour })
    expect(await store.read('a')).toEqual(kept)

    const mixed = rewrite(kept, 'v3', { touchedAt: present + minute, expiresAt: present + hour })
    await store.update(mixed, kept)
    const after = { ...mixed, expiresAt: present + 2 * hour }
    expect(await store.read('a')).toEqual(after)

    const longer = rewrite(after, 'v4', { touchedAt: present, expiresAt: present + 3 * hour })
    await store.update(longer, after)
    expect(await store.read('a')).toEqual({ ...longer, touchedAt: present + minute })
  })

  test('update moves absoluteExpiresAt, also to an earlier time', async (store) => {
    const seen = row('a')
    await store.create(seen)
    const earlier = rewrite(seen, 'v2', { absoluteExpiresAt: present + 3 * hour })
    await store.update(earlier, seen)
    expect(await store.read('a')).toEqual(earlier)
  })

  test('update never creates', async (store) => {
    const never = row('a')
    expect(await store.update(rewrite(never, 'v2'), never)).toBe(false)
    expect(await store.read('a')).toBe(null)

    await store.create(never)
    await store.delete('a')
    expect(await store.update(rewrite(never, 'v2'), never)).toBe(false)
    expect(await store.read('a')).toBe(null)
  })
}

function touchTests({ expect, test }: StoreGroup): void {
  test('touch moves touchedAt and expiresAt, and nothing else', async (store) => {
    const stored = row('a', { subjectKeys: ['k'] })
    await store.create(stored)
    expect(await store.touch('a', present, present + 2 * hour)).toBe(true)
    expect(await store.read('a')).toEqual({ ...stored, touchedAt: present, expiresAt: present + 2 * hour })
  })

  test('touch keeps the version: an update from a row read before it succeeds', async (store) => {
    const seen = row('a')
    await store.create(seen)
    await store.touch('a', present, present + 2 * hour)
    expect(await store.update(rewrite(seen, 'v2'), seen)).toBe(true)
  })

  test('touch never shortens: the later expiresAt stays', async (store) => {
    await store.create(row('a'))
    expect(await store.touch('a', present, present + minute)).toBe(true)
    expect(await store.read('a')).toEqual(row('a', { touchedAt: present }))
  })

  test('touch at the same time or an earlier one returns true and changes nothing', async (store) => {
    const stored = row('a')
    await store.create(stored)
    for (const touchedAt of [stored.touchedAt, stored.touchedAt - 1, 0]) {
      expect(await store.touch('a', touchedAt, present + 5 * hour)).toBe(true)
      expect(await store.read('a')).toEqual(stored)
    }
  })

  test('touch never creates', async (store) => {
    expect(await store.touch('a', present, present + hour)).toBe(false)
    expect(await store.read('a')).toBe(null)

    await store.create(row('a'))
    await store.delete('a')
    expect(await store.touch('a', present, present + hour)).toBe(false)
    expect(await store.read('a')).toBe(null)
  })
}

function keepOutTests({ expect, test }: StoreGroup): void {
  test('delete with keepOut deletes the row, and no create brings the id back', async (store) => {
    await store.create(row('a'))
    expect(await store.delete('a', hour)).toBe(true)
    expect(await store.create(row('a'))).toBe(false)
    expect(await store.create(row('a', { version: 'another version' }))).toBe(false)
    expect(await store.read('a')).toBe(null)
  })

  test('delete with keepOut of an absent row resolves to false, and keeps the id out', async (store) => {
    expect(await store.delete('a', hour)).toBe(false)
    expect(await store.create(row('a'))).toBe(false)
    expect(await store.read('a')).toBe(null)
    expect(await store.create(row('b'))).toBe(true)
  })

  test('a tombstone is seen by create alone', async (store) => {
    const seen = row('a')
    await store.create(seen)
    await store.delete('a', hour)
    expect(await store.update(rewrite(seen, 'v2'), seen)).toBe(false)
    expect(await store.update(rewrite(seen, 'v2'), { ...seen, version: '' })).toBe(false)
    expect(await store.touch('a', present, present + hour)).toBe(false)
    expect(await store.delete('a')).toBe(false)
    expect(await store.delete('a', minute)).toBe(false)
    expect(await store.read('a')).toBe(null)
    expect(await store.create(seen)).toBe(false)
  })

  test('create in parallel with a delete that keeps its id out never leaves a row', async (store) => {
    for (let round = 0; round < 20; round++) {
      const id = `s${round}`
      const calls = [() => store.create(row(id)), () => store.delete(id, hour)]
      if (round % 2) calls.reverse()
      const answers = await Promise.all(calls.map((call) => call()))
      const [created, deleted] = round % 2 ? answers.reverse() : answers
      expect({ id, deleted, left: await store.read(id) }).toEqual({ id, deleted: created, left: null })
    }
  })
}

function deleteAndExpiryTests({ expect, test }: StoreGroup): void {
  test('delete returns whether there was a row, and removes no other', async (store) => {
    await store.create(row('a'))
    await store.create(row('b'))
    expect(await store.delete('a')).toBe(true)
    expect(await store.delete('a')).toBe(false)
    expect(await store.read('a')).toBe(null)
    expect(await store.read('b')).toEqual(row('b'))
  })

  test('after a delete without keepOut, create decides whether the id can be used again', async (store) => {
    await store.create(row('a'))
    await store.delete('a')
    const created = await store.create(row('a', { payload: 'second life' }))
    expect((await store.read('a'))?.payload).toBe(created ? 'second life' : undefined)
  })

  test('a row whose expiresAt has passed is accepted, and does not affect others', async (store) => {
    await store.create(row('a'))
    const over = row('over', { expiresAt: present - hour, absoluteExpiresAt: present - hour })
    expect(await store.create(over)).toBe(true)
    const found = await store.read('over')
    if (found) expect(found).toEqual(over)
    expect(await store.read('a')).toEqual(row('a'))
  })

  test('a row stays after its absoluteExpiresAt while expiresAt is in the future', async (store) => {
    const stored = row('a', { absoluteExpiresAt: present - hour })
    await store.create(stored)
    await store.create(row('b'))
    expect(await store.read('a')).toEqual(stored)
  })

  test('payloads of every size up to a megabyte are returned byte for byte', async (store) => {
    const alphabet = 'Fe26.2*aZ09-_~'
    const payloads = [0, 1, 1000, 65_537, 1_048_576].map((length) => alphabet.repeat(length).slice(0, length))
    for (const payload of [...payloads, 'é漢🍪\u0000\\'.repeat(50_000)]) {
      const seen = row(`of ${payload.length}`, { payload })
      await store.create(seen)
      expect((await store.read(seen.id))?.payload === payload).toBe(true)
      await store.update({ ...seen, version: 'v2', payload: `${payload}!` }, seen)
      expect((await store.read(seen.id))?.payload === `${payload}!`).toBe(true)
    }
  })
}

import { deleteAll, listAll, numbered, present, rewrite, row, type StoreGroup } from './group'

// biome-ignore format: one per line would take two pages
/** Different strings that break careless quoting, patterns, key layouts, prototypes or encodings. */
export const hostileStrings: readonly string[] = [
  '', ' ', ' leading', 'trailing ', 'new\nline', 'carriage\r\nreturn', 'tab\t', '\u0000', 'nul\u0000inside', 'nul\u0000',
  "'", '"', '`', "''", '\\', '\\\\', '\\0', '\\u0000', '\\x00', '\\n', 'back\\slash', '%', '%00', '%s', '_', '$1', '$$',
  ':', 'a:b', 'a:', ':a', '*', 'a*', '?', '[a-z]', '[', ']', '{}', '{a}', '{a', 'a}', '}{', '{a}:{b}', '{"a":1}', '[]',
  ',', '"a","b"', 'NULL', 'null', 'nil', 'undefined', 'true', '0', '-0', '1', '01', '1e3', 'NaN', '+', '-', '(a', '[a',
  '__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype',
  "'; DROP TABLE sessions; --", "' OR '1'='1", '/* */ --', ')]] redis.call("FLUSHALL") --', 'return 1', '"..KEYS[1].."',
  '../../etc/passwd', '<script>', '\u0024{exit()}', 'a\u2028b', '\ufeffbom', '\ufffd', '\u0301', 'ﬀ', '漢字', 'שלום',
  '🍪', '👩‍👩‍👧', '\u{10ffff}',
  // Pairs that only a careless comparison treats as equal: case, prefix, white space, Unicode normalisation.
  'abc', 'ABC', 'Abc', 'abcd', 'ab', 'abc ', 'abc\n', '\u00e9', 'e\u0301', 'ß', 'ss', 'ı', 'i', 'I', 'İ', 'ﬁ', 'fi', 'K', '\u212a',
]

export function hostileTests(group: StoreGroup): void {
  storedStrings(group)
  unstoredStrings(group)
}

function storedStrings({ expect, test }: StoreGroup): void {
  test('hostile ids, versions, payloads and subject keys are returned exactly', async (store) => {
    const rows = hostileStrings.map((text) =>
      row(text, { version: text, payload: text, subjectKeys: [text, `${text}!`] }),
    )
    for (const stored of rows) {
      expect({ id: stored.id, created: await store.create(stored) }).toEqual({ id: stored.id, created: true })
    }
    for (const stored of rows) expect(await store.read(stored.id)).toEqual(stored)
  })

  test('update, touch and delete by a hostile id affect only that row', async (store) => {
    for (const id of hostileStrings) await store.create(row(id))
    for (const id of hostileStrings) {
      const seen = row(id)
      const answers = [
        await store.update(rewrite(seen, `hostile ${id}`), seen),
        await store.update(rewrite(seen, 'late'), seen),
        await store.touch(id, present, present),
        await store.delete(id),
        await store.touch(id, present, present),
      ]
      expect({ id, answers }).toEqual({ id, answers: [true, false, true, true, false] })
    }
    for (const id of hostileStrings) expect({ id, left: await store.read(id) }).toEqual({ id, left: null })
  })
}

function unstoredStrings({ expect, test }: StoreGroup): void {
  test('reading an id that was never stored finds nothing', async (store) => {
    await store.create(row('a'))
    for (const id of [...hostileStrings, '\ud800', 'a\udfff', 'a'.repeat(10_000), 'a\u0000']) {
      const never = row(id)
      const answers = [
        await store.read(id),
        await store.update(rewrite(never, 'v2'), never),
        await store.touch(id, present, present),
        await store.delete(id),
      ]
      expect({ id, answers }).toEqual({ id, answers: [null, false, false, false] })
    }
    expect(await store.read('a')).toEqual(row('a'))
  })

  test('an id or a subject key of 10 kB is stored completely or refused, never cut', async (store) => {
    const long = numbered('', 5000).join('').slice(0, 9999)
    const rows = [row(`${long}a`), row(`${long}b`), row('c', { subjectKeys: [`${long}a`] })]
    for (const stored of rows) {
      const created = await store.create(stored).catch(() => false)
      expect(await store.read(stored.id)).toEqual(created ? stored : null)
    }
    expect(await store.create(row('d'))).toBe(true)
    expect(await store.read('d')).toEqual(row('d'))
  })
}

/** The hostile tests that need a subject index. */
export function hostileSubjectTests({ expect, test }: StoreGroup): void {
  test('hostile subject keys do not mix', async (store) => {
    for (const key of hostileStrings) await store.create(row(`of ${key}`, { subjectKeys: [key] }))
    for (const key of hostileStrings) {
      expect({ key, ids: await listAll(store, key) }).toEqual({ key, ids: [`of ${key}`] })
    }
    for (const key of hostileStrings) {
      expect({ key, deleted: await deleteAll(store, key) }).toEqual({ key, deleted: 1 })
    }
  })

  test('hostile ids are listed and paged once each', async (store) => {
    for (const id of hostileStrings) await store.create(row(id, { subjectKeys: ['k'] }))
    expect((await listAll(store, 'k', 7)).sort()).toEqual([...hostileStrings].sort())
    const spared = "'; DROP TABLE sessions; --"
    expect(await deleteAll(store, 'k', spared)).toBe(hostileStrings.length - 1)
    expect(await listAll(store, 'k')).toEqual([spared])
  })

  test('an id may equal a subject key', async (store) => {
    await store.create(row('same', { subjectKeys: ['other'] }))
    await store.create(row('other', { subjectKeys: ['same'] }))
    expect(await listAll(store, 'same')).toEqual(['other'])
    expect(await deleteAll(store, 'same')).toBe(1)
    expect(await store.read('same')).toEqual(row('same', { subjectKeys: ['other'] }))
    expect(await store.delete('same')).toBe(true)
    expect(await listAll(store, 'other')).toEqual([])
  })
}

import { type MemoryStore, memoryRevocations, memoryStore, type RevocationStore } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { revocationSuite, type StoreSuiteOptions, storeSuite, type TestRunner } from '../src'

/** Runs a suite outside the runner, and gives the sentences of the tests that failed. */
async function failures(suite: (runner: TestRunner) => void): Promise<string[]> {
  const tests: { sentence: string; body: () => Promise<void> }[] = []
  const collect = (sentence: string, body: () => Promise<void>) => void tests.push({ sentence, body })
  suite({ describe: (_, body) => body(), it: Object.assign(collect, { skip: () => {} }), expect })
  const failed: string[] = []
  for (const { sentence, body } of tests) await body().catch(() => failed.push(sentence))
  return failed
}

const close = async () => {}
const lacks: StoreSuiteOptions['lacks'] = { corrupt: 'no other program writes to memory' }

/** The sentences that fail for a memory store some of whose methods are replaced. */
function failuresOf(breaking: (store: MemoryStore) => Partial<MemoryStore>): Promise<string[]> {
  const open = async () => {
    const sound = memoryStore()
    const methods = [
      'create',
      'read',
      'update',
      'touch',
      'delete',
      'listBySubject',
      'deleteBySubject',
      'acquire',
      'holders',
    ]
    const bound = Object.fromEntries(
      [...methods, 'release', 'deleteExpired'].map((name) => [
        name,
        (...args: unknown[]) => (sound[name as 'read'] as (...args: unknown[]) => unknown).apply(sound, args),
      ]),
    ) as unknown as MemoryStore
    return { store: { ...bound, ...breaking(sound) }, close }
  }
  return failures((runner) => storeSuite(runner, { name: 'broken', open, lacks }))
}

/** All that keyed by id, with each id turned into another on its way to the store. */
const renamed =
  (rename: (id: string) => string) =>
  (store: MemoryStore): Partial<MemoryStore> => ({
    create: (row) => store.create({ ...row, id: rename(row.id) }),
    read: async (id) => {
      const row = await store.read(rename(id))
      return row && { ...row, id }
    },
    update: (row, seen) => store.update({ ...row, id: rename(row.id) }, seen),
    touch: (id, ...instants) => store.touch(rename(id), ...instants),
    delete: (id) => store.delete(rename(id)),
  })

const laterTasks = () => new Promise<void>((resolve) => setImmediate(resolve))

type Broken = [name: string, breaking: (store: MemoryStore) => Partial<MemoryStore>, sentence: RegExp]

// biome-ignore format: a table
const brokenMethods: Broken[] = [
  ['create overwrites', (s) => ({ create: async (row) => { await s.delete(row.id); return s.create(row) } }), /only inserts/],
  ['create looks first and inserts later', (s) => ({
    async create(row) {
      if (await s.read(row.id)) return false
      await laterTasks()
      await s.delete(row.id)
      return s.create(row)
    },
  }), /parallel creates/],
  ['read shares its objects', (s) => {
    const shared = new Map<string, unknown>()
    return { async read(id) {
      const row = await s.read(id)
      if (row && !shared.has(id)) shared.set(id, row)
      return row && (shared.get(id) as typeof row)
    } }
  }, /changing a returned row/],
  ['read gives the keys in another order', (s) => ({
    async read(id) { const row = await s.read(id); row?.subjectKeys.sort(); return row },
  }), /every field of it/],
  ['update looks at no version', (s) => ({
    async update(row) { const now = await s.read(row.id); return now ? s.update(row, now) : false },
  }), /another version returns false/],
  ['update creates', (s) => ({ update: async (row, seen) => (await s.update(row, seen)) || s.create(row) }), /update never creates/],
  ['update looks first and writes later', (s) => ({
    async update(row, seen) {
      if ((await s.read(row.id))?.version !== seen.version) return false
      await laterTasks()
      const now = await s.read(row.id)
      return now ? s.update(row, now) : false
    },
  }), /parallel updates/],
  ['update restores a row that was deleted in between', (s) => ({
    async update(row, seen) {
      if ((await s.read(row.id))?.version !== seen.version) return false
      await laterTasks()
      await s.delete(row.id)
      return s.create(row)
    },
  }), /update in parallel with a delete/],
  ['update takes back a touch', (s) => ({
    async update(row, seen) {
      if (!(await s.update(row, seen))) return false
      await s.delete(row.id)
      return s.create(row)
    },
  }), /keeps the later/],
  ['update compares the whole row', (s) => ({
    update: async (row, seen) => JSON.stringify(await s.read(row.id)) === JSON.stringify(seen) && s.update(row, seen),
  }), /compares only the version/],
  ['update keeps the keys it found', (s) => ({
    update: async (row, seen) => s.update({ ...row, subjectKeys: (await s.read(row.id))?.subjectKeys ?? [] }, seen),
  }), /changes the keys moves/],
  ['touch writes a version', (s) => ({
    async touch(id, at, until) {
      const row = await s.read(id)
      return (await s.touch(id, at, until)) && s.update({ ...row!, version: 'touched', touchedAt: at, expiresAt: until }, row!)
    },
  }), /keeps the version/],
  ['touch creates', (s) => ({
    touch: async (id, at, until) => (await s.touch(id, at, until)) ||
      s.create({ id, version: '', payload: '', subjectKeys: [], touchedAt: at, expiresAt: until, absoluteExpiresAt: until }),
  }), /touch never creates/],
  ['touch goes backwards in expiry', (s) => ({
    async touch(id, at, until) {
      const row = await s.read(id)
      if (!row || row.touchedAt >= at) return row !== null
      await s.delete(id)
      return s.create({ ...row, touchedAt: at, expiresAt: until })
    },
  }), /never shortens/],
  ['touch at an earlier instant is false', (s) => ({
    touch: async (id, at, until) => ((await s.read(id))?.touchedAt ?? at) < at && s.touch(id, at, until),
  }), /same time or an earlier/],
  ['delete always says yes', (s) => ({ delete: async (id) => { await s.delete(id); return true } }), /delete returns whether/],
  ['delete goes by prefix', (s) => ({
    async delete(id) {
      for (const { id: other } of await s.listBySubject('k', { limit: 99 })) if (other.startsWith(id)) await s.delete(other)
      return s.delete(id)
    },
  }), /update, touch and delete by a hostile id|confusion|while others are deleted|deleteBySubject/],
  ['delete keeps no id out', (s) => ({ delete: (id) => s.delete(id) }), /no create brings the id back/],
  ['delete keeps only the id of a row out', (s) => ({
    delete: async (id, ms) => (await s.read(id)) ? s.delete(id, ms) : s.delete(id),
  }), /of an absent row resolves to false, and keeps/],
  ['a tombstone counts as a row', (s) => {
    const kept = new Set<string>()
    return {
      async delete(id, ms) {
        const deleted = await s.delete(id, ms)
        const counted = deleted || kept.has(id)
        if (ms) kept.add(id)
        return counted
      },
    }
  }, /seen by create alone/],
  ['delete looks first and keeps out later', (s) => ({
    async delete(id, ms) {
      const deleted = await s.delete(id)
      await laterTasks()
      if (ms) await s.delete(id, ms)
      return deleted
    },
  }), /in parallel with a delete that keeps/],
  ['rows past their end are refused', (s) => ({ create: async (row) => row.expiresAt > Date.now() && s.create(row) }), /has passed is accepted/],
  ['rows end with their absolute end', (s) => ({
    async read(id) { const row = await s.read(id); return row && row.absoluteExpiresAt > Date.now() ? row : null },
  }), /stays after its absoluteExpiresAt/],
  ['payloads are cut at 64 kB', (s) => ({ create: (row) => s.create({ ...row, payload: row.payload.slice(0, 65_536) }) }), /up to a megabyte/],
  ['ids are compared without case', renamed((id) => id.toLowerCase()), /hostile ids, versions/],
  ['ids are normalised', renamed((id) => id.normalize('NFKC')), /hostile ids, versions/],
  ['ids end at a NUL', renamed((id) => id.split('\0')[0]!), /hostile ids, versions/],
  ['ids are trimmed', renamed((id) => id.trim()), /hostile ids, versions/],
  ['ids are cut at 1 kB', renamed((id) => id.slice(0, 1024)), /10 kB/],
  ['ids are looked up as properties', (s) => ({
    read: async (id) => (id in {} ? ({} as never) : s.read(id)),
  }), /never stored/],
]

// biome-ignore format: a table
const brokenIndex: Broken[] = [
  ['list is in the order of creation', (s) => ({
    listBySubject: async (key, page) => (await s.listBySubject(key, page)).reverse(),
  }), /ascending order/],
  ['list matches by prefix', (s) => ({
    listBySubject: async (key, page) => [...(await s.listBySubject(key, page)), ...(await s.listBySubject(key + key, page))],
  }), /ascending order/],
  ['list takes after for an id that must be there', (s) => ({
    listBySubject: async (key, page) => page.after && !(await s.read(page.after)) ? [] : s.listBySubject(key, page),
  }), /starting after|returns each row once/],
  ['list includes after', (s) => ({
    async listBySubject(key, { limit, after }) {
      return (await s.listBySubject(key, { limit: 999 })).filter(({ id }) => after === undefined || id >= after).slice(0, limit)
    },
  }), /starting after/],
  ['list counts dead entries', (s) => {
    const dead = new Set<string>()
    return {
      async delete(id) { dead.add(id); return s.delete(id) },
      async listBySubject(key, { limit, after }) {
        const ids = [...(await s.listBySubject(key, { limit: 999 })).map(({ id }) => id), ...dead].sort()
        const page = ids.filter((id) => after === undefined || id > after).slice(0, limit)
        return (await Promise.all(page.map((id) => s.read(id)))).filter((row) => row !== null)
      },
    }
  }, /but the last is full/],
  ['the index is written after the answer', (s) => ({
    async listBySubject(key, page) {
      const rows = await s.listBySubject(key, page)
      await laterTasks()
      return rows.length > 3 ? rows.slice(0, -1) : rows
    },
  }), /contains every row whose create/],
  ['an update is out of the index for a moment', (s) => ({
    async update(row, seen) {
      if (!(await s.update({ ...row, subjectKeys: [] }, seen))) return false
      await laterTasks()
      return s.update(row, { ...row })
    },
  }), /stays listed/],
  ['deleteBySubject keeps no row', (s) => ({ deleteBySubject: (key, { except, ...page }) => s.deleteBySubject(key, page) }), /keeps the excepted row/],
  ['deleteBySubject counts first and deletes later', (s) => ({
    async deleteBySubject(key, page) {
      const rows = (await s.listBySubject(key, page)).filter(({ id }) => id !== page.except)
      await laterTasks()
      return { ...(await s.deleteBySubject(key, page)), deleted: rows.length }
    },
  }), /count each row once/],
  ['deleteBySubject ignores the limit', (s) => ({
    deleteBySubject: (key, page) => s.deleteBySubject(key, { ...page, limit: 999 }),
  }), /at most limit rows/],
  ['deleteBySubject ends with its first page', (s) => ({
    deleteBySubject: async (key, page) => ({ deleted: (await s.deleteBySubject(key, page)).deleted }),
  }), /at most limit rows/],
]

// biome-ignore format: a table
const brokenLimit: Broken[] = [
  ['acquire looks first and joins later', (s) => ({
    async acquire(...args) {
      const before = await s.holders(args[0])
      await laterTasks()
      await s.acquire(...args)
      return before
    },
  }), /a place of its own/],
  ['acquire names all holders', (s) => ({
    async acquire(...args) { await s.acquire(...args); return s.holders(args[0]) },
  }), /names those before it/],
  ['acquire names the newest first', (s) => ({ acquire: async (...args) => (await s.acquire(...args)).reverse() }), /names those before it/],
  ['acquire of a holder makes it the newest', (s) => ({
    async acquire(...args) { await s.release(args[0], args[1]); return s.acquire(...args) },
  }), /not even its place/],
  ['acquire joins only with a row', (s) => ({
    acquire: async (...args) => ((await s.read(args[1])) ? s.acquire(...args) : s.holders(args[0])),
  }), /holders are no index/],
  ['release empties the holders', (s) => ({
    async release(key) { for (const id of await s.holders(key)) await s.release(key, id) },
  }), /release removes one holder/],
]

// biome-ignore format: a table
const brokenCleanup: Broken[] = [
  ['deleteExpired takes its own clock', (s) => ({ deleteExpired: (_, limit) => s.deleteExpired(Date.now(), limit) }), /before the given time/],
  ['deleteExpired takes what expires at the instant', (s) => ({ deleteExpired: (now, limit) => s.deleteExpired(now + 1, limit) }), /before the given time/],
  ['deleteExpired knows no limit', (s) => ({ deleteExpired: (now) => s.deleteExpired(now, 999) }), /at most limit/],
  ['deleteExpired counts what another removes', (s) => ({
    async deleteExpired(now, limit) {
      const before = await s.read('s01')
      await laterTasks()
      const removed = await s.deleteExpired(now, limit)
      return before && removed === 0 ? 1 : removed
    },
  }), /deleteExpired calls count each row once/],
]

describe('store suite', () => {
  it('passes a correct store', async () => {
    expect(await failuresOf(() => ({}))).toEqual([])
  })

  for (const [name, breaking, sentence] of [...brokenMethods, ...brokenIndex, ...brokenLimit, ...brokenCleanup]) {
    it(`fails for a faulty store: ${name}`, async () => {
      expect(await failuresOf(breaking)).toContainEqual(expect.stringMatching(sentence))
    })
  }

  it('fails, and does not skip, the tests of a missing capability not named in lacks', async () => {
    const open = async () => ({ store: { ...memoryStore() } as MemoryStore, close })
    const failed = await failures((runner) => storeSuite(runner, { name: 'bare', open }))
    expect(failed.length).toBeGreaterThan(50)
  })

  it('shows a skipped test with the capability and the reason, and closes each store once', async () => {
    const skipped: string[] = []
    let [opened, closed] = [0, 0]
    const ignored = {
      SubjectIndex: 'no index',
      SubjectLimit: 'no limit',
      ExpiredCleanup: 'no rows stay',
      corrupt: 'none',
    }
    const open = async () => {
      opened++
      return { store: memoryStore(), close: async () => void closed++ }
    }
    await failures(({ describe, it, expect }) =>
      storeSuite(
        { describe, it: Object.assign(it, { skip: (name: string) => void skipped.push(name) }), expect },
        { name: 'bare', open, lacks: ignored },
      ),
    )
    expect(skipped.sort()).toEqual(
      Object.entries(ignored)
        .map(([feature, why]) => `has no ${feature}: ${why}`)
        .sort(),
    )
    expect(closed).toBe(opened)
    expect(opened).toBeGreaterThan(20)
  })
})

describe('revocation suite', () => {
  type BrokenMarks = [name: string, breaking: (store: RevocationStore) => Partial<RevocationStore>, sentence: RegExp]
  // biome-ignore format: a table
  const brokenMarks: BrokenMarks[] = [
    ['the last mark wins', (s) => {
      let offset = 0
      return {
        revoke: async (key, mark) => { offset += 1e9; return s.revoke(key, { ...mark, notBefore: mark.notBefore + offset }) },
        read: async (keys) => (await s.read(keys)).map((mark) => mark && { ...mark, notBefore: mark.notBefore - offset }),
      }
    }, /the later notBefore is kept/],
    ['marks are given in the order they were made', (s) => ({
      read: async (keys) => s.read([...keys].sort()),
    }), /each key in order/],
    ['an exception reaches back to the beginning', (s) => ({
      read: async (keys) => (await s.read(keys)).map((mark) => mark && { ...mark, exceptSince: 0 }),
    }), /does not revive/],
    ['an exception stays for ever', (s) => {
      let first: string | undefined
      return {
        async revoke(key, mark) { first ??= mark.except; return s.revoke(key, { ...mark, except: mark.except ?? first }) },
      }
    }, /without an exception removes/],
    ['a later expiry is cut by a shorter', (s) => {
      const over = new Set<string>()
      return {
        async revoke(key, mark) { if (mark.expiresAt < Date.now()) over.add(key); return s.revoke(key, mark) },
        read: async (keys) => (await s.read(keys)).map((mark, n) => (over.has(keys[n]!) ? null : mark)),
      }
    }, /does not shorten/],
    ['keys are compared without case', (s) => ({
      revoke: (key, mark) => s.revoke(key.toLowerCase(), mark),
      read: (keys) => s.read(keys.map((key) => key.toLowerCase())),
    }), /hostile keys/],
    ['the last nonce wins', (s) => {
      const last = new Map<string, string | undefined>()
      return {
        async revoke(key, mark) {
          await s.revoke(key, mark)
          last.set(key, mark.nonce ?? last.get(key))
          return last.get(key)
        },
        read: async (keys) => (await s.read(keys)).map((mark, n) => mark && { ...mark, nonce: last.get(keys[n]!) }),
      }
    }, /the first nonce of a key stays/],
    ['revoke resolves to the nonce that it was given', (s) => ({
      revoke: async (key, mark) => { await s.revoke(key, mark); return mark.nonce },
    }), /exactly one is first/],
    ['a nonce is not kept', (s) => ({
      read: async (keys) => (await s.read(keys)).map((mark) => mark && { ...mark, nonce: undefined }),
    }), /takes the first one that comes/],
    ['the entry of a subject is written at once', (s) => ({
      async revoke(key, mark) {
        if (mark.subject) await s.revoke(mark.subject.key, { notBefore: mark.subject.notBefore, expiresAt: mark.expiresAt })
        return s.revoke(key, mark)
      },
    }), /not written while there is room/],
  ]

  for (const [name, breaking, sentence] of brokenMarks) {
    it(`fails for a faulty store: ${name}`, async () => {
      const open = async () => {
        const sound = memoryRevocations()
        return { store: { ...sound, ...breaking(sound) }, close }
      }
      const failed = await failures((runner) => revocationSuite(runner, { name: 'broken', open }))
      expect(failed).toContainEqual(expect.stringMatching(sentence))
    })
  }
})

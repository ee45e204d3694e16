import { describe, expect, it } from 'vitest'
import { type Database, postgresRevocations, postgresStore } from '../src'
import { fromColumn, toColumn } from '../src/encoding'

const row = (text: string) => ({
  id: text,
  version: text,
  payload: text,
  subjectKeys: [text],
  touchedAt: 1,
  expiresAt: 2,
  absoluteExpiresAt: 3,
})

/** A row that has the columns of every statement. */
const answer = {
  ...{
    id: 'a',
    version: 'v',
    payload: 'p',
    subject_keys: [],
    touched_at: '1',
    expires_at: '2',
    absolute_expires_at: '3',
  },
  ...{
    before: [],
    holders: [],
    remaining: 1,
    removed: 0,
    blocks: 0,
    deleted: 0,
    found: 0,
    last: null,
  },
  ...{ key: 'k', not_before: '1', except_id: null, except_since: '0' },
}

describe('statements', () => {
  it('are one per method, with a text that does not depend on the values', async () => {
    const sent: string[] = []
    const listening: Database = {
      async query(text) {
        sent.push(text)
        return { rows: [answer] }
      },
    }
    const store = postgresStore(listening)
    const revocations = postgresRevocations(listening)
    const each = async (text: string) => {
      const seen = row(text)
      const calls = [
        () => store.create(seen),
        () => store.read(text),
        () => store.update(seen, seen),
        () => store.touch(text, 2, 3),
        () => store.listBySubject(text, { limit: 3, after: text }),
        () => store.acquire(text, text, 1),
        () => store.holders(text),
        () => store.deleteBySubject(text, { limit: 5, after: text, except: text }),
        () => store.deleteExpired(0, 3),
        () => store.delete(text),
        () => revocations.revoke(text, { notBefore: 1, except: text, expiresAt: 1 }),
        () => revocations.read([text]),
        () => revocations.deleteExpired(0, 3),
      ]
      for (const call of calls) {
        sent.length = 0
        await call()
        expect(sent.length, String(call)).toBe(1)
        texts.add(sent[0]!)
      }
      return calls.length
    }
    const texts = new Set<string>()
    const methods = await each('plain')
    await each("'; DROP TABLE x; --")
    await each('$1 \0 \\ "')
    expect(texts.size).toBe(methods)
  })

  it('pass errors of the database on unchanged', async () => {
    const failure = new Error('connection lost')
    const store = postgresStore({ query: () => Promise.reject(failure) })
    await expect(store.read('a')).rejects.toBe(failure)
    await expect(store.acquire('k', 'a', 1)).rejects.toBe(failure)
    await expect(store.deleteExpired(1, 1)).rejects.toBe(failure)
  })
})

describe('encoding', () => {
  it('has no U+0000 and no byte order mark, and is reversible', () => {
    const pieces = ['\\', '\\\\', '\0', '\\0', '0', '\ufeff', '\\f', 'f', 'a', '\n']
    for (const a of pieces) {
      for (const b of pieces) {
        for (const c of pieces) {
          const text = a + b + c
          const column = toColumn(text)
          expect(column).not.toMatch(/[\0\ufeff]/)
          expect(fromColumn(column)).toBe(text)
        }
      }
    }
  })

  it('leaves the strings of core unchanged', () => {
    expect(toColumn('Fe26.2*aZ-_09~:')).toBe('Fe26.2*aZ-_09~:')
  })
})

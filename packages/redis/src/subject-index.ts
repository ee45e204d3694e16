import type { StoredSession, SubjectIndex } from '@sojourn/session-core'
import { call, type Send } from './client'
import { decode, encode, instant } from './encoding'
import type { Names } from './keys'
import { packKey } from './row'
import { CLEAN, DROP, ENTER } from './scripts'

/**
 * How long after it was made an entry is settled: a write it was made for is over by then, as core waits two seconds
 * for one and takes clocks for honest that differ by five minutes. An index outlives its rows by as much.
 */
export const SETTLED_SECONDS = 300
/** How many rows are asked for at a time: other clients come in between. */
const BATCH = 100

/** A {@link SubjectIndex}, and how what writes the rows keeps it up to date. */
export interface MaintainedIndex extends SubjectIndex {
  /** To be awaited before `row` is created, or written in place of `seen`. Undefined where nothing is to be done. */
  enter(row: StoredSession, seen?: StoredSession): Promise<unknown> | undefined
  /** To be awaited after the row is gone. */
  leave(id: string, subjectKeys: string[]): Promise<void>
}

/**
 * The index of a subject is a sorted set of entries `<id> <second it was made>`, all of score 0 and so in the order of
 * ids. An index and a row lie in different slots and cannot be written together: an entry is made before the row comes
 * to hold the key, and what is found dead is removed only once it is settled. Entering again renews the second, and an
 * entry is removed only as it was read. So no live row is ever missed.
 */
export function subjectIndex(
  send: Send,
  names: Names,
  read: (id: string) => Promise<StoredSession | null>,
): MaintainedIndex {
  async function* entriesOf(key: string, size: number, after?: string): AsyncGenerator<string[]> {
    let start = after === undefined ? '-' : `(${encode(after)}!`
    for (;;) {
      const limit = ['limit', '0', String(size)]
      const page = (await call(send, 'zrange', names.index(key), start, '+', 'bylex', ...limit)) as string[]
      if (page.length > 0) yield page
      if (page.length < size) return
      start = `(${page.at(-1)}`
    }
  }

  async function clean(key: string, dead: string[]): Promise<void> {
    if (dead.length > 0) await CLEAN(send, [names.index(key)], [String(SETTLED_SECONDS), ...dead])
  }

  async function enterOne(key: string, row: StoredSession): Promise<void> {
    const until = endOf(row) + SETTLED_SECONDS * 1000
    const args = [encode(row.id), instant(Math.min(until, Number.MAX_SAFE_INTEGER)), String(SETTLED_SECONDS)]
    const settled = (await ENTER(send, [names.index(key), names.order(key)], args)) as string[]
    // Rows that Redis forgot leave their entries behind. To look after two at each login keeps the dead in the minority.
    const rows = await Promise.all(settled.map((entry) => call(send, 'exists', names.row(idOf(entry)))))
    const dead = settled.filter((_, n) => Number(rows[n]) === 0)
    await clean(key, dead)
  }

  return {
    enter(row, seen) {
      const known = seen && endOf(seen) >= endOf(row) ? seen.subjectKeys : []
      const added = row.subjectKeys.filter((key) => !known.includes(key))
      return added.length > 0 ? Promise.all(added.map((key) => enterOne(key, row))) : undefined
    },

    async leave(id, subjectKeys) {
      const range = [`[${encode(id)} `, `(${encode(id)}!`]
      await Promise.all(subjectKeys.map((key) => call(send, 'zremrangebylex', names.index(key), ...range)))
    },

    async listBySubject(key, { limit, after }) {
      const rows: StoredSession[] = []
      const size = Math.max(1, Math.min(limit, BATCH))
      for await (const entries of entriesOf(key, size, after)) {
        const found = await Promise.all(entries.map((entry) => read(idOf(entry))))
        for (const row of found) if (row?.subjectKeys.includes(key)) rows.push(row)
        const dead = entries.filter((_, n) => !found[n]?.subjectKeys.includes(key))
        await clean(key, dead)
        if (rows.length >= limit) break
      }
      return rows.slice(0, limit)
    },

    async deleteBySubject(key, except) {
      let removed = 0
      for await (const entries of entriesOf(key, BATCH)) {
        const others = entries.filter((entry) => idOf(entry) !== except)
        const dropped = await Promise.all(others.map((entry) => DROP(send, [names.row(idOf(entry))], [packKey(key)])))
        const gone = others.filter((_, n) => dropped[n] !== null)
        if (gone.length > 0) await call(send, 'zrem', names.index(key), ...gone)
        const dead = others.filter((_, n) => dropped[n] === null)
        await clean(key, dead)
        removed += gone.length
      }
      return removed
    },
  }
}

const idOf = (entry: string): string => decode(entry.slice(0, entry.indexOf(' ')))

/** When a row can be gone for good: no touch moves it beyond. */
const endOf = (row: StoredSession): number => Math.max(row.absoluteExpiresAt, row.expiresAt)

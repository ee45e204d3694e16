import type { StoredSession, SubjectIndex } from '@sojourn/session-core'
import { own } from '#check'
import { type Send, sendTo } from './client'
import { deleteRow } from './delete-row'
import { decode, encode, formatInstant } from './encoding'
import type { Keys } from './keys'
import { packWord } from './row'
import { ADD_ENTRY, REMOVE_DEAD } from './scripts'

/**
 * An index entry older than this is safe to remove if it has no row. The write that it was made for is over by then: core
 * waits two seconds for a write, and accepts clocks that differ by five minutes. An index outlives its rows by as much.
 */
const SAFE_AGE_SECONDS = 300
/** The number of rows that are read at a time, so that other clients of the server are served in between. */
const BATCH = 100

/** A {@link SubjectIndex}, with the methods that keep it complete. */
export interface MaintainedIndex extends SubjectIndex {
  /** Await it before `row` is created, or before it replaces `seen`. Undefined if there is nothing to add. */
  add(row: StoredSession, seen?: StoredSession): Promise<unknown> | undefined
  /** Await it after the row was deleted. */
  remove(id: string, subjectKeys: string[]): Promise<void>
}

/**
 * The index of a subject is a sorted set of entries `<id> <second in which it was added>`. All have the score 0, so they
 * are in the order of their ids. A Cluster keeps the index and the rows in different hash slots, and they cannot be written
 * together. The index never misses a live row, because:
 *
 * - an entry is added before its row gets the subject key,
 * - adding it again renews its second,
 * - an entry without a row is removed only once it is {@link SAFE_AGE_SECONDS} old, and only if its second is unchanged.
 */
export function subjectIndex(
  { send, sendForBytes }: { send: Send; sendForBytes: Send },
  keys: Keys,
  read: (id: string) => Promise<StoredSession | null>,
): MaintainedIndex {
  async function pageOf(key: string, size: number, after: string | undefined): Promise<string[]> {
    const start = after === undefined ? '-' : `(${encode(after)}!`
    const range = [start, '+', 'bylex', 'limit', '0', String(size)]
    return (await sendTo(send, 'zrange', keys.index(key), ...range)) as string[]
  }

  async function removeDead(key: string, dead: string[]): Promise<void> {
    if (dead.length > 0) await REMOVE_DEAD(send, keys.index(key), [String(SAFE_AGE_SECONDS), ...dead])
  }

  async function addEntry(key: string, row: StoredSession): Promise<void> {
    const args = [encode(row.id), neededUntil(endOf(row)), String(SAFE_AGE_SECONDS)]
    const old = (await ADD_ENTRY(send, keys.index(key), args)) as string[]
    // Rows that Redis removed leave their entries behind. Checking two at each login keeps the dead entries few.
    // The length of a tombstone is 0 too.
    const lengths = await Promise.all(old.map((entry) => sendTo(send, 'strlen', keys.session(idOf(entry)))))
    const dead = old.filter((_, n) => Number(lengths[n]) === 0)
    await removeDead(key, dead)
  }

  return {
    add(row, seen) {
      const isExtended = seen !== undefined && endOf(seen) < endOf(row)
      const known = seen?.subjectKeys ?? []
      const added = row.subjectKeys.filter((key) => isExtended || !known.includes(key))
      // A limit must not expire before the rows of its holders. GT leaves an absent one absent.
      const limits = isExtended ? added.filter((key) => known.includes(key)) : []
      const extend = (key: string) => sendTo(send, 'pexpireat', keys.limit(key), neededUntil(endOf(row)), 'gt')
      return added.length > 0
        ? Promise.all([...added.map((key) => addEntry(key, row)), ...limits.map(extend)])
        : undefined
    },

    async remove(id, subjectKeys) {
      const range = [`[${encode(id)} `, `(${encode(id)}!`]
      await Promise.all(subjectKeys.map((key) => sendTo(send, 'zremrangebylex', keys.index(key), ...range)))
    },

    async listBySubject(key, page) {
      const { limit, after } = own(page)
      const rows: StoredSession[] = []
      const size = Math.max(1, Math.min(limit, BATCH))
      let start = after
      while (rows.length < limit) {
        const entries = await pageOf(key, size, start)
        const found = await Promise.all(entries.map((entry) => read(idOf(entry))))
        for (const row of found) if (row?.subjectKeys.includes(key)) rows.push(row)
        const dead = entries.filter((_, n) => !found[n]?.subjectKeys.includes(key))
        await removeDead(key, dead)
        if (entries.length < size) break
        start = idOf(entries.at(-1)!)
      }
      return rows.slice(0, limit)
    },

    async deleteBySubject(key, page) {
      const { limit, after, except } = own(page)
      const entries = await pageOf(key, limit, after)
      const others = entries.filter((entry) => idOf(entry) !== except)
      const part = packWord(key)
      const deleted = await Promise.all(others.map((entry) => deleteRow(sendForBytes, keys.session(idOf(entry)), part)))
      const gone = others.filter((_, n) => deleted[n] !== undefined)
      if (gone.length > 0) await sendTo(send, 'zrem', keys.index(key), ...gone)
      const dead = others.filter((_, n) => deleted[n] === undefined)
      await removeDead(key, dead)
      return { deleted: gone.length, ...(entries.length === limit && { next: idOf(entries.at(-1)!) }) }
    },
  }
}

/** How long a key of a subject is needed for a row that ends at `end`, epoch ms. Redis accepts no larger number. */
export const neededUntil = (end: number): string =>
  formatInstant(Math.min(end + SAFE_AGE_SECONDS * 1000, Number.MAX_SAFE_INTEGER))

const idOf = (entry: string): string => decode(entry.slice(0, entry.indexOf(' ')))

/** The latest instant at which the row can still be alive, epoch ms: no touch moves it. */
const endOf = (row: StoredSession): number => Math.max(row.absoluteExpiresAt, row.expiresAt)

import type { ExpiredCleanup, SessionStore, StoredSession, SubjectIndex, SubjectLimit } from '@sojourn/session-core'
import type { TestRunner } from '../runner'

/** A store with all optional capabilities; each group of tests uses those of its feature. */
export type FullStore = SessionStore & SubjectIndex & SubjectLimit & ExpiredCleanup

/** Where a topic defines its tests. */
export interface StoreGroup {
  expect: TestRunner['expect']
  test(sentence: string, body: (store: FullStore, corrupt: (id: string) => Promise<void>) => Promise<void>): void
}

export const minute = 60_000
export const hour = 60 * minute

/** The time at which the run started, epoch ms. Stores with a clock of their own must find the rows alive. */
export const present = Date.now()

/** A row that expires in an hour, and differs from every other row in all fields that a store could mix up. */
export function row(id: string, changes: Partial<StoredSession> = {}): StoredSession {
  return {
    id,
    version: `first version of ${id}`,
    payload: `payload of ${id}`,
    subjectKeys: [],
    touchedAt: present - minute,
    expiresAt: present + hour,
    absoluteExpiresAt: present + 24 * hour,
    ...changes,
  }
}

/** The same row with another version and payload. */
export function rewrite(seen: StoredSession, version: string, changes: Partial<StoredSession> = {}): StoredSession {
  return { ...seen, version, payload: `payload of ${seen.id}, ${version}`, ...changes }
}

/** `['s01', 's02', …]`, in ascending order. */
export const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n + 1).padStart(2, '0')}`)

export const countTrue = (answers: boolean[]): number => answers.filter(Boolean).length

export const idsOf = (rows: StoredSession[]): string[] => rows.map(({ id }) => id)

/** Deletes the rows under `key`, page by page, except one. Resolves to their number. */
export async function deleteAll(store: SubjectIndex, key: string, except?: string, limit = 100): Promise<number> {
  let count = 0
  for (let after: string | undefined; ; ) {
    const { deleted, next } = await store.deleteBySubject(key, { limit, after, except })
    count += deleted
    if (next === undefined) return count
    if (after !== undefined && next <= after) throw new Error(`deleteBySubject goes back from ${after} to ${next}`)
    after = next
  }
}

/** All ids under `key`, page by page; a page that is not full is the last. Rejects if an id appears twice. */
export async function listAll(store: SubjectIndex, key: string, limit = 100): Promise<string[]> {
  const ids: string[] = []
  for (;;) {
    const page = await store.listBySubject(key, { limit, after: ids.at(-1) })
    ids.push(...idsOf(page))
    if (new Set(ids).size < ids.length) throw new Error(`listed more than once: ${JSON.stringify(ids)}`)
    if (page.length < limit) return ids
  }
}

import { randomBytes } from 'node:crypto'
import type { SessionStore, StoredSession, SubjectIndex } from '@sojourn/session-core'
import { short } from './report'
import type { Stall } from './stall'
import { watcher } from './stall'

export const SESSIONS = 1_000_000
/** So many of them are of the one subject that everything is about. The others have three sessions each. */
const OF_ONE = 10_000
const SUBJECT = 'the subject with ten thousand'.padEnd(43, '-')

const began = Date.now()

/** Sessions as core makes them: ids of 22 characters, hashed subjects, a payload that does not compress. */
export function rowOf(n: number): StoredSession {
  const subject = `subject ${Math.floor(n / 3)}`.padEnd(43, '-')
  return {
    id: idOf(n),
    version: randomBytes(16).toString('base64url'),
    payload: randomBytes(450).toString('base64url'),
    subjectKeys: [n % (SESSIONS / OF_ONE) === 0 ? SUBJECT : subject],
    touchedAt: began,
    expiresAt: began + 3_600_000,
    absoluteExpiresAt: began + 86_400_000 + n,
  }
}

/** Spread over the whole table, as random ids are, and known without being kept. */
export const idOf = (n: number): string => String((n * 7_368_787) % SESSIONS).padStart(22, '0')

/** Lists and revokes the one subject's sessions while another client looks on: one row of the report each. */
export async function listAndRevoke(
  name: string,
  store: SessionStore & SubjectIndex,
  url: string,
): Promise<Record<string, string>[]> {
  const other = await watcher(url)
  const rows: Record<string, string>[] = []
  const step = async (what: string, work: () => Promise<number>) => {
    let count = 0
    const stall = await other.watch(async () => {
      count = await work()
    })
    if (count !== OF_ONE) throw new Error(`${what}: ${count} sessions`)
    rows.push({ store: name, what, ...told(stall) })
  }
  try {
    await step('list 10 000 sessions, 100 a page', () => listAll(store))
    await step('list 10 000 sessions at once', async () => {
      return (await store.listBySubject(SUBJECT, { limit: OF_ONE + 1 })).length
    })
    await step('revoke 10 000 sessions', () => revokeAll(store))
  } finally {
    await other.end()
  }
  return rows
}

const told = ({ took, worst, idleWorst }: Stall) => ({
  ms: short(took),
  "another client's longest wait, ms": short(worst),
  'and in as long without, ms': short(idleWorst),
})

async function revokeAll(store: SubjectIndex): Promise<number> {
  let count = 0
  let after: string | undefined
  do {
    const { deleted, next } = await store.deleteBySubject(SUBJECT, { limit: 500, after })
    count += deleted
    after = next
  } while (after !== undefined)
  return count
}

async function listAll(store: SubjectIndex): Promise<number> {
  let count = 0
  let after: string | undefined
  for (;;) {
    const page = await store.listBySubject(SUBJECT, { limit: 100, ...(after !== undefined && { after }) })
    count += page.length
    after = page.at(-1)?.id
    if (after === undefined) return count
  }
}

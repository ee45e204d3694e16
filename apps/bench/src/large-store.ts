import { createHash, randomBytes } from 'node:crypto'
import type { SessionStore, StoredSession, SubjectIndex } from '@sojourn/session-core'
import type { Blocking } from './blocking'
import { startWatcher } from './blocking'
import { short } from './report'

export const SESSIONS = 1_000_000
/** Number of sessions of the measured subject. Other subjects have three each. */
const SESSIONS_OF_SUBJECT = 10_000
const SUBJECT = hashOf('the subject with ten thousand')

const began = Date.now()

/** A row as core makes it: id, hashed subject, version of nine bytes, and a sealed record of 598 characters for 384 bytes of ciphertext. */
export function rowOf(n: number, ciphertext = 384): StoredSession {
  return {
    id: idOf(n),
    version: random(9),
    payload: `Fe26.2*0123abcd**${random(16)}*${random(ciphertext)}***${random(32)}`,
    subjectKeys: [n % (SESSIONS / SESSIONS_OF_SUBJECT) === 0 ? SUBJECT : hashOf(`subject ${Math.floor(n / 3)}`)],
    touchedAt: began,
    expiresAt: began + 3_600_000,
    absoluteExpiresAt: began + 86_400_000 + n,
  }
}

const random = (bytes: number): string => randomBytes(bytes).toString('base64url')

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** The id of row `n`: like a random one, and computed instead of stored. */
export const idOf = (n: number): string => createHash('md5').update(String(n)).digest('base64url')

/** Lists and revokes the subject's sessions while another client measures its waiting time. One row of the report for each step. */
export async function listAndRevoke(
  name: string,
  store: SessionStore & SubjectIndex,
  url: string,
): Promise<Record<string, string>[]> {
  const other = await startWatcher(url)
  const rows: Record<string, string>[] = []
  const step = async (what: string, work: () => Promise<number>) => {
    let count = 0
    const blocking = await other.watch(async () => {
      count = await work()
    })
    if (count !== SESSIONS_OF_SUBJECT) throw new Error(`${what}: ${count} sessions`)
    rows.push({ store: name, what, ...told(blocking) })
  }
  try {
    await step('list 10 000 sessions, 100 a page', () => listAll(store))
    await step('list 10 000 sessions at once', async () => {
      return (await store.listBySubject(SUBJECT, { limit: SESSIONS_OF_SUBJECT + 1 })).length
    })
    await step('revoke 10 000 sessions', () => revokeAll(store))
  } finally {
    await other.end()
  }
  return rows
}

const told = ({ took, worst, idleWorst }: Blocking) => ({
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

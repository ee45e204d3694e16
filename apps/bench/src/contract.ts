import type { SessionStore, StoredSession } from '@sojourn/session-core'
import type { SessionData, Store } from 'express-session'

/** The operations that both kinds of store have, for session number `n`. */
export interface Contract {
  create(n: number): Promise<void>
  read(n: number): Promise<void>
  update(n: number): Promise<void>
  touch(n: number): Promise<void>
}

/** A session of about 600 bytes of JSON, with the cookie that express-session keeps in it. */
function sessionOf(n: number): SessionData {
  const cart = Array.from({ length: 8 }, (_, item) => ({ product: `article ${n} ${item}`, amount: item + 1 }))
  const cookie = { originalMaxAge: 86_400_000, expires: new Date(Date.now() + 86_400_000), httpOnly: true, path: '/' }
  return { cookie, user: `user-${n}`, theme: 'dark', locale: 'en-GB', cart } as SessionData
}

const idOf = (n: number) => `session-${String(n).padStart(14, '0')}`

/**
 * Our store as core uses it: an update names the version it replaces, a touch names its time. The payload is opaque
 * to our stores, so this code makes and parses the JSON; the stores of express-session do it themselves.
 */
export function ours(store: SessionStore): Contract {
  const versions: string[] = []
  let clock = Date.now()
  const absoluteExpiresAt = clock + 86_400_000
  let writes = 0
  const rowOf = (n: number): StoredSession => ({
    id: idOf(n),
    version: String(++writes).padStart(22, 'v'),
    payload: JSON.stringify(sessionOf(n)),
    subjectKeys: [`subject-${n}`.padEnd(43, '-')],
    touchedAt: ++clock,
    expiresAt: clock + 86_400_000,
    absoluteExpiresAt,
  })
  return {
    async create(n) {
      const row = rowOf(n)
      must(await store.create(row))
      versions[n] = row.version
    },
    async read(n) {
      const row = await store.read(idOf(n))
      must(JSON.parse(row!.payload).user === `user-${n}`)
    },
    async update(n) {
      const row = rowOf(n)
      must(await store.update(row, { ...row, version: versions[n]! }))
      versions[n] = row.version
    },
    async touch(n) {
      must(await store.touch(idOf(n), ++clock, clock + 86_400_000))
    },
  }
}

/** A store of express-session, as express-session uses it. */
export function theirs(store: Store): Contract {
  const promised = (call: (done: (error?: unknown) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      call((error) => (error ? reject(error) : resolve()))
    })
  const set = (n: number) => promised((done) => store.set(idOf(n), sessionOf(n), done))
  return {
    create: set,
    update: set,
    touch: (n) => promised((done) => store.touch!(idOf(n), sessionOf(n), done)),
    read: (n) =>
      new Promise((resolve, reject) => {
        store.get(idOf(n), (error, session) => {
          const right = (session as { user?: string } | null | undefined)?.user === `user-${n}`
          if (error || !right) reject(error ?? new Error('another session'))
          else resolve()
        })
      }),
  }
}

function must(done: boolean): void {
  if (!done) throw new Error('a store call returned false')
}

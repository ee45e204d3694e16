import { PGlite } from '@electric-sql/pglite'
import { restySession } from '@sojourn/session-core/resty'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encode } from '../../core/test/resty/resty-encoder'

// The table and its index, as Kong 3.2 creates them (storage: kong of its Session plugin).
const table = `CREATE TABLE sessions (
    id uuid PRIMARY KEY, session_id text UNIQUE, expires integer, data text,
    created_at timestamp WITH TIME ZONE, ttl timestamp WITH TIME ZONE
  );
  CREATE INDEX session_sessions_expires_idx ON sessions (expires);`
const database = new PGlite()

const gateway = restySession({
  secret: 'change-this-secret',
  cookieName: '$4m04$',
  storage: async (key) => {
    const { rows } = await database.query<{ data: string }>(
      'SELECT data FROM sessions WHERE session_id = $1 AND ttl >= now()',
      [key],
    )
    return rows[0]?.data
  },
})

const now = Math.floor(Date.now() / 1000)
let rows = 0

/** A session as the plugin keeps it: its row, with so many seconds left, and its cookie. */
async function stored(secondsLeft: number): Promise<string> {
  const { cookie, key, record } = encode({
    ...{ secret: 'change-this-secret', name: '$4m04$', stored: true, created: now, rolling: 0, idling: 0 },
    ...{ sid: Buffer.alloc(32, ++rows), slots: [[['consumer', 'credential', ['admins']], 'default', 'ada']] },
  })
  await database.query(
    `INSERT INTO sessions (id, session_id, expires, data, created_at, ttl)
     VALUES (gen_random_uuid(), $1, $2, $3, now(), now() + make_interval(secs => $4))`,
    [key, now + secondsLeft, record, secondsLeft],
  )
  return cookie
}

beforeAll(() => database.exec(table))
afterAll(() => database.close())

it('restySession › opens a row of Kong’s own table by the query of docs/kong.md', async () => {
  const { outcome, session } = await gateway.open(await stored(3600))
  expect([outcome, session?.slot.subject, session?.slot.data]).toEqual([
    'resumed',
    'ada',
    ['consumer', 'credential', ['admins']],
  ])
})

it('restySession › does not open a row whose ttl has passed, although its cookie has not expired', async () => {
  // A renewed session's row lives on for stale_ttl, and Kong purges it up to a minute later.
  const cookie = await stored(-1)
  expect(await gateway.open(cookie)).toEqual({ outcome: 'unknown' })
  await database.query(`UPDATE sessions SET ttl = now() + interval '1 minute'`)
  expect((await gateway.open(cookie)).outcome).toBe('resumed')
})

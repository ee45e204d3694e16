import { createSessionManager } from '@sojourn/session-core'
import { migrate } from '@sojourn/session-postgres'
import { CookieJar, fakeCarrier } from '@sojourn/session-testing'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore, type StoreSettings } from '../src/store'

const LOGINS = 1000

/** Encodings in which a text may appear in a dump. */
const spellings = (text: string) => [
  text,
  Buffer.from(text).toString('hex'),
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
]

function holdsNothing(settings: StoreSettings, dump: () => Promise<string>): void {
  it(`contains no usable token and no plain text after ${LOGINS} logins`, async () => {
    const store = openStore(settings)
    const options = {
      secret: 'a secret that no dump holds either',
      store: store.store,
      remember: true,
      storeTimeout: 30,
      timeouts: { idle: 0, rolling: 3600 },
    }
    const sessions = createSessionManager<{ card: string }>(options)
    const secrets: string[] = []
    let clock = 0
    // A second manager with a later clock renews half of the tokens, so that the dump contains successor links.
    const later = createSessionManager({ ...options, clock: () => Date.now() + clock })
    for (let i = 0; i < LOGINS; i++) {
      const jar = new CookieJar()
      let carrier = fakeCarrier({ cookie: jar })
      const session = await sessions.open(carrier)
      session.data.card = `card number ${i}`
      await session.login(`person-${i}@example.org`, { label: `laptop of ${i}`, remember: i % 10 === 0 })
      await sessions.commit(session)
      jar.take(carrier.setCookies)
      clock = i % 2 ? 2_701_000 : 0
      if (clock) {
        carrier = fakeCarrier({ cookie: jar })
        const renewing = await later.open(carrier)
        await later.commit(renewing)
        jar.take(carrier.setCookies)
      }
      const tokens = jar.names.filter((name) => !name.endsWith('-at'))
      for (const name of tokens) secrets.push(jar.get(name)!.split('.')[1]!)
    }
    const text = await dump()
    expect(text.length).toBeGreaterThan(LOGINS * 100)
    for (const hidden of [...secrets, 'card number', 'person-', 'example.org', 'laptop of', 'a secret that no dump']) {
      for (const spelling of spellings(hidden)) expect(text.includes(spelling), hidden).toBe(false)
    }
    // No text that looks like a token opens a session.
    const words = [...new Set(text.match(/[\w-]{43}/g))].slice(0, 200)
    const ids = [...new Set(text.match(/(?<![\w-])[\w-]{22}(?![\w-])/g))].slice(0, 5)
    expect(ids.length).toBeGreaterThan(0)
    for (const id of ids) {
      for (const word of words) {
        const session = await sessions.open(fakeCarrier({ cookie: `__Host-session=${id}.${word}` }))
        expect(['malformed', 'unknown', 'rejected']).toContain(session.outcome)
      }
    }
    await store.close()
  })
}

withServer({ describe, it, afterAll }, 'dump of Redis', await startRedis({ own: true }), ({ url, namespace }) => {
  holdsNothing({ kind: 'redis', url, namespace }, async () => {
    const client = new Redis(url)
    const parts: string[] = []
    for (const key of await client.keys('*')) {
      parts.push(key, (await client.dumpBuffer(key))?.toString('latin1') ?? '')
      const plain =
        (await client.type(key)) === 'string' ? [await client.get(key)] : await client.zrange(key, '0', '-1')
      parts.push(...plain.map(String))
    }
    client.disconnect()
    return parts.join('\n')
  })
})

withServer({ describe, it, afterAll }, 'dump of Postgres', await startPostgres(), ({ url, namespace }) => {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  beforeAll(() => migrate(pool, { schema: namespace }))
  afterAll(async () => {
    await pool.query(`DROP SCHEMA "${namespace}" CASCADE`)
    await pool.end()
  })
  holdsNothing({ kind: 'postgres', url, namespace }, async () => {
    const tables = await pool.query('SELECT table_name FROM information_schema.tables WHERE table_schema = $1', [
      namespace,
    ])
    const parts: string[] = []
    for (const { table_name } of tables.rows) {
      const { rows } = await pool.query(`SELECT t::text AS line FROM "${namespace}"."${table_name}" t`)
      parts.push(...rows.map(({ line }) => line))
    }
    return parts.join('\n')
  })
})

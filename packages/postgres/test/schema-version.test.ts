import { PGlite } from '@electric-sql/pglite'
import { createSessionManager } from '@sojourn/session-core'
import { fakeCarrier } from '@sojourn/session-testing'
import { afterAll, describe, expect, it } from 'vitest'
import { migrate, postgresRevocations, postgresStore } from '../src'
import { SCHEMA_VERSION } from '../src/schema-version'

const database = new PGlite()
afterAll(() => database.close())

const secret = 'a secret for tests, at least 32 bytes long'
let made = 0
const freshTable = () => `versioned${++made}`
async function commentOf(table: string): Promise<string | null> {
  const { rows } = await database.query<{ comment: string | null }>(
    `SELECT obj_description('${table}'::regclass, 'pg_class') AS comment`,
  )
  return rows[0]!.comment
}
const checkOf = (table: string) => createSessionManager({ secret, store: postgresStore(database, { table }) }).check()

/** The tables as version 1 made them: without the column `nonce`, and without a note of the version. */
async function version1(table: string): Promise<void> {
  await migrate(database, { table })
  await database.query(`ALTER TABLE ${table}_revocation DROP COLUMN nonce`)
  await database.query(`COMMENT ON TABLE ${table} IS NULL`)
}

/** The tables as a later release may make them: it only adds. */
async function nextVersion(table: string): Promise<void> {
  await migrate(database, { table })
  await database.query(`ALTER TABLE ${table} ADD COLUMN note text, ADD COLUMN level int NOT NULL DEFAULT 0`)
  await database.query(`COMMENT ON TABLE ${table} IS 'sojourn schema ${SCHEMA_VERSION + 1}'`)
}

/** A whole life of a session on these tables: login, change, list, revoke. */
async function use(table: string): Promise<void> {
  const sessions = createSessionManager({
    secret,
    store: postgresStore(database, { table }),
    cookie: { marker: false },
  })
  const carrier = fakeCarrier()
  const session = await sessions.open(carrier)
  await session.login('ada')
  session.data.cart = ['tea']
  await sessions.commit(session)
  const again = await sessions.open(fakeCarrier({ cookie: carrier.setCookies[0]!.split(';')[0] }))
  expect([again.outcome, again.data]).toEqual(['resumed', { cart: ['tea'] }])
  expect((await sessions.list('ada')).length).toBe(1)
  expect(await sessions.revoke(session.id!)).toBe(true)
  expect(await sessions.list('ada')).toEqual([])
}

describe('the version of the schema', () => {
  it('is noted by the migration, and check says that all is well', async () => {
    const table = freshTable()
    await migrate(database, { table })
    expect(await commentOf(table)).toBe(`sojourn schema ${SCHEMA_VERSION}`)
    expect(await checkOf(table)).toMatchObject({ reachable: true, problems: [] })
  })

  it('is named by check if there are no tables, and says what to do', async () => {
    const { reachable, problems } = await checkOf(freshTable())
    expect(reachable).toBe(true)
    expect(problems).toEqual([expect.stringMatching(/There is no table .*: run migrate\(pool\)/)])
  })

  it('of an older table is reported, its sessions work with this release, and the migration brings it up to date', async () => {
    const table = freshTable()
    await version1(table)
    expect(await commentOf(table)).toBe(null)
    expect((await checkOf(table)).problems).toEqual([expect.stringMatching(/run migrate\(pool\)/)])
    await use(table)
    await expect(postgresRevocations(database, { table }).read(['k'])).rejects.toThrow(/run migrate\(pool\)/)
    await migrate(database, { table })
    expect(await commentOf(table)).toBe(`sojourn schema ${SCHEMA_VERSION}`)
    expect((await checkOf(table)).problems).toEqual([])
    await use(table)
    expect(await postgresRevocations(database, { table }).read(['k'])).toEqual([null])
  })

  it('of a newer table is no problem: this release works beside the newer one, and its migration changes nothing', async () => {
    const table = freshTable()
    await nextVersion(table)
    const newer = `sojourn schema ${SCHEMA_VERSION + 1}`
    expect(await checkOf(table)).toMatchObject({
      problems: [],
      facts: [`schema ${SCHEMA_VERSION + 1}, this release has ${SCHEMA_VERSION}`],
    })
    await use(table)
    await migrate(database, { table })
    expect(await commentOf(table)).toBe(newer)
    await use(table)
  })
})

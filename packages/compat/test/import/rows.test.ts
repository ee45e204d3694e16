import { migrate, postgresRevocations, postgresStore } from '@sojourn/session-postgres'
import { redisRevocations, redisStore } from '@sojourn/session-redis'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgresRows, redisRows } from '../../src/import'
import { expressSite, FORMATS, type OldSite } from './support/formats'
import { promisesOfImports } from './support/promises'
import { Browser, closeAll, loggedIn, newSite } from './support/site'

afterEach(closeAll)

const [, koa] = FORMATS.find(([name]) => name === 'koa-session')!

type Open = () => Promise<{ old: OldSite; storage: NonNullable<Parameters<typeof newSite>[1]> }>

/** Requests of one browser, by turns to a process on express-session and to one after the switch, on one database. */
function rollingOut(open: Open): void {
  it('while processes of both are there, an imported session is in the new ones alone, and a logout there is final', async () => {
    const { old, storage } = await open()
    const [one, other] = [await newSite([old.source()], storage), await newSite([old.source()], storage)]
    const browser = new Browser()
    await browser.get(`${old.url}/login`)
    const before = browser.copy()
    expect((await browser.get(`${old.url}/me`)).body).toEqual(loggedIn)
    expect((await browser.get(`${one.url}/me`)).body.subject).toBe('ada')
    // The balancer sends the next requests to an old process, and to the other new one.
    expect((await browser.get(`${old.url}/me`)).body.user).toBeUndefined()
    expect((await browser.get(`${other.url}/me`)).body.subject).toBe('ada')
    await browser.get(`${other.url}/logout`)
    for (const url of [old.url, one.url, other.url]) {
      const { body } = await before.copy().get(`${url}/me`)
      expect(body.user ?? body.subject, url).toBeUndefined()
    }
  })

  it('after a roll-back, users who were imported log in once more, and all others stay logged in', async () => {
    const { old, storage } = await open()
    const site = await newSite([old.source()], storage)
    const [imported, other] = [new Browser(), new Browser()]
    for (const browser of [imported, other]) await browser.get(`${old.url}/login`)
    await imported.get(`${site.url}/me`)
    expect((await imported.get(`${old.url}/me`)).body.user).toBeUndefined()
    expect((await other.get(`${old.url}/me`)).body).toEqual(loggedIn)
    // And forward again: what was imported is still there.
    expect((await imported.get(`${site.url}/me`)).body.subject).toBe('ada')
  })
}

withServer({ describe, it, afterAll }, 'sessions in Redis', await startRedis(), ({ url, namespace }) => {
  const client = createClient({ url })
  let count = 0
  beforeAll(() => client.connect().then(() => {}))
  afterAll(async () => {
    for await (const keys of client.scanIterator({ MATCH: `${namespace}:*` }))
      if (keys.length > 0) await client.del(keys)
    await client.close()
  })
  const prefixOf = () => `${namespace}:${++count}:`
  const open: Open = async () => {
    const [prefix, ours] = [prefixOf(), prefixOf()]
    const old = await expressSite(new RedisStore({ client, prefix }), redisRows(client, { prefix }))
    return { old, storage: { store: redisStore(client, { prefix: ours }) } }
  }
  describe('of connect-redis', () => {
    promisesOfImports(open)
    rollingOut(open)
  })
  describe('of koa-session, claimed there', () => {
    promisesOfImports(async () => ({
      old: await koa(),
      storage: { store: redisStore(client, { prefix: prefixOf() }) },
    }))
  })
  describe('of koa-session, claimed there, that go on in a sealed cookie', () => {
    promisesOfImports(async () => ({
      old: await koa(),
      storage: { revocations: redisRevocations(client, { prefix: prefixOf() }) },
    }))
  })
})

withServer({ describe, it, afterAll }, 'sessions in Postgres', await startPostgres(), ({ url, namespace: schema }) => {
  const pool = new pg.Pool({ connectionString: url })
  const Store = connectPgSimple(session)
  let count = 0
  beforeAll(() => pool.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`).then(() => {}))
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
    await pool.end()
  })
  const open: Open = async () => {
    const tables = { schema, table: `ours_${++count}` }
    await migrate(pool, tables)
    const before = new Store({ pool, schemaName: schema, createTableIfMissing: true, pruneSessionInterval: false })
    const old = await expressSite(before, postgresRows(pool, { schema }))
    return { old, storage: { store: postgresStore(pool, tables) } }
  }
  describe('of connect-pg-simple', () => {
    promisesOfImports(open)
    rollingOut(open)
  })
  describe('of koa-session, claimed there, that go on in a sealed cookie', () => {
    promisesOfImports(async () => {
      const tables = { schema, table: `ours_${++count}` }
      await migrate(pool, tables)
      return { old: await koa(), storage: { revocations: postgresRevocations(pool, tables) } }
    })
  })
})

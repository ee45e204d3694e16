import { migrate } from '@sojourn/session-postgres'
import { CookieJar } from '@sojourn/session-testing'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SiteOptions, SiteProcess } from './support/processes'

const ROUNDS = 20

/** Two processes of a site, one browser, and interleavings that are the same in every round. */
async function races(options: SiteOptions) {
  const sites = await Promise.all([SiteProcess.start(options), SiteProcess.start(options)])
  const [here, there] = sites
  const found = { lostKeys: 0, undoneLogouts: 0, parallel: new Set<string>(), late: new Set<string>() }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const jar = new CookieJar()
      await here.visit(jar, '/login/ada')
      const slow = await here.hold(jar, 'here')
      await there.visit(jar, '/set/there')
      found.parallel.add(await slow())
      const me = await there.visit(jar, '/me')
      found.lostKeys += ['"here"', '"there"'].filter((key) => !me.includes(key)).length

      const copy = jar.copy()
      const late = await here.hold(copy, 'late')
      await there.visit(jar, '/logout')
      found.late.add(await late())
      const after = await Promise.all(sites.map((site) => site.visit(copy.copy(), '/me')))
      if (after.some((line) => line.includes('"user"'))) found.undoneLogouts++
    }
  } finally {
    await Promise.all(sites.map((site) => site.stop()))
  }
  return { ...found, parallel: [...found.parallel], late: [...found.late] }
}

function tests(options: Omit<SiteOptions, 'kind'>): void {
  it(`lose no key and undo no logout in ${ROUNDS} rounds, where express-session loses and undoes`, async () => {
    const ours = await races({ ...options, kind: 'compat' })
    const theirs = await races({ ...options, kind: 'express-session' })
    expect(ours).toEqual({
      lostKeys: 0,
      undoneLogouts: 0,
      parallel: ['GET /hold/here: 200 {}'],
      late: ['GET /hold/late: 409 {"code":"ERR_SESSION_ENDED"}'],
    })
    expect(theirs).toEqual({
      lostKeys: ROUNDS,
      undoneLogouts: ROUNDS,
      parallel: ['GET /hold/here: 200 {}'],
      late: ['GET /hold/late: 200 {}'],
    })
  }, 120_000)
}

withServer({ describe, it, afterAll }, 'two processes on Redis', await startRedis(), ({ url, namespace }) => {
  const prefix = `${namespace}:`
  afterAll(async () => {
    const redis = await createClient({ url }).connect()
    for (const key of await redis.keys(`${prefix}*`)) await redis.del(key)
    await redis.close()
  })
  tests({ database: 'redis', url, prefix })
})

withServer(
  { describe, it, afterAll },
  'two processes on Postgres',
  await startPostgres(),
  ({ url, namespace: schema }) => {
    const pool = new pg.Pool({ connectionString: url })
    beforeAll(async () => {
      await pool.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`)
      await migrate(pool, { schema })
    })
    afterAll(async () => {
      await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
      await pool.end()
    })
    tests({ database: 'postgres', url, schema })
  },
)

import { migrate } from '@sojourn/session-postgres'
import { startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SiteOptions, SiteProcess } from './support/processes'
import { Browser } from './support/served'

const ROUNDS = 20

/** Two processes of a site, one browser, and interleavings that are the same in every round. */
async function races(options: SiteOptions): Promise<{ lostKeys: number; undoneLogouts: number; statuses: number[] }> {
  const sites = await Promise.all([SiteProcess.start(options), SiteProcess.start(options)])
  const [here, there] = sites
  const found = { lostKeys: 0, undoneLogouts: 0, statuses: [] as number[] }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const browser = new Browser(here.url)
      await browser.get('/login/ada')
      const slow = await here.hold(browser, 'here')
      await there.as(browser).get('/set/there')
      found.statuses.push(await slow())
      const { body } = (await there.as(browser).get('/me')) as { body: object }
      found.lostKeys += ['here', 'there'].filter((key) => !Object.hasOwn(body, key)).length

      const late = await here.hold(browser, 'late')
      await there.as(browser).get('/logout')
      found.statuses.push(await late())
      const after = await Promise.all(sites.map((site) => site.as(browser).get('/me')))
      if (after.some(({ body }) => Object.hasOwn(body as object, 'user'))) found.undoneLogouts++
    }
  } finally {
    await Promise.all(sites.map((site) => site.stop()))
  }
  return found
}

/** The user stays logged in through requests to both processes in turn, and a logout in either ends both. */
async function inTurn(options: SiteOptions): Promise<void> {
  const sites = await Promise.all([SiteProcess.start(options), SiteProcess.start(options)])
  try {
    for (const last of sites) {
      const browser = new Browser(sites[0].url)
      await browser.get('/login/ada')
      for (const [i, site] of [...sites, ...sites].entries()) {
        const visit = site.as(browser)
        await visit.get(`/set/key${i}`)
        expect((await visit.get('/me')).body).toMatchObject({ user: 'ada', [`key${i}`]: true })
      }
      await last.as(browser).get('/logout')
      for (const site of sites) expect((await site.as(browser).get('/me')).body).toEqual({})
    }
  } finally {
    await Promise.all(sites.map((site) => site.stop()))
  }
}

function tests(options: Omit<SiteOptions, 'kind'>): void {
  it(`lose no key and undo no logout in ${ROUNDS} rounds, where the store before loses and undoes`, async () => {
    const ours = await races({ ...options, kind: 'sojourn' })
    const theirs = await races({ ...options, kind: 'connect' })
    expect(ours).toEqual({ lostKeys: 0, undoneLogouts: 0, statuses: Array(2 * ROUNDS).fill(200) })
    // A store without compare-and-set writes the whole row: the other key is lost, and the logout is undone.
    expect(theirs).toMatchObject({ lostKeys: ROUNDS, undoneLogouts: ROUNDS })
  }, 120_000)

  it('keep a user logged in whom both serve in turn, and a logout in either ends both', async () => {
    await inTurn({ ...options, kind: 'sojourn' })
  })
}

withServer({ describe, it, afterAll }, 'two processes on Redis', await startRedis(), ({ url, namespace }) => {
  const prefix = `${namespace}:`
  afterAll(async () => {
    const redis = new Redis(url)
    for (const key of await redis.keys(`${prefix}*`)) await redis.del(key)
    await redis.quit()
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

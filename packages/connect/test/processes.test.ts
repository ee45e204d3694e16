import { expect, it } from 'vitest'
import { type DatabaseOptions, onDatabases } from './support/databases'
import { secret } from './support/library'
import { Browser } from './support/served'
import { SiteProcess } from './support/site-process'

const ROUNDS = 20

/** Two processes with our store, or with the one that express-session's users have today. */
function twoSites(kind: 'sojourn' | 'connect', options: DatabaseOptions): Promise<[SiteProcess, SiteProcess]> {
  const start = () => SiteProcess.start(new URL('support/site.mjs', import.meta.url), { ...options, kind, secret })
  return Promise.all([start(), start()])
}

/** The same browser with another process. */
const at = ({ url }: SiteProcess, browser: Browser) => Object.assign(new Browser(url), { cookie: browser.cookie })

const hold = (site: SiteProcess, browser: Browser, key: string) =>
  site.hold(async () => (await at(site, browser).get(`/hold/${key}`)).status)

/** Two processes of a site, one browser, and interleavings that are the same in every round. */
async function races(sites: readonly [SiteProcess, SiteProcess]) {
  const [here, there] = sites
  const found = { lostKeys: 0, undoneLogouts: 0, statuses: [] as number[] }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const browser = new Browser(here.url)
      await browser.get('/login/ada')
      const slow = await hold(here, browser, 'here')
      await at(there, browser).get('/set/there')
      found.statuses.push(await slow())
      const { body } = (await at(there, browser).get('/me')) as { body: object }
      found.lostKeys += ['here', 'there'].filter((key) => !Object.hasOwn(body, key)).length

      const late = await hold(here, browser, 'late')
      await at(there, browser).get('/logout')
      found.statuses.push(await late())
      const after = await Promise.all(sites.map((site) => at(site, browser).get('/me')))
      if (after.some(({ body }) => Object.hasOwn(body as object, 'user'))) found.undoneLogouts++
    }
  } finally {
    await Promise.all(sites.map((site) => site.stop()))
  }
  return found
}

/** The user stays logged in through requests to both processes in turn, and a logout in either ends both. */
async function inTurn(sites: readonly [SiteProcess, SiteProcess]): Promise<void> {
  try {
    for (const last of sites) {
      const browser = new Browser(sites[0].url)
      await browser.get('/login/ada')
      for (const [i, site] of [...sites, ...sites].entries()) {
        const visit = at(site, browser)
        await visit.get(`/set/key${i}`)
        expect((await visit.get('/me')).body).toMatchObject({ user: 'ada', [`key${i}`]: true })
      }
      await at(last, browser).get('/logout')
      for (const site of sites) expect((await at(site, browser).get('/me')).body).toEqual({})
    }
  } finally {
    await Promise.all(sites.map((site) => site.stop()))
  }
}

await onDatabases('two processes', (options) => {
  it(`lose no key and undo no logout in ${ROUNDS} rounds, where the store before loses and undoes`, async () => {
    const ours = await races(await twoSites('sojourn', options))
    const theirs = await races(await twoSites('connect', options))
    expect(ours).toEqual({ lostKeys: 0, undoneLogouts: 0, statuses: Array(2 * ROUNDS).fill(200) })
    // A store without compare-and-set writes the whole row: the other key is lost, and the logout is undone.
    expect(theirs).toMatchObject({ lostKeys: ROUNDS, undoneLogouts: ROUNDS })
  }, 120_000)

  it('keep a user logged in whom both serve in turn, and a logout in either ends both', async () => {
    await inTurn(await twoSites('sojourn', options))
  })
})

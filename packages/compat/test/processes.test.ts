import { CookieJar } from '@sojourn/session-testing'
import { expect, it } from 'vitest'
import { type DatabaseOptions, onDatabases } from '../../connect/test/support/databases'
import { hold, startSite, visit } from './support/processes'

const ROUNDS = 20

/** Two processes of a site, one browser, and interleavings that are the same in every round. */
async function races(kind: 'compat' | 'express-session', options: DatabaseOptions) {
  const sites = await Promise.all([startSite(kind, options), startSite(kind, options)])
  const [here, there] = sites
  const found = { lostKeys: 0, undoneLogouts: 0, parallel: new Set<string>(), late: new Set<string>() }
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const jar = new CookieJar()
      await visit(here, jar, '/login/ada')
      const slow = await hold(here, jar, 'here')
      await visit(there, jar, '/set/there')
      found.parallel.add(await slow())
      const me = await visit(there, jar, '/me')
      found.lostKeys += ['"here"', '"there"'].filter((key) => !me.includes(key)).length

      const copy = jar.copy()
      const late = await hold(here, copy, 'late')
      await visit(there, jar, '/logout')
      found.late.add(await late())
      const after = await Promise.all(sites.map((site) => visit(site, copy.copy(), '/me')))
      if (after.some((line) => line.includes('"user"'))) found.undoneLogouts++
    }
  } finally {
    await Promise.all(sites.map((site) => site.stop()))
  }
  return { ...found, parallel: [...found.parallel], late: [...found.late] }
}

await onDatabases('two processes', (options) => {
  it(`lose no key and undo no logout in ${ROUNDS} rounds, where express-session loses and undoes`, async () => {
    const ours = await races('compat', options)
    const theirs = await races('express-session', options)
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
})

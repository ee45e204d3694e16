import type { Express } from 'express'
import grant from 'grant'
import { describe, expect, it } from 'vitest'
import { browser, serve } from './support/browser'
import { MIDDLEWARE, site } from './support/express-site'
import { provider } from './support/provider'

const routes = (authority: string) => (app: Express) => {
  const config = {
    defaults: { origin: 'http://localhost', transport: 'session', state: true, pkce: true, response: ['tokens'] },
    site: {
      authorize_url: `${authority}/authorize`,
      access_url: `${authority}/token`,
      oauth: 2,
      key: 'client',
      secret: 'secret',
      callback: '/done',
    },
  }
  app.use(grant.express()(config as never))
  app.get('/done', (req, res) => {
    const { grant } = req.session as { grant?: { response?: object } }
    res.json(grant?.response ?? null)
  })
}

/** Begins at the provider, comes back with a forged state, and then with the right one, twice. */
async function journey(url: string): Promise<string[]> {
  const { visit } = browser(url)
  const begin = async () => new URL((await visit('/connect/site')).split('→ ')[1]!).searchParams.get('state')!
  const lines = [await visit('/done')]
  await begin()
  lines.push(await visit('/connect/site/callback?code=1&state=forged'), await visit('/done'))
  const state = await begin()
  const back = `/connect/site/callback?code=1&state=${state}`
  for (const path of [back, '/done', back, '/done']) lines.push((await visit(path)).replaceAll(state, 'state'))
  return lines
}

describe('grant with state and PKCE', () => {
  it.each(['store mode', 'cookie mode'] as const)('has the transcript of express-session, in %s', async (mode) => {
    const authority = await provider()
    const [theirs, ours] = await Promise.all(
      (['express-session', mode] as const).map(async (name) =>
        journey(await serve(site(MIDDLEWARE[name](), routes(authority)))),
      ),
    )
    expect(ours).toEqual(theirs)
    expect(theirs!.join('\n')).toContain('"access_token":"verified"')
    expect(theirs!.join('\n')).toContain('mismatch')
  })
})

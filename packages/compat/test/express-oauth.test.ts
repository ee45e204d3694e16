import type { Express, Request } from 'express'
import { Passport } from 'passport'
import { Strategy } from 'passport-oauth2'
import { describe, expect, it } from 'vitest'
import { browser, serve } from './support/browser'
import { MIDDLEWARE, site } from './support/express-site'
import { provider } from './support/provider'

// biome-ignore lint/suspicious/noExplicitAny: Passport adds properties of its own
type Loose = any
type Done = (error: unknown, result?: unknown) => void

const routes = (authority: string) => (app: Express) => {
  const passport = new Passport()
  const options = {
    authorizationURL: `${authority}/authorize`,
    tokenURL: `${authority}/token`,
    clientID: 'client',
    clientSecret: 'secret',
    callbackURL: '/callback',
    state: true,
    pkce: true,
  }
  const verify = (token: string, _refresh: string, _profile: unknown, done: Done) => done(null, { id: `ada, ${token}` })
  passport.use(new Strategy(options, verify))
  passport.serializeUser((user: Loose, done: Done) => done(null, user.id))
  passport.deserializeUser((id: unknown, done: Done) => done(null, { id }))
  app.use(passport.initialize(), passport.session())
  app.get('/login', passport.authenticate('oauth2'))
  app.get('/callback', passport.authenticate('oauth2', { successRedirect: '/me', failureRedirect: '/failed' }))
  app.get('/me', (req, res) => {
    const { cookie, ...data } = req.session as Loose
    res.json({ user: (req as Request & Loose).user?.id ?? null, keys: Object.keys(data) })
  })
}

/** Logs in, comes back with a forged state, and comes back with an old state. */
async function journey(url: string): Promise<string[]> {
  const { visit } = browser(url)
  const begin = async () => new URL((await visit('/login')).split('→ ')[1]!).searchParams.get('state')
  const lines = [await visit('/me')]
  await begin()
  lines.push((await visit('/callback?code=1&state=forged')).replace(/^.*?: /, 'forged: '))
  const state = await begin()
  for (const path of [`/callback?code=1&state=${state}`, '/me', `/callback?code=1&state=${state}`, '/me']) {
    lines.push((await visit(path)).replace(state!, 'state'))
  }
  return lines
}

describe('passport-oauth2 with state and PKCE', () => {
  it.each(['store mode', 'cookie mode'] as const)('has the transcript of express-session, in %s', async (mode) => {
    const authority = await provider()
    const [theirs, ours] = await Promise.all(
      (['express-session', mode] as const).map(async (name) =>
        journey(await serve(site(MIDDLEWARE[name](), routes(authority)))),
      ),
    )
    expect(ours).toEqual(theirs)
    expect(theirs!.join('\n')).toContain('ada, verified')
  })
})

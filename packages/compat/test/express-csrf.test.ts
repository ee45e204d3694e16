import { csrfSync } from 'csrf-sync'
import csurf from 'csurf'
import type { Express, Request, RequestHandler } from 'express'
import lusca from 'lusca'
import { describe, expect, it } from 'vitest'
import { type Step, serve, transcript } from './support/browser'
import { MIDDLEWARE, site } from './support/express-site'

// Each package keeps a secret or a token in the session. What it hands out is random, so the site shows only whether it is accepted.

// biome-ignore lint/suspicious/noExplicitAny: each package adds properties of its own
const loose = (req: Request) => req as any

/** What a package is mounted as, and the field of a form that it reads. */
interface Guard {
  readonly guard: RequestHandler
  readonly field: string
  token(req: Request): string
}

const GUARDS: Record<string, () => Guard> = {
  'csrf-sync': () => {
    const { csrfSynchronisedProtection: guard, generateToken: token } = csrfSync({
      getTokenFromRequest: (req) => req.body?.token,
    })
    return { guard, field: 'token', token }
  },
  csurf: () => ({ guard: csurf(), field: '_csrf', token: (req) => loose(req).csrfToken() }),
  lusca: () => ({ guard: lusca.csrf(), field: '_csrf', token: (req) => loose(req).csrfToken() }),
}

/** A site with a guarded form. `/sent` is the form as it was shown last. */
function formSite({ guard, field, token }: Guard) {
  return (app: Express) => {
    let shown = 'none'
    const fill: RequestHandler = (req, _res, next) => {
      req.body = { [field]: shown }
      next()
    }
    app.post('/login', (req, res, next) => req.session.regenerate((error) => (error ? next(error) : res.send('in'))))
    app.post('/logout', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.send('out'))))
    app.get('/form', guard, (req, res) => {
      shown = token(req)
      res.send('a form')
    })
    app.post('/sent', fill, guard, (_req, res) => void res.send('accepted'))
    app.post('/forged', guard, (_req, res) => void res.send('accepted'))
  }
}

const STEPS: readonly Step[] = [
  ['/sent', {}],
  '/form',
  ['/sent', {}],
  ['/forged', { token: 'made up', _csrf: 'made up' }],
  ['/sent', {}],
  ['/login', {}],
  ['/sent', {}],
  '/form',
  ['/sent', {}],
  ['/logout', {}],
  ['/sent', {}],
]

describe.each(Object.entries(GUARDS))('%s', (_, guard) => {
  it.each(['store mode', 'cookie mode'] as const)('has the transcript of express-session, in %s', async (mode) => {
    const [theirs, ours] = await Promise.all(
      (['express-session', mode] as const).map(async (name) =>
        transcript(await serve(site(MIDDLEWARE[name](), formSite(guard()))), STEPS),
      ),
    )
    expect(ours).toEqual(theirs)
    expect(theirs!.filter((line) => line.endsWith('accepted'))).toHaveLength(3)
  })
})

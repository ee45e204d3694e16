import { ensureLoggedIn } from 'connect-ensure-login'
import flash from 'connect-flash'
import express5, { type Express, type Request } from 'express'
import express4 from 'express-4'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'
import { describe, expect, it } from 'vitest'
import { type Step, serve, transcript } from './support/browser'
import { MIDDLEWARE, site } from './support/express-site'

// The real packages. Each journey is recorded with express-session and with compat, in the same run, and compared line by line.

// biome-ignore lint/suspicious/noExplicitAny: each package adds properties of its own
const loose = (req: Request) => req as any

type Done = (error: unknown, result?: unknown) => void

function passportSite(app: Express): void {
  const passport = new Passport()
  passport.use(
    new Strategy((name: string, password: string, done: Done) => done(null, password === 'right' && { id: name })),
  )
  passport.serializeUser((user: unknown, done: Done) => done(null, (user as { id: string }).id))
  passport.deserializeUser((id: unknown, done: Done) => done(null, { id: String(id) }))
  app.use(passport.initialize(), passport.session())
  app.post(
    '/login',
    passport.authenticate('local', {
      successReturnToOrRedirect: '/me',
      failureRedirect: '/failed',
      failureMessage: true,
    }),
  )
  app.post('/login-keeping', passport.authenticate('local', { successRedirect: '/me', keepSessionInfo: true }))
  app.post('/logout', (req, res, next) =>
    loose(req).logout((error: unknown) => (error ? next(error) : res.redirect('/me'))),
  )
  app.post('/logout-destroy', (req, res, next) =>
    loose(req).logout((error: unknown) => {
      if (error) return next(error)
      req.session.destroy(() => res.send(String(req.session)))
    }),
  )
  app.get('/me', (req, res) => {
    const { cart = [], messages = [] } = loose(req).session
    res.json({ user: loose(req).user?.id ?? null, isAuthenticated: loose(req).isAuthenticated(), cart, messages })
  })
  app.get('/cart', (req, res) => {
    loose(req).session.cart = [...(loose(req).session.cart ?? []), 'tea']
    res.json(loose(req).session.cart)
  })
  app.get('/private', ensureLoggedIn('/sign-in'), (req, res) => res.send(loose(req).user.id))
}

const ADA = { username: 'ada', password: 'right' }

const SITES: [name: string, routes: (app: Express) => void, steps: readonly Step[]][] = [
  [
    'passport, passport-local',
    passportSite,
    [
      '/me',
      '/cart',
      ['/login', { username: 'ada', password: 'wrong' }],
      '/me',
      ['/login', ADA],
      '/me',
      '/cart',
      ['/login', { ...ADA, username: 'bob' }],
      '/me',
      '/cart',
      ['/login-keeping', ADA],
      '/me',
      ['/logout', {}],
      '/me',
      ['/login', ADA],
      ['/logout-destroy', {}],
      '/me',
    ],
  ],
  [
    'connect-ensure-login',
    passportSite,
    ['/private', '/me', ['/login', ADA], '/private', ['/logout', {}], '/private', ['/login', ADA], '/private'],
  ],
  [
    'connect-flash',
    (app) => {
      passportSite(app)
      app.use(flash())
      app.get('/say', (req, res) => {
        loose(req).flash('info', 'one')
        loose(req).flash('info', ['two', 'three'])
        res.redirect('/said')
      })
      app.get('/said', (req, res) => res.json(loose(req).flash()))
      app.get('/bye', (req, res, next) =>
        loose(req).logout((error: unknown) => {
          if (error) return next(error)
          loose(req).flash('info', 'you are logged out')
          res.redirect('/said')
        }),
      )
    },
    ['/said', '/say', '/said', '/said', ['/login', ADA], '/say', '/me', '/bye', '/said', '/said', '/me'],
  ],
  [
    'a session of its own: views, regenerate, reload, save, touch, null',
    (app) => {
      app.get('/views', (req, res) => {
        const session = loose(req).session
        session.views = (session.views ?? 0) + 1
        res.json(session.views)
      })
      app.get('/login', (req, res) => {
        loose(req).session.user = 7
        res.send('in')
      })
      app.get('/out', (req, res) => {
        delete loose(req).session.user
        res.send('out')
      })
      app.get('/all', (req, res) => {
        const { cookie, ...data } = loose(req).session
        res.json({
          data,
          // express-session reads the clock twice to make it, so it can be 1 ms less.
          lifetime: Math.round(cookie.originalMaxAge / 1000),
          keys: Object.keys(req.session),
          same: req.sessionID === req.session.id,
        })
      })
      app.get('/regenerate', (req, res, next) =>
        req.session.regenerate((error) => (error ? next(error) : res.json(Object.keys(req.session)))),
      )
      app.get('/reload', (req, res, next) => {
        // Nothing is kept of a response with status 500: see the README.
        if (loose(req).session.views) loose(req).session.views = 100
        req.session.reload((error) => (error ? next(error) : res.json(loose(req).session.views)))
      })
      app.get('/save', (req, res, next) => {
        loose(req).session.saved = new Date(0)
        loose(req).session.list = [new Map([[1, 2]]), undefined, Number.NaN]
        req.session.save((error) => (error ? next(error) : res.send('saved')))
      })
      app.get('/touch', (req, res) => void res.json(req.session.touch() === req.session))
      app.get(
        '/destroy',
        (req, res) => void req.session.destroy((error) => res.json([error ?? null, req.session ?? null])),
      )
      app.get('/null', (req, res) => {
        loose(req).session = null
        res.send('null')
      })
    },
    [
      '/all',
      '/reload',
      '/views',
      '/views',
      '/all',
      '/login',
      '/all',
      '/save',
      '/all',
      '/touch',
      '/reload',
      '/views',
      '/out',
      '/all',
      '/regenerate',
      '/all',
      '/views',
      '/destroy',
      '/all',
      '/views',
    ],
  ],
]

describe.each(SITES)('%s', (_, routes, steps) => {
  it.each([
    ['Express 5', 'store mode', express5],
    ['Express 5', 'cookie mode', express5],
    ['Express 4', 'store mode', express4],
    ['Express 4', 'cookie mode', express4],
  ] as const)('with %s has the transcript of express-session, in %s', async (_version, mode, express) => {
    const [theirs, ours] = await Promise.all(
      (['express-session', mode] as const).map(async (name) =>
        transcript(await serve(site(MIDDLEWARE[name](), routes, express)), steps),
      ),
    )
    expect(ours).toEqual(theirs)
    expect(theirs).toHaveLength(steps.length)
  })
})

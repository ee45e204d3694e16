import { compatSession } from '@sojourn/session-compat/koa'
import Koa, { type Context, type Middleware } from 'koa'
import Koa2 from 'koa-2'
import passportOf from 'koa-passport'
import { createSession } from 'koa-session'
import { Strategy } from 'passport-local'
import { describe, expect, it } from 'vitest'
import { type Step, serve, transcript } from './support/browser'
import { manager, SECRET, sealedManager } from './support/manager'

// biome-ignore lint/suspicious/noExplicitAny: koa-passport adds properties of its own
type Loose = any
type Done = (error: unknown, result?: unknown) => void

const subject = (data: Loose) => data.passport?.user

/** As koa-session keeps sessions in a store. */
function theirs(app: Koa): Middleware {
  app.keys = [SECRET]
  const rows = new Map<string, string>()
  const store = {
    get: async (id: string) => JSON.parse(rows.get(id) ?? 'null'),
    set: async (id: string, session: unknown) => void rows.set(id, JSON.stringify(session)),
    destroy: async (id: string) => void rows.delete(id),
  }
  return createSession({ store, maxAge: 'session' } as Loose, app as Loose) as unknown as Middleware
}

const MIDDLEWARE: Record<string, (app: Koa) => Middleware> = {
  'koa-session': theirs,
  'store mode': () => compatSession(manager(), { subject }),
  'cookie mode': () => compatSession(sealedManager(), { subject }),
}

type Route = (ctx: Context & Loose, next: () => Promise<unknown>) => unknown

async function site(name: string, Version: typeof Koa): Promise<string> {
  const app = new Version()
  app.silent = true
  app.use(MIDDLEWARE[name]!(app))
  const passport = new (passportOf as Loose).KoaPassport()
  passport.use(
    new Strategy({ passReqToCallback: false }, (user: string, password: string, done: Done) =>
      done(null, password === 'right' && { id: user }),
    ),
  )
  passport.serializeUser((user: { id: string }, done: Done) => done(null, user.id))
  passport.deserializeUser((id: string, done: Done) => done(null, { id }))
  app.use(async (ctx: Loose, next) => {
    // A body parser for forms.
    const chunks: Buffer[] = []
    for await (const chunk of ctx.req) chunks.push(chunk)
    ctx.request.body = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
    await next()
  })
  app.use(passport.initialize()).use(passport.session())
  const routes: Record<string, Route> = {
    '/me': (ctx) => {
      const user = ctx.state.user?.id ?? null
      ctx.body = { user, isAuthenticated: ctx.isAuthenticated(), cart: ctx.session.cart ?? [] }
    },
    '/facts': (ctx) => {
      const { isNew, populated, length } = ctx.session
      ctx.body = {
        isNew,
        populated,
        length,
        json: ctx.session,
        keys: Object.keys(ctx.session.toJSON()),
      }
    },
    // Not after save(): with maxAge 'session', koa-session then commits a day.
    '/max-age': (ctx) => {
      ctx.body = String(ctx.session.maxAge)
    },
    '/cart': (ctx) => {
      ctx.session.cart = [...(ctx.session.cart ?? []), 'tea']
      ctx.session._private = 'not stored'
      ctx.body = ctx.session.cart
    },
    '/login': (ctx, next) =>
      passport.authenticate('local', { successRedirect: '/me', failureRedirect: '/failed' })(ctx, next),
    '/logout': async (ctx) => {
      await ctx.logout()
      ctx.redirect('/me')
    },
    '/regenerate': async (ctx) => {
      await ctx.session.regenerate()
      ctx.body = ctx.session.cart ?? []
    },
    '/replace': (ctx) => {
      ctx.session = { other: 1 }
      ctx.body = ctx.session
    },
    '/save': (ctx) =>
      new Promise<void>((done) => {
        ctx.session.saved = new Date(0)
        ctx.session.save(() => {
          ctx.body = 'saved'
          done()
        })
      }),
    '/null': (ctx) => {
      ctx.session = null
      ctx.body = String(ctx.session)
    },
  }
  app.use((ctx, next) => routes[ctx.path]?.(ctx, next) as Promise<void>)
  return serve(app.callback())
}

const ADA = { username: 'ada', password: 'right' }

const JOURNEYS: [string, readonly Step[]][] = [
  [
    'koa-passport, passport-local',
    [
      '/me',
      '/cart',
      ['/login', { ...ADA, password: 'wrong' }],
      ['/login', ADA],
      '/me',
      '/cart',
      ['/login', { ...ADA, username: 'bob' }],
      '/me',
      ['/logout', {}],
      '/me',
      ['/login', ADA],
      '/null',
      '/me',
    ],
  ],
  [
    'a session of its own',
    [
      '/facts',
      '/max-age',
      '/cart',
      '/facts',
      '/cart',
      '/regenerate',
      '/facts',
      '/replace',
      '/facts',
      '/save',
      '/facts',
      '/null',
      '/facts',
      '/cart',
    ],
  ],
]

describe.each(JOURNEYS)('%s', (_, steps) => {
  it.each([
    ['Koa 3', 'store mode', Koa],
    ['Koa 3', 'cookie mode', Koa],
    ['Koa 2', 'store mode', Koa2],
    ['Koa 2', 'cookie mode', Koa2],
  ])('with %s has the transcript of koa-session, in %s', async (_version, mode, Version) => {
    const [expected, ours] = await Promise.all(
      ['koa-session', mode].map(async (name) => transcript(await site(name, Version), steps)),
    )
    expect(ours).toEqual(expected)
  })
})

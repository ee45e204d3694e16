import fastifyCookie from '@fastify/cookie'
import secureSession from '@fastify/secure-session'
import fastifySession from '@fastify/session'
import cookieSession from 'cookie-session'
import express, { type Express } from 'express'
import session from 'express-session'
import Fastify, { type FastifyInstance } from 'fastify'
import * as iron8 from 'iron-session'
import * as iron9 from 'iron-session-9'
import Koa from 'koa'
import koaSession from 'koa-session'
import {
  type ConnectSidOptions,
  connectSid,
  type ForeignOptions,
  foreign,
  ironSession,
  keygripCookie,
  type LegacyRows,
  type SessionSource,
  type SourceOptions,
} from '../../../src/import'
import { recipe } from '../../support/recipe'
import { closeLater, loggedIn, serve } from './site'

/** A site with a library of before: `/login`, `/change`, `/me`, each as that library is used. */
export interface OldSite {
  readonly url: string
  /** Its cookies. */
  readonly names: readonly string[]
  /** Whether a session can be ended at its source. */
  readonly ends: boolean
  source(options?: Partial<SourceOptions & Pick<ConnectSidOptions, 'rows'>>): SessionSource
}

const key = 'the key of the site before'
const password = 'a password of iron-session, long enough'
const common: SourceOptions = { until: new Date(Date.now() + 30 * 86_400_000), subject: (data) => data.user }

/** A key that no one should use any more, and that old sites have. */
const secret = 'keyboard cat'

function routes(app: Express, sessionOf: (req: express.Request) => Record<string, unknown>): Express {
  app.get('/login', (req, res) => {
    Object.assign(sessionOf(req), loggedIn)
    res.json({})
  })
  app.get('/visit', (req, res) => {
    Object.assign(sessionOf(req), { cart: ['tea'] })
    res.json({})
  })
  app.get('/change', (req, res) => {
    Object.assign(sessionOf(req), { changed: true })
    res.json({})
  })
  app.get('/me', (req, res) => {
    const { user, cart } = sessionOf(req)
    res.json({ user, cart })
  })
  return app
}

/** express-session with a store. */
export async function expressSite(store: session.Store, rows: LegacyRows): Promise<OldSite> {
  const app = express()
  app.use(session({ secret, resave: false, saveUninitialized: false, store, cookie: { maxAge: 3_600_000 } }))
  return {
    url: await serve(routes(app, (req) => req.session as never)),
    names: ['connect.sid'],
    ends: true,
    source: (options) => connectSid({ ...common, secrets: ['another', secret], rows, ...options }),
  }
}

/** Rows of a store with callbacks, as a user may write them. */
export const rowsOf = (store: session.Store): LegacyRows => ({
  read: (sid) =>
    new Promise((resolve, reject) =>
      store.get(sid, (error, found) =>
        error ? reject(error) : resolve(found && { session: JSON.parse(JSON.stringify(found)) }),
      ),
    ),
  end: (sid) =>
    new Promise((resolve, reject) => store.destroy(sid, (error) => (error ? reject(error) : resolve(true)))),
})

async function fastifySite(): Promise<OldSite> {
  const store = new session.MemoryStore()
  const app = Fastify()
  app.register(fastifyCookie)
  const long = `${secret} ${secret} ${secret}`
  app.register(fastifySession, {
    secret: long,
    store: store as never,
    cookieName: 'sessionId',
    saveUninitialized: false,
    cookie: { secure: false, maxAge: 3_600_000 },
  })
  return {
    url: await serveFastify(app),
    names: ['sessionId'],
    ends: true,
    source: (options) => connectSid({ ...common, name: 'sessionId', secrets: long, rows: rowsOf(store), ...options }),
  }
}

/** The library's own cookie, opened as the documentation shows. */
async function secureSite(): Promise<OldSite> {
  const key = '4d'.repeat(32)
  process.env.OLD_SESSION_KEY = key
  process.env.SESSION_SECRET = 'a secret for the documented manager, long enough'
  const app = Fastify()
  app.register(secureSession, { key: Buffer.from(key, 'hex'), cookie: { path: '/' } })
  const { open } = await recipe<Pick<ForeignOptions, 'open'>>('switching.md', 'Sessions of @fastify/secure-session')
  return {
    url: await serveFastify(app),
    names: ['session'],
    ends: false,
    source: (options) => foreign({ ...common, name: 'session', open, ...options }),
  }
}

async function serveFastify(app: FastifyInstance): Promise<string> {
  const set = (path: string, data: object) =>
    app.get(path, async (request) => {
      for (const [name, value] of Object.entries(data)) request.session.set(name as never, value as never)
      return {}
    })
  set('/login', loggedIn)
  set('/visit', { cart: ['tea'] })
  set('/change', { changed: true })
  app.get('/me', async (request) => {
    const { user, cart } = request.session as never as Record<string, unknown>
    return { user, cart }
  })
  closeLater(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

async function koaSite(): Promise<OldSite> {
  const app = new Koa()
  app.keys = [key, 'an older key']
  app.use(koaSession({ maxAge: 3_600_000 }, app as never) as never)
  app.use((ctx) => {
    const { session } = ctx as never as { session: Record<string, unknown> }
    if (ctx.path === '/login') Object.assign(session, loggedIn)
    if (ctx.path === '/visit') Object.assign(session, { cart: ['tea'] })
    if (ctx.path === '/change') Object.assign(session, { changed: true })
    ctx.body = ctx.path === '/me' ? { user: session.user, cart: session.cart } : {}
  })
  return {
    url: await serve(app.callback()),
    names: ['koa.sess', 'koa.sess.sig'],
    ends: false,
    source: (options) =>
      keygripCookie({ ...common, name: 'koa.sess', keys: [key, 'an older key'], algorithm: 'sha1', ...options }),
  }
}

async function cookieSessionSite(): Promise<OldSite> {
  const app = express()
  app.use(cookieSession({ name: 'session', keys: [key] }))
  return {
    url: await serve(routes(app, (req) => req.session as never)),
    names: ['session', 'session.sig'],
    ends: false,
    source: (options) => keygripCookie({ ...common, name: 'session', keys: key, algorithm: 'sha1', ...options }),
  }
}

async function ironSite({ getIronSession }: typeof iron8, chunk: boolean): Promise<OldSite> {
  const app = express()
  const options = { cookieName: 'iron', password, ...(chunk && { chunk }) }
  const set = (path: string, data: object) =>
    app.get(path, async (req, res) => {
      const session = await getIronSession<Record<string, unknown>>(req, res, options)
      Object.assign(session, data, chunk && { long: 'x'.repeat(4000) })
      await session.save()
      res.json({})
    })
  set('/login', loggedIn)
  set('/visit', { cart: ['tea'] })
  set('/change', { changed: true })
  app.get('/me', async (req, res) => {
    const { user, cart } = await getIronSession<Record<string, unknown>>(req, res, options)
    res.json({ user, cart })
  })
  return {
    url: await serve(app),
    names: chunk ? ['iron.0', 'iron.1'] : ['iron'],
    ends: false,
    source: (options) =>
      ironSession({
        ...common,
        name: 'iron',
        password: { 1: password, 2: `${password} of now` },
        accept: (data) => data.purpose === undefined,
        data: ({ long, ...data }) => data,
        ...options,
      }),
  }
}

/** A library that Sojourn knows nothing of: its cookie is sealed by a codec of its own. */
async function foreignSite(): Promise<OldSite> {
  const app = express()
  const seals = new Map<string, Record<string, unknown>>()
  app.use((req, res, next) => {
    const [, seal = ''] = /own=(\w+)/.exec(req.headers.cookie ?? '') ?? []
    const data = { ...seals.get(seal) }
    Object.assign(req, { session: data })
    const { json } = res
    res.json = (body) => {
      if (Object.keys(data).length > 0 && JSON.stringify(data) !== JSON.stringify(seals.get(seal))) {
        const next = `seal${Math.random().toString(36).slice(2)}`
        seals.set(next, data)
        res.append('set-cookie', `own=${next}; Path=/`)
      }
      return json.call(res, body)
    }
    next()
  })
  return {
    url: await serve(routes(app, (req) => (req as never as { session: Record<string, unknown> }).session)),
    names: ['own'],
    ends: false,
    source: (options) =>
      foreign({
        ...common,
        name: 'own',
        open: (value) => {
          const data = seals.get(value)
          return data && { key: value, read: () => ({ data }) }
        },
        ...options,
      }),
  }
}

type Format = readonly [name: string, open: () => Promise<OldSite>]

/** Those whose sessions are in their cookies. */
export const IN_COOKIES: readonly Format[] = [
  ['koa-session', koaSite],
  ['cookie-session', cookieSessionSite],
  ['iron-session 8', () => ironSite(iron8, false)],
  ['iron-session 9', () => ironSite(iron9 as never, false)],
  ['iron-session 9 in chunks', () => ironSite(iron9 as never, true)],
  ['@fastify/secure-session, as the documentation opens them', secureSite],
  ['a library of its own', foreignSite],
]

/** Every format whose sessions need no server, made by its library at run time. */
export const FORMATS: readonly Format[] = [
  ['express-session', () => withMemory()],
  ['@fastify/session', fastifySite],
  ...IN_COOKIES,
]

function withMemory(): Promise<OldSite> {
  const store = new session.MemoryStore()
  return expressSite(store, rowsOf(store))
}

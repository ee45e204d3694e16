import fastifyCookie from '@fastify/cookie'
import { Authenticator } from '@fastify/passport'
import fastifySession from '@fastify/session'
import { compatSession } from '@sojourn/session-compat/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { Strategy } from 'passport-local'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Step, transcript } from './support/browser'
import { manager, SECRET, sealedManager } from './support/manager'

// biome-ignore lint/suspicious/noExplicitAny: each package adds properties of its own
type Loose = any
type Done = (error: unknown, result?: unknown) => void

const subject = (data: Loose) => data.passport

const REGISTER: Record<string, (fastify: FastifyInstance) => Promise<void>> = {
  '@fastify/session': async (fastify) => {
    await fastify.register(fastifyCookie)
    await fastify.register(fastifySession, { secret: SECRET, cookie: { secure: false }, saveUninitialized: false })
  },
  'store mode': async (fastify) =>
    void (await fastify.register(compatSession, { sessions: manager() as Loose, subject })),
  'cookie mode': async (fastify) =>
    void (await fastify.register(compatSession, { sessions: sealedManager() as Loose, subject })),
}

async function site(name: string): Promise<string> {
  const fastify: Loose = Fastify()
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_: unknown, body: string, done: Done) => done(null, Object.fromEntries(new URLSearchParams(body))),
  )
  await REGISTER[name]!(fastify)
  const passport = new Authenticator()
  // It registers @fastify/flash.
  await fastify.register(passport.initialize())
  await fastify.register(passport.secureSession())
  passport.use(
    'local',
    new Strategy((user: string, password: string, done: Done) =>
      done(null, password === 'right' && { id: user }),
    ) as Loose,
  )
  passport.registerUserSerializer(async (user: Loose) => user.id)
  passport.registerUserDeserializer(async (id: Loose) => ({ id }))
  const login = {
    preValidation: passport.authenticate('local', { successRedirect: '/me', failureRedirect: '/failed' }),
  }
  fastify.post('/login', login, () => {})
  fastify.post('/logout', async (request: Loose, reply: Loose) => {
    await request.logOut()
    return reply.redirect('/me')
  })
  fastify.get('/me', async (request: Loose) => ({
    user: request.user?.id ?? null,
    isAuthenticated: request.isAuthenticated(),
    cart: request.session.get('cart') ?? [],
  }))
  fastify.get('/cart', async (request: Loose) => {
    request.session.set('cart', [...(request.session.get('cart') ?? []), 'tea'])
    return request.session.cart
  })
  fastify.get('/flash', async (request: Loose, reply: Loose) => {
    request.flash('info', 'one')
    return reply.redirect('/flashed')
  })
  fastify.get('/flashed', async (_request: Loose, reply: Loose) => reply.flash())
  fastify.get('/regenerate', async (request: Loose) => {
    await request.session.regenerate(['cart'])
    return Object.keys(request.session)
  })
  fastify.get('/regenerate-all', (request: Loose, reply: Loose) => {
    request.session.regenerate((error: unknown) =>
      reply.send({ error: error ?? null, keys: Object.keys(request.session) }),
    )
  })
  fastify.get('/save', async (request: Loose) => {
    const { session } = request
    const before = session.isModified()
    session.saved = new Date(0)
    const changed = session.isModified()
    await session.save()
    session.touch()
    session.options({ path: '/' })
    return { before, changed, after: session.isModified(), isSaved: session.isSaved() }
  })
  fastify.get('/reload', async (request: Loose) => {
    request.session.cart = []
    await request.session.reload()
    return request.session.cart ?? null
  })
  fastify.get('/destroy', async (request: Loose) => {
    await request.session.destroy()
    return { session: request.session }
  })
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => fastify.close())
  return url
}

const ADA = { username: 'ada', password: 'right' }

const JOURNEYS: [string, readonly Step[]][] = [
  [
    '@fastify/passport, passport-local',
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
      '/me',
      '/destroy',
      '/me',
    ],
  ],
  ['@fastify/flash', ['/flashed', '/flash', '/flashed', '/flashed', ['/login', ADA], '/flash', '/flashed']],
  [
    'a session of its own',
    [
      '/cart',
      '/save',
      '/me',
      '/regenerate',
      '/me',
      '/reload',
      '/me',
      '/regenerate-all',
      '/me',
      '/cart',
      '/destroy',
      '/me',
    ],
  ],
]

describe.each(JOURNEYS)('%s', (_, steps) => {
  it.each(['store mode', 'cookie mode'])('has the transcript of @fastify/session, in %s', async (mode) => {
    const [expected, ours] = await Promise.all(
      ['@fastify/session', mode].map(async (name) => transcript(await site(name), steps)),
    )
    expect(ours).toEqual(expected)
  })
})

import { createServer } from 'node:http'
import { CookieJar, serveOnLoopback } from '@sojourn/session-testing'
import type { Request } from 'express'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { browser } from './support/browser'
import { MIDDLEWARE, site } from './support/express-site'

// biome-ignore lint/suspicious/noExplicitAny: values of this site
type Bag = any

/** A site whose sockets read and write the session of their browser, long after the handshake. */
async function journey(name: 'express-session' | 'store mode'): Promise<unknown[]> {
  const middleware = MIDDLEWARE[name]()
  const app = site(middleware, (app) => {
    app.get(
      '/login',
      (req, res) => void req.session.regenerate(() => res.json(Object.assign(req.session, { user: 'ada' }).user)),
    )
    app.get('/cart', (req, res) => {
      const session = req.session as Bag
      session.cart = [...(session.cart ?? []), 'tea']
      res.json(session.cart)
    })
    app.get('/me', (req, res) => void res.json({ ...req.session, cookie: undefined }))
    app.get('/logout', (req, res) => void req.session.destroy(() => res.json('out')))
  })
  const server = createServer(app)
  const sockets = new Server(server)
  onTestFinished(() => void sockets.close())
  sockets.engine.use(middleware)
  sockets.on('connection', (socket) => {
    const req = socket.request as Request
    socket.on('reload', (reply) =>
      req.session.reload((error) => reply(error ? 'ended' : { ...req.session, cookie: undefined })),
    )
    socket.on('say', (what, reply) => {
      ;(req.session as Bag).said = what
      req.session.save((error) => reply(error ? 'ended' : 'saved'))
    })
  })
  const { url, close } = await serveOnLoopback(server)
  onTestFinished(close)
  const jar = new CookieJar()
  const { visit } = browser(url, jar)
  const seen: unknown[] = [await visit('/login'), await visit('/cart')]
  const socket = io(url, { extraHeaders: { cookie: jar.header ?? '' }, transports: ['websocket'], forceNew: true })
  onTestFinished(() => void socket.disconnect())
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
  seen.push(await socket.emitWithAck('reload'), await visit('/cart'), await socket.emitWithAck('reload'))
  seen.push(await socket.emitWithAck('say', 'hello'), await visit('/me'), await visit('/logout'))
  seen.push(await socket.emitWithAck('reload'))
  return seen
}

describe('socket.io with the middleware of the site', () => {
  it('reads and stores the session long after the handshake, as with express-session, until it ends', async () => {
    const [theirs, ours] = await Promise.all([journey('express-session'), journey('store mode')])
    expect(ours).toEqual(theirs)
    expect(theirs.at(-1)).toBe('ended')
  })
})

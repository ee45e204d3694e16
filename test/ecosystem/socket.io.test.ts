import { createServer } from 'node:http'
import type { CookieJar } from '@sojourn/session-testing'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressSite } from './express-site'
import { ADA, act, browser, journey, logIn, NONE, renew, serve } from './site'

/** Express over HTTP, and Socket.IO on the same server with the same middleware, as its documentation shows. */
async function site() {
  const { app, sessions, clock, middleware } = expressSite()
  const server = createServer(app)
  const sockets = new Server(server)
  onTestFinished(() => void sockets.close())
  sockets.engine.use(middleware)
  sockets.on('connection', (socket) => {
    const session = sessions.of(socket.request)
    socket.on('act', async (action: string, reply: (answer: unknown) => void) => {
      reply(await act(session, action).catch((error) => error.code))
    })
    socket.on('update', async (reply: (answer: unknown) => void) => {
      reply(await session.update('cart', (cart = []) => [...cart, 'tea']).catch((error) => error.code))
    })
  })
  const url = await serve(server)
  return { url, clock, visit: browser(url) }
}

/** Opens a socket with the cookies of a browser. */
async function open(url: string, jar: CookieJar, transport: 'polling' | 'websocket') {
  const options = { extraHeaders: { cookie: jar.header ?? '' }, transports: [transport], forceNew: true }
  const socket = io(url, options)
  onTestFinished(() => void socket.disconnect())
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
  return socket
}

describe('socket.io', () => {
  it('HTTP beside it goes through the journey', async () => {
    const { clock, visit } = await site()
    await journey(clock, visit)
  })

  it.each(['polling', 'websocket'] as const)('a socket by %s has the session of the browser', async (transport) => {
    const { url, clock, visit } = await site()
    const jar = await logIn(visit)
    const socket = await open(url, jar, transport)
    expect(await socket.emitWithAck('act', 'read')).toEqual(ADA)
    expect(await socket.emitWithAck('act', 'login')).toBe('ERR_SESSION_HEADERS_SENT')
    await renew(clock, jar, visit)
    clock.advance(3500)
    expect(await visit('read', jar)).toEqual(ADA)
    expect(await socket.emitWithAck('update')).toEqual(['tea', 'tea'])
    await visit('logout', jar)
    expect(await socket.emitWithAck('update')).toBe('ERR_SESSION_ENDED')
    const later = await open(url, jar, transport)
    expect(await later.emitWithAck('act', 'read')).toEqual(NONE)
  })
})

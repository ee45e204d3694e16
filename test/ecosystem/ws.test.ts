import { once } from 'node:events'
import { createServer } from 'node:http'
import type { CookieJar } from '@sojourn/session-testing'
import type { Request, Response } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { expressSite } from './express-site'
import { ADA, act, browser, journey, logIn, NONE, renew, serve } from './site'

/** Express over HTTP, and a `ws` server that runs the same middleware on upgrades, as its README shows for express-session. */
async function site() {
  const { app, sessions, clock, middleware } = expressSite()
  const server = createServer(app)
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (req, socket, head) => {
    middleware(req as Request, {} as Response, (error?: unknown) => {
      if (error) return socket.destroy()
      sockets.handleUpgrade(req, socket, head, (client) => {
        client.on('message', async (action) => client.send(JSON.stringify(await answer(String(action)))))
      })
    })
    const answer = async (action: string) => {
      const session = sessions.of(req)
      try {
        if (action === 'save') {
          session.data.cart = [...(session.data.cart ?? []), 'milk']
          await session.save()
        }
        if (action === 'update') await session.update('cart', (cart = []) => [...cart, 'tea'])
        return await act(session, action)
      } catch (error) {
        return (error as { code: string }).code
      }
    }
  })
  const url = await serve(server)
  return { url, clock, visit: browser(url) }
}

/** Opens a socket with the cookies of a browser. Yields what it answers to a message. */
async function open(url: string, jar: CookieJar) {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie: jar.header ?? '' } })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return async (message: string): Promise<unknown> => {
    socket.send(message)
    const [answer] = await once(socket, 'message')
    return JSON.parse(String(answer))
  }
}

describe('ws', () => {
  it('HTTP beside it goes through the journey', async () => {
    const { clock, visit } = await site()
    await journey(clock, visit)
  })

  it('a socket reads and changes the session, and says why it cannot log in', async () => {
    const { url, visit } = await site()
    const jar = await logIn(visit)
    const ask = await open(url, jar)
    expect(await ask('read')).toEqual(ADA)
    expect(await ask('login')).toBe('ERR_SESSION_HEADERS_SENT')
    expect(await ask('save')).toMatchObject({ cart: ['tea', 'milk'] })
    expect(await visit('read', jar)).toEqual({ subject: 'ada', cart: ['tea', 'milk'] })
  })

  it('a socket goes on after HTTP has renewed the token, until the session ends', async () => {
    const { url, clock, visit } = await site()
    const jar = await logIn(visit)
    const ask = await open(url, jar)
    await renew(clock, jar, visit)
    clock.advance(3500)
    expect(await visit('read', jar)).toEqual(ADA)
    expect(await ask('update')).toMatchObject({ cart: ['tea', 'tea'] })
    expect(await ask('save')).toMatchObject({ cart: ['tea', 'tea', 'milk'] })
    await visit('logout', jar)
    expect(await ask('update')).toBe('ERR_SESSION_ENDED')
    expect(await (await open(url, jar))('read')).toEqual(NONE)
  })
})

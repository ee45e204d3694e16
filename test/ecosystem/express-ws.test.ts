import { once } from 'node:events'
import { expressSession } from '@sojourn/session-express'
import express from 'express'
import expressWs from 'express-ws'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { ADA, act, browser, journey, logIn, NONE, serve, shop } from './site'

it('express-ws: a route for a WebSocket has the session, and HTTP beside it goes through the journey', async () => {
  const { sessions, clock } = shop()
  const app = express()
  const { createServer } = await import('node:http')
  const server = createServer(app)
  expressWs(app, server)
  app.use(expressSession(sessions))
  ;(app as unknown as { ws(path: string, handler: (socket: WebSocket, req: object) => void): void }).ws(
    '/socket',
    (socket, req) => {
      socket.on('message', async (action) => {
        const answer = await act(sessions.of(req), String(action)).catch((error) => error.code)
        socket.send(JSON.stringify(answer))
      })
    },
  )
  app.all('/:action', async (req, res) => res.json(await act(sessions.of(req), req.params.action)))
  const url = await serve(server)
  const visit = browser(url)
  await journey(clock, visit)

  const jar = await logIn(visit)
  const ask = async (action: string) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`, { headers: { cookie: jar.header ?? '' } })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    socket.send(action)
    return JSON.parse(String((await once(socket, 'message'))[0]))
  }
  expect(await ask('read')).toEqual(ADA)
  expect(await ask('login')).toBe('ERR_SESSION_HEADERS_SENT')
  await visit('logout', jar)
  expect(await ask('read')).toEqual(NONE)
})

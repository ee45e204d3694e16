import { once } from 'node:events'
import websocket from '@fastify/websocket'
import { fastifySession } from '@sojourn/session-fastify'
import Fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { ADA, act, browser, journey, logIn, NONE, renew, shop } from './site'

it('@fastify/websocket: a socket has the session, and goes on after HTTP has renewed the token', async () => {
  const { sessions, clock } = shop()
  const app = Fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  await app.register(websocket)
  await app.register(fastifySession, { sessions })
  app.get('/socket', { websocket: true }, (socket, request) => {
    const session = sessions.of(request)
    socket.on('message', async (message) => {
      const action = String(message)
      const answer =
        action === 'update' ? session.update('cart', (cart = []) => [...cart, 'tea']) : act(session, action)
      socket.send(JSON.stringify(await answer.catch((error) => error.code)))
    })
  })
  app.all<{ Params: { action: string } }>('/:action', (request) => act(sessions.of(request), request.params.action))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const visit = browser(url)
  await journey(clock, visit)

  const jar = await logIn(visit)
  const open = async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`, { headers: { cookie: jar.header ?? '' } })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return async (action: string) => {
      socket.send(action)
      return JSON.parse(String((await once(socket, 'message'))[0]))
    }
  }
  const ask = await open()
  expect(await ask('read')).toEqual(ADA)
  expect(await ask('login')).toBe('ERR_SESSION_HEADERS_SENT')
  await renew(clock, jar, visit)
  clock.advance(3500)
  expect(await visit('read', jar)).toEqual(ADA)
  expect(await ask('update')).toEqual(['tea', 'tea'])
  await visit('logout', jar)
  expect(await ask('update')).toBe('ERR_SESSION_ENDED')
  expect(await (await open())('read')).toEqual(NONE)
})

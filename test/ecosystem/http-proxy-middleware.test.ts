import { expressSession } from '@sojourn/session-express'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { describe, expect, it } from 'vitest'
import { expressSite } from './express-site'
import { act, browser, journey, logIn, serve, shop } from './site'

describe('http-proxy-middleware', () => {
  it('in front of an application with sessions passes the journey through', async () => {
    const { app, clock } = expressSite()
    const gateway = express().use(createProxyMiddleware({ target: await serve(app) }))
    await journey(clock, browser(await serve(gateway)))
  })

  it('behind the session: a change of the gateway is stored before the answer of the target, beside its cookies', async () => {
    const target = express().get('/page', (_req, res) => void res.cookie('theme', 'dark').send('page'))
    const { sessions, clock } = shop()
    const gateway = express().use(expressSession(sessions))
    gateway.all('/:action', async (req, res, next) => {
      if (req.params.action === 'page') return next()
      res.json(await act(sessions.of(req), req.params.action))
    })
    gateway.use((req, _res, next) => {
      sessions.of(req).data.cart = ['tea', 'page']
      next()
    })
    gateway.use(createProxyMiddleware({ target: await serve(target) }))
    const url = await serve(gateway)
    const visit = browser(url)
    await journey(clock, visit)
    const jar = await logIn(visit)
    clock.advance(3500)
    const response = await fetch(`${url}/page`, { headers: { cookie: jar.header! } })
    expect(await response.text()).toBe('page')
    jar.take(response.headers.getSetCookie())
    expect(jar.names).toContain('theme')
    expect(await visit('read', jar)).toMatchObject({ cart: ['tea', 'page'] })
  })
})

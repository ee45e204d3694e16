import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expressSession } from '@sojourn/session-express'
import { CookieJar } from '@sojourn/session-testing'
import express from 'express'
import { auth } from 'express-openid-connect'
import Provider from 'oidc-provider'
import { expect, it, onTestFinished, vi } from 'vitest'
import { ADA, act, NONE, renew, type Seen, shop } from './site'

/** A server whose address is known before its application. */
async function listen() {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  onTestFinished(() => void server.close().closeAllConnections())
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}` }
}

/** Follows redirects, and fills in the forms of the provider, with one jar for each site. */
async function browse(start: string, jars: Map<string, CookieJar>, init: RequestInit = {}): Promise<Response> {
  let url = new URL(start)
  let request = init
  for (let steps = 0; steps < 20; steps++) {
    const jar = jars.get(url.origin) ?? new CookieJar()
    jars.set(url.origin, jar)
    const headers = { ...request.headers, ...(jar.header && { cookie: jar.header }) }
    const response = await fetch(url, { ...request, headers, redirect: 'manual' })
    jar.take(response.headers.getSetCookie())
    const location = response.headers.get('location')
    if (location) {
      url = new URL(location, url)
      request = {}
      continue
    }
    const page = response.headers.get('content-type')?.includes('html') ? await response.clone().text() : ''
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1]
    if (!action) return response
    url = new URL(action.replaceAll('&amp;', '&'), url)
    const fields = [...page.matchAll(/<input[^>]* name="([^"]+)"(?:[^>]* value="([^"]*)")?/g)]
    const body = new URLSearchParams(fields.map(([, name, value]) => [name!, value ?? 'ada']))
    request = { method: 'POST', body }
  }
  throw new Error('too many redirects')
}

it('express-openid-connect: a login at an OpenID provider logs in, and a logout logs out', async () => {
  // The provider comments on each default of its configuration.
  for (const method of ['info', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {})
  const provider = await listen()
  const site = await listen()
  const client = {
    client_id: 'shop',
    client_secret: 'a secret that both know',
    redirect_uris: [`${site.url}/callback`],
    post_logout_redirect_uris: [site.url],
  }
  const openid = new Provider(provider.url, { clients: [client], cookies: { keys: ['a key'] } })
  provider.server.on('request', openid.callback())

  const { sessions, clock } = shop({ cookie: { sameSite: 'lax' } })
  const app = express().use(expressSession(sessions))
  app.use(
    auth({
      authRequired: false,
      issuerBaseURL: provider.url,
      baseURL: site.url,
      clientID: client.client_id,
      clientSecret: client.client_secret,
      authorizationParams: { response_type: 'code', scope: 'openid' },
      secret: 'another secret of more than thirty-two bytes',
      afterCallback: async (req, _res, openidSession) => {
        await sessions.of(req).login('ada')
        return openidSession
      },
    }),
  )
  app.all('/session/:action', async (req, res) => res.json(await act(sessions.of(req), req.params.action)))
  app.get('/', async (req, res) => res.json(await act(sessions.of(req), 'read')))
  site.server.on('request', app)

  const jars = new Map<string, CookieJar>()
  const visit = async (action: string) => (await browse(`${site.url}/session/${action}`, jars)).json() as Promise<Seen>
  const landed = await browse(`${site.url}/login`, jars)
  expect(await landed.json()).toEqual({ subject: 'ada', cart: [] })
  expect(await visit('change')).toEqual(ADA)
  await renew(clock, jars.get(site.url)!, (action) => visit(action))
  expect(await visit('logout')).toEqual(NONE)
  expect(await visit('read')).toEqual(NONE)
})

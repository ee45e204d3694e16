import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionEvent,
  type SessionManager,
  type SessionManagerOptions,
} from '@sojourn/session-core'
import { expressSession } from '@sojourn/session-express'
import express from 'express'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchChromium, withChromium } from './chromium'

const secret = 'a secret for tests, at least 32 bytes long'

/** Where sessions are, for managers that share them. */
const storages: [string, () => Partial<SessionManagerOptions>][] = [
  ['a store', () => ({ store: memoryStore() })],
  ['the cookie, with revocations', () => ({ revocations: memoryRevocations() })],
]

withChromium('cookies in Chromium', cookieTests)

function cookieTests(): void {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const servers: Server[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    context = await browser.newContext()
    page = await context.newPage()
  })
  afterEach(async () => {
    await context.close()
    for (const server of servers.splice(0)) server.close()
  })

  async function listen(server: Server, host: string): Promise<string> {
    servers.push(server)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    return `http://${host}:${(server.address() as AddressInfo).port}`
  }

  /** An application under http://localhost whose manager a test can replace, as a release does. */
  async function serve(first: SessionManager) {
    const site = { sessions: first, url: '' }
    const app = express()
    app.use((req, res, next) => expressSession(site.sessions)(req, res, next))
    app.use(express.urlencoded())
    const session = (req: express.Request) => site.sessions.of(req)
    const page = (res: express.Response, value: unknown) =>
      res.type('html').send(`<!doctype html><title>page</title><pre>${JSON.stringify(value)}</pre>`)
    app.get('*path', (req, res, next) => {
      const { outcome, subject, data } = session(req)
      if (req.path.endsWith('/who')) page(res, [outcome, subject ?? null, data])
      else next()
    })
    app.get('*path', async (req, res, next) => {
      const subject = /\/login\/(\w+)$/.exec(req.path)?.[1]
      if (subject) await session(req).login(subject)
      else if (req.path.endsWith('/logout')) await session(req).logout()
      else return next()
      page(res, 'done')
    })
    app.all('/landing', (req, res) => {
      const mine = session(req)
      mine.data.token = 'a CSRF token'
      res
        .type('html')
        .send(`<form method="post" action="/form"><button name="token" value="a CSRF token">go</button></form>
        <pre>${JSON.stringify([mine.outcome, mine.subject ?? null])}</pre>`)
    })
    app.post('/form', (req, res) => page(res, req.body.token === session(req).data.token ? 'accepted' : 'refused'))
    site.url = await listen(createServer(app), 'localhost')
    return site
  }

  /** A page of another site, with a link and a form to the landing page. */
  async function elsewhere(url: string): Promise<string> {
    const body = `<!doctype html><title>other</title><a href="${url}/landing">link</a>
      <form method="post" action="${url}/landing"><button>go</button></form>`
    const server = createServer((_, res) => res.setHeader('content-type', 'text/html').end(body))
    return listen(server, '127.0.0.1')
  }

  async function shown(url: string): Promise<unknown> {
    await page.goto(url)
    return text()
  }

  const text = async () => JSON.parse((await page.locator('pre').textContent())!)

  describe.each(storages)('cookies in Chromium, sessions in %s', (name, storage) => {
    function managers(options: Partial<SessionManagerOptions> = {}) {
      const shared = storage()
      return (cookie: SessionManagerOptions['cookie'], more: Partial<SessionManagerOptions> = {}) =>
        createSessionManager({ secret, ...shared, ...options, ...more, cookie } as SessionManagerOptions)
    }

    it('a link from another site does not replace the session of a visitor who is logged in', async () => {
      const events: SessionEvent[] = []
      const site = await serve(managers()(undefined, { onEvent: (event) => events.push(event) }))
      await shown(`${site.url}/login/ada`)
      const other = await elsewhere(site.url)
      await page.goto(other)
      await page.click('a')
      expect(await text()).toEqual(['withheld', null])
      expect(await shown(`${site.url}/who`)).toEqual(['resumed', 'ada', {}])
      expect(events.filter(({ type }) => type === 'withheld')).toHaveLength(1)
    })

    it('a form on another site does not replace it either, with lax cookies', async () => {
      const site = await serve(managers()({ sameSite: 'lax' }))
      await shown(`${site.url}/login/ada`)
      await page.goto(await elsewhere(site.url))
      await page.click('button')
      expect(await text()).toEqual(['withheld', null])
      expect(await shown(`${site.url}/who`)).toEqual(['resumed', 'ada', {}])
    })

    it('a first visitor who comes by a link keeps what the landing page stored', async () => {
      const site = await serve(managers()(undefined))
      await page.goto(await elsewhere(site.url))
      await page.click('a')
      expect(await text()).toEqual(['none', null])
      await page.click('button')
      expect(await text()).toBe('accepted')
    })

    describe('a login at another site', () => {
      /** An application that keeps `state`, and a site that sends the browser back with it, as OAuth and SAML do. */
      async function loginElsewhere(cookie: SessionManagerOptions['cookie']) {
        const sessions = managers()(cookie)
        const app = express()
        app.use('/landing', express.urlencoded(), (req, res) => {
          const state = req.body?.state ?? req.query.state
          res.type('html').send(`<!doctype html><title>landing</title><form method="post" action="/callback">
            <input name="state" value="${state}"></form><script>document.forms[0].submit()</script>`)
        })
        app.use(express.urlencoded(), expressSession(sessions))
        app.get('/begin', (req, res) => {
          sessions.of(req).data.state = 'kept'
          res.redirect(`${other}/?state=kept`)
        })
        app.all('/callback', (req, res) => {
          const { outcome, data } = sessions.of(req)
          res.type('html').send(`<!doctype html><title>back</title><pre>${JSON.stringify([outcome, data])}</pre>`)
        })
        const url = await listen(createServer(app), 'localhost')
        const provider = express().get('/redirect', (req, res) => res.redirect(`${url}${req.query.to}?state=kept`))
        provider.get('/', (_, res) => {
          const form = (to: string) =>
            `<form method="post" action="${url}${to}"><input name="state" value="kept"><button id="post${to.slice(1)}">go</button></form>`
          const link = (to: string) => `<a id="get${to.slice(1)}" href="/redirect?to=${to}">go</a>`
          const ways = ['/callback', '/landing'].map((to) => form(to) + link(to)).join('')
          res.type('html').send(`<!doctype html><title>provider</title>${ways}`)
        })
        const other = await listen(createServer(provider), '127.0.0.1')
        /** What the callback finds after the browser came back by `way`. */
        return async (way: 'get' | 'post', to: 'callback' | 'landing') => {
          await page.goto(`${url}/begin`)
          await page.click(`#${way}${to}`)
          await page.waitForURL('**/callback**')
          return text()
        }
      }

      it('finds no state at its callback with strict cookies, and finds it after a landing page', async () => {
        const comeBack = await loginElsewhere(undefined)
        for (const way of ['get', 'post'] as const) {
          expect([way, await comeBack(way, 'callback')]).toEqual([way, ['withheld', {}]])
          expect([way, await comeBack(way, 'landing')]).toEqual([way, ['resumed', { state: 'kept' }]])
        }
      })

      it('finds its state with lax cookies after a redirect, and after a form not without a landing page', async () => {
        const comeBack = await loginElsewhere({ sameSite: 'lax' })
        expect(await comeBack('get', 'callback')).toEqual(['resumed', { state: 'kept' }])
        expect(await comeBack('post', 'landing')).toEqual(['resumed', { state: 'kept' }])
        // Chromium also sends a Lax cookie that it got less than two minutes ago, if SameSite was not named. Ours is named.
        expect(await comeBack('post', 'callback')).toEqual(['withheld', {}])
      })

      it('finds its state with cookies of SameSite=None after a redirect and after a form', async () => {
        const comeBack = await loginElsewhere({ sameSite: 'none' })
        for (const way of ['get', 'post'] as const) {
          expect([way, await comeBack(way, 'callback')]).toEqual([way, ['resumed', { state: 'kept' }]])
        }
      })
    })

    if (name === 'a store') {
      it('a request that was sent before a login and is opened after it does not replace the new cookie', async () => {
        const sessions = managers()(undefined)
        const site = await serve(sessions)
        await shown(`${site.url}/login/ada`)
        const { promise: arrived, resolve: arrive } = gate()
        const { promise: opened, resolve: open } = gate()
        site.sessions = {
          ...sessions,
          async open(carrier, request) {
            if (carrier.url === '/landing') {
              arrive()
              await opened
            }
            return sessions.open(carrier, request)
          },
        }
        const late = page.evaluate(() => fetch('/landing').then(({ status }) => status))
        await arrived
        const tab = await context.newPage()
        await tab.goto(`${site.url}/login/ada`)
        open()
        expect(await late).toBe(409)
        expect(await shown(`${site.url}/who`)).toEqual(['resumed', 'ada', {}])
      })
    }

    it('a release that changes the path of the cookie: a login logs in, and a logout ends both sessions', async () => {
      const at = managers()
      const site = await serve(at({ name: 'session', path: '/' }))
      await shown(`${site.url}/login/ada`)
      site.sessions = at({ name: 'session', path: '/app' })
      const root = await context.cookies(`${site.url}/`)
      await context.clearCookies()
      await shown(`${site.url}/app/login/ada`)
      await context.addCookies(root)
      const sent = await context.cookies(`${site.url}/app/x`)
      expect(sent.filter(({ name }) => name === 'session')).toHaveLength(2)

      site.sessions = at({ name: 'session', path: '/' })
      expect(await shown(`${site.url}/app/who`)).toEqual(['malformed', null, {}])
      await shown(`${site.url}/app/login/bob`)
      expect(await shown(`${site.url}/app/who`)).toEqual(['resumed', 'bob', {}])
      await shown(`${site.url}/app/logout`)
      for (const path of ['/app/who', '/who']) expect((await shown(site.url + path)) as unknown[]).toContain(null)
      await context.addCookies(root)
      expect((await shown(`${site.url}/who`)) as unknown[]).toContain(null)
    })
  })
}

/** A promise, and what resolves it. */
function gate() {
  let resolve!: () => void
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

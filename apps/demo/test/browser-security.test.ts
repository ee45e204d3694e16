import { createServer as createPlainServer, type RequestListener, request } from 'node:http'
import { createServer } from 'node:https'
import { createCertificate } from '@sojourn/session-testing/servers'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { button, inChromium, logIn, seen } from './in-chromium'

const certificate = await createCertificate()

inChromium(
  'the cookie in Chromium',
  ({ start, visit, listen }) => {
    const html =
      (body: string): RequestListener =>
      (_req, res) =>
        res.setHeader('content-type', 'text/html').end(`<!doctype html><title>other</title>${body}`)

    const token = async (page: Page, url: string) =>
      (await page.context().cookies(url)).find(({ name }) => name === '__Host-sojourn-memory')?.value

    describe('the cookie in Chromium', () => {
      it('cannot be read by script, neither as a cookie nor from what the demo tells the page', async () => {
        const { urls } = await start()
        const page = await visit(urls[0]!)
        await logIn(page)
        const value = (await token(page, urls[0]!))!
        const readable = await page.evaluate(async () => {
          const told = ['/memory/me', '/memory/sessions', '/memory/evidence', '/demo.json']
          const texts = await Promise.all(told.map((path) => fetch(path).then((response) => response.text())))
          return [document.cookie, JSON.stringify(await cookieStore.getAll()), ...texts].join('\n')
        })
        expect(readable).toContain(value.split('.')[0])
        expect(readable).not.toContain(value.split('.')[1]!.slice(3, 12))
      })

      it('is not sent with a form of another site, which therefore changes nothing', async () => {
        const { urls } = await start()
        const page = await visit(urls[0]!)
        await logIn(page)
        const form = `<form method="post" action="${urls[0]}/memory/session/counter"><button>go</button></form>`
        const port = await listen(createPlainServer(html(form)))
        const tab = await page.context().newPage()
        await tab.goto(`http://127.0.0.1:${port}/`)
        const [answer] = await Promise.all([
          tab.waitForResponse(/session\/counter$/),
          tab.getByRole('button', { name: 'go' }).click(),
        ])
        expect([answer.status(), (await answer.json()).outcome]).toEqual([401, 'withheld'])
        await button(page, 'Send a request').click()
        await seen(page, 'your cookie named a live session')
        await seen(page, 'Nothing yet.')
      })

      it.skipIf(!certificate.available)(
        'cannot be planted by a sibling subdomain, which can plant one without the prefix (skipped without openssl)',
        async () => {
          const { urls } = await start()
          const { cert, key } = certificate as Extract<typeof certificate, { available: true }>
          const app = await listen(createServer({ cert, key }, forwardTo(urls[0]!)))
          const evil = await listen(
            createServer({ cert, key }, (req, res) => {
              const attributes = 'Domain=sojourn.test; Path=/; Secure'
              res.setHeader('set-cookie', [
                `__Host-sojourn-memory=planted; ${attributes}`,
                `__Host-sojourn-memory=planted-too; Path=/; Secure`,
                `sojourn-memory=planted; ${attributes}`,
              ])
              html('planted')(req, res)
            }),
          )
          const page = await visit(`https://app.sojourn.test:${app}/`, { ignoreHTTPSErrors: true })
          const tab = await page.context().newPage()
          await tab.goto(`https://evil.sojourn.test:${evil}/`)
          const sent = (await page.context().cookies(`https://app.sojourn.test:${app}/`)).map(({ name }) => name)
          expect(sent).toEqual(['sojourn-memory'])
          await logIn(page)
          await tab.goto(`https://evil.sojourn.test:${evil}/`)
          await button(page, 'Send a request').click()
          await seen(page, 'your cookie named a live session')
        },
      )

      it.each(['no-cache', 'no-store'])(
        'is cleared by a logout, and "back" shows nothing private after it, if the page has Cache-Control: %s',
        async (cacheControl) => {
          const { urls } = await start()
          const page = await visit(urls[0]!)
          await page.route(`${urls[0]}/`, async (route) => {
            const response = await route.fetch()
            await route.fulfill({ response, headers: { ...response.headers(), 'cache-control': cacheControl } })
          })
          // Before the page's own listener has shown anything: what the browser kept.
          await page.addInitScript(() =>
            addEventListener('pageshow', ({ persisted }) => {
              if (persisted) Object.assign(window, { kept: document.body.innerHTML })
            }),
          )
          await page.reload()
          await logIn(page)
          await page.getByLabel('Value, in JSON').fill('"a private note"')
          await button(page, 'Store').click()
          await seen(page, 'a private note')
          const elsewhere = await listen(createPlainServer(html('elsewhere')))
          await page.goto(`http://elsewhere.sojourn.test:${elsewhere}/`)
          const tab = await page.context().newPage()
          await tab.goto(urls[0]!)
          await button(tab, 'Log out').click()
          await seen(tab, 'You logged out.')
          await page.goBack({ waitUntil: 'commit' })
          await seen(page, 'Your browser sent no session cookie.')
          expect(await page.content()).not.toContain('a private note')
          expect(await token(page, urls[0]!)).toBeUndefined()
          const kept = await page.evaluate(() => (window as { kept?: string }).kept)
          if (cacheControl === 'no-store') return expect(kept).toBeUndefined()
          expect(kept).toContain('Asking the server')
          expect(kept).not.toMatch(/a private note|id="subject"/)
        },
      )

      it('is renewed for two tabs at once, and both go on with the same session', async () => {
        const { urls, advance, now } = await start({ IDLE: '0', ROLLING: '60', ABSOLUTE: '0' }, true)
        const page = await visit(urls[0]!, { time: now() })
        await logIn(page)
        const before = await token(page, urls[0]!)
        const id = await page.locator('#id').textContent()
        const tab = await page.context().newPage()
        await tab.clock.install({ time: now() })
        await tab.goto(urls[1]!)
        await button(tab, 'Log out').waitFor()
        advance(46)
        await Promise.all([page, tab].map((each) => button(each, 'Send a request').click()))
        for (const each of [page, tab]) await each.locator('#renewed').filter({ hasText: 'renewed at' }).waitFor()
        expect(await token(page, urls[0]!)).not.toBe(before)
        for (const each of [page, tab]) {
          await button(each, 'Add one to the counter').click()
          await button(each, 'Delete counter').waitFor()
          expect(await each.locator('#id').textContent()).toBe(id)
        }
        await button(page, 'Send a request').click()
        await page.locator('#entries code').filter({ hasText: '2' }).waitFor()
      })
    })
  },
  ['--host-resolver-rules=MAP *.sojourn.test 127.0.0.1'],
)

/** A proxy to the demo, which is on plain http. */
const forwardTo =
  (url: string): RequestListener =>
  (req, res) => {
    const forwarded = request(`${url}${req.url}`, { method: req.method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(res)
    })
    forwarded.on('error', () => res.destroy())
    req.pipe(forwarded)
  }

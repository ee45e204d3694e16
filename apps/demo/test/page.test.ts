import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath } from '../../../scripts/chromium.mjs'
import type { Demo } from '../src/demo'
import { startedDemo } from './started'

if (chromiumPath) pageTests(chromiumPath)
else it.skip('page: no Chromium here; install it, in Debian: apt install chromium, or set CHROMIUM_PATH')

function pageTests(executablePath: string): void {
  let browser: Browser
  let demo: Demo
  let page: Page
  /** Errors in the page, and requests to other hosts. */
  let faults: string[]
  beforeAll(async () => {
    // Root, as in a container, can run Chromium only without the sandbox. The page is our own.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  })
  afterAll(() => browser.close())
  afterEach(async () => {
    await page.context().close()
    await demo.close()
    expect(faults).toEqual([])
  })

  async function visit(env: Record<string, string> = {}) {
    const started = await startedDemo(env)
    demo = started.demo
    page = await browser.newPage()
    faults = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (line) => line.text().includes('Content Security Policy') && faults.push(line.text()))
    page.on('request', (request) => {
      if (new URL(request.url()).hostname !== 'localhost') faults.push(request.url())
    })
    // The page's clock is a fake one, too.
    await page.clock.install({ time: started.clock() })
    await page.goto(started.urls[0]!)
    await page.clock.pauseAt(started.clock() + 3_600_000)
    return started
  }
  const button = (name: string) => page.getByRole('button', { name })
  const seen = (text: string) => page.getByText(text).first().waitFor()
  const logIn = async () => {
    await button('Log in').click()
    await button('Log out').waitFor()
  }
  const focused = () => page.evaluate(() => document.activeElement?.textContent)

  describe('page', () => {
    it('logs in, shows the session, changes its data and logs out', async () => {
      await visit()
      await seen('No session cookie came with the request.')
      await logIn()
      expect(await focused()).toBe('Your session')
      await seen('resumed')
      expect(await page.locator('#subject').textContent()).toBe('admin')
      expect(await page.getByRole('progressbar').count()).toBe(3)
      await seen('15:00 of 15:00')

      await page.getByLabel('Key').fill('cart')
      await page.getByLabel('Value').fill('["<b>tea</b>"]')
      await button('Set').click()
      await seen('["<b>tea</b>"]')
      await button('Add one to the counter').click()
      await button('Delete counter').waitFor()
      await button('Delete cart').click()
      await button('Delete cart').waitFor({ state: 'detached' })
      expect(await focused()).toBe('Its data')

      await button('Log out').click()
      await button('Log in').waitFor()
      expect(await focused()).toBe('You are not logged in')
    })

    it('shows the message for a wrong password and for an invalid value', async () => {
      await visit()
      await page.getByLabel('Password').fill('wrong')
      await button('Log in').click()
      await seen('Log in as admin with the password sojourn.')
      await page.getByLabel('Password').fill('sojourn')
      await logIn()
      await page.getByLabel('Key').fill('cart')
      await page.getByLabel('Value').fill('tea')
      await button('Set').click()
      await seen('The body must be a JSON value')
    })

    it('shows the same session in another framework', async () => {
      const { urls } = await visit()
      await logIn()
      const id = await page.locator('#id').textContent()
      await page.getByRole('link', { name: 'Fastify' }).click()
      await button('Log out').waitFor()
      expect(page.url()).toBe(`${urls[2]}/#memory`)
      expect(await page.locator('#id').textContent()).toBe(id)
    })

    it('has one session per storage, and shows why a storage is missing or cannot list sessions', async () => {
      await visit()
      await logIn()
      await page.getByRole('link', { name: 'cookie' }).click()
      await logIn()
      await seen('This store cannot list sessions')
      await page.getByRole('link', { name: 'redis' }).click()
      await seen('no Redis at 127.0.0.1:1')
      await page.getByRole('link', { name: 'memory' }).click()
      await button('Log out').waitFor()
    })

    it('keeps the keyboard focus when another storage is chosen', async () => {
      await visit()
      await page.getByRole('link', { name: 'cookie' }).press('Enter')
      await seen('sealed in the cookie itself')
      expect(await focused()).toBe('cookie')
      expect(await page.locator('[aria-current]').allTextContents()).toEqual(['Express', 'cookie'])
    })

    it('lists the sessions and ends them', async () => {
      const { urls } = await visit()
      await logIn()
      const other = await browser.newPage()
      await other.goto(urls[0]!)
      await other.getByRole('button', { name: 'Log in' }).click()
      await other.getByRole('button', { name: 'Log out' }).waitFor()
      await button('Send a request').click()
      const rows = page.locator('#list li')
      await rows.nth(1).waitFor()
      expect(await rows.filter({ hasText: 'this one' }).count()).toBe(1)
      await button('End all others').click()
      await rows.nth(1).waitFor({ state: 'detached' })
      await other.getByRole('button', { name: 'Send a request' }).click()
      await other.getByText('The session of your cookie has ended.').waitFor()
      await other.context().close()
      await button('End the session').click()
      await button('Log in').waitFor()
    })

    it('shows that a request has renewed the cookie', async () => {
      const { clock } = await visit({ IDLE: '0', ROLLING: '60' })
      await logIn()
      clock.advance(40)
      await button('Send a request').click()
      await seen('0:20 of 1:00')
      await seen('Past the mark, in 0:05, a request renews it.')
      await page.clock.runFor(6000)
      await seen('The next request renews it.')
      clock.advance(6)
      await button('Send a request').click()
      await seen('1:00 of 1:00')
      const renewal = page.locator('#responses li').filter({ hasText: 'sets the cookie' }).first()
      expect(await renewal.textContent()).toContain('GET /memory/session')
    })

    it('shows which clock ran out, and sends no request that would keep the session alive', async () => {
      const { clock } = await visit({ IDLE: '15' })
      await logIn()
      const requests: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      await page.clock.runFor(16_000)
      await seen('0:00 of 0:15')
      expect(requests).toEqual([])
      clock.advance(15.1)
      await page.clock.runFor(1000)
      await seen('The session has expired: there was no activity for too long.')
    })

    it('fits a narrow phone', async () => {
      await visit()
      await page.setViewportSize({ width: 320, height: 640 })
      await logIn()
      await page.getByLabel('Key').fill('k'.repeat(100))
      await page.getByLabel('Value').fill(`"${'v'.repeat(300)}"`)
      await button('Set').click()
      await seen('v'.repeat(300))
      // The window is resized asynchronously.
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    })

    it('shows messages in view, also if the page is scrolled down', async () => {
      await visit()
      await page.setViewportSize({ width: 320, height: 640 })
      await logIn()
      await page.getByLabel('Key').fill('cart')
      await page.getByLabel('Value').fill('tea')
      await button('Set').click()
      await seen('The body must be a JSON value')
      expect(await page.evaluate(() => window.scrollY)).toBeGreaterThan(0)
      await expect.poll(async () => (await page.getByRole('status').boundingBox())?.y).toBeGreaterThanOrEqual(0)
    })
  })
}

import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { seededRandom } from '@sojourn/session-testing'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Demo } from '../src/demo'
import { buildPage } from './child'
import { launchChromium, withChromium } from './chromium'
import { startedDemo } from './started'

/** What a browser test works with. */
export interface InChromium {
  /** Starts a demo, on the real clock; if `fake` is true, on a clock that a test moves, and with a fixed seed. */
  start(
    env?: Record<string, string>,
    fake?: boolean,
  ): Promise<{ urls: string[]; advance(seconds: number): void; now(): number }>
  /** The addresses of a demo with all four storages. The tests of a file share it, because PGlite starts slowly. */
  startFull(): Promise<string[]>
  /** A new browser, with cookies of its own. A fault in its pages fails the test. With `time`, its clock stands until a test moves it. */
  visit(url: string, options?: BrowserContextOptions & { time?: number }): Promise<Page>
  /** Listens on a free port of loopback until the test has closed its pages. */
  listen(server: Server): Promise<number>
}

/** Defines tests in Chromium, or skips them by name. */
export function inChromium(name: string, define: (tools: InChromium) => void, args: string[] = []): void {
  withChromium(name, () => defineTests(define, args))
}

function defineTests(define: (tools: InChromium) => void, args: string[]): void {
  let browser: Browser
  let folder: string
  let full: ReturnType<typeof startDemo> | undefined
  const demos: Demo[] = []
  const pages: Page[] = []
  const servers: Server[] = []
  /** Errors in the pages, failed requests, and requests to other hosts. */
  const faults: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sojourn-page-'))
    const launched = launchChromium(args)
    await buildPage(folder)
    browser = await launched
  })
  afterAll(async () => {
    await (await full)?.demo.close()
    await browser.close()
    await rm(folder, { recursive: true })
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close()
    for (const server of servers.splice(0)) server.close().closeAllConnections()
    for (const demo of demos.splice(0)) await demo.close()
    expect(faults.splice(0)).toEqual([])
  })

  const startDemo = (env: Record<string, string>, fake: boolean) => {
    const page = pathToFileURL(`${folder}/`)
    const own = fake ? { random: seededRandom(1) } : { clock: Date.now }
    return startedDemo(env, { page, startTimeout: 30_000, ...own })
  }

  define({
    async listen(server) {
      servers.push(server)
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
      return (server.address() as AddressInfo).port
    },
    async start(env = {}, fake = false) {
      const { demo, urls, clock } = await startDemo(env, fake)
      demos.push(demo)
      return { urls, advance: clock.advance, now: clock }
    },
    async startFull() {
      full ??= startDemo({ REDIS_URL: '', POSTGRES_URL: '' }, false)
      return (await full).urls
    },
    async visit(url, { time, ...options } = {}) {
      const page = await (await browser.newContext(options)).newPage()
      pages.push(page)
      // Shorter than a test's, so that the error names what was waited for.
      page.setDefaultTimeout(20_000)
      page.on('pageerror', ({ message }) => faults.push(message))
      page.on('console', (line) => void (line.type() === 'error' && faults.push(line.text())))
      page.on('requestfailed', (request) => {
        const { errorText } = request.failure()!
        // A page that is left aborts its stream of events.
        if (errorText !== 'net::ERR_ABORTED') faults.push(`${request.url()}: ${errorText}`)
      })
      page.on('request', (request) => {
        if (!/^(localhost|.*\.sojourn\.test)$/.test(new URL(request.url()).hostname)) faults.push(request.url())
      })
      if (time !== undefined) await page.clock.install({ time })
      await page.goto(url)
      await page.getByRole('heading', { name: /You are/ }).waitFor()
      if (time !== undefined) await page.clock.pauseAt(time + 60_000)
      return page
    },
  })
}

/** The page's button of this name. */
export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })

/** Waits for a text. */
export const seen = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

export async function logIn(page: Page): Promise<void> {
  await button(page, /^Log in to/).click()
  await button(page, 'Log out').waitFor()
}

import { mkdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium, withChromium } from '../../demo/test/chromium'
import { root } from '../src/pages'

// Reads the output of the latest build.
const dist = join(root, 'apps/docs/dist')
/** Where each run puts screenshots, so that they can be looked at. */
const artefacts = join(root, 'apps/docs/.cache/screenshots')

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

/** Serves the site as a host of static files does. */
const site = createServer((req, res) => {
  const { pathname } = new URL(req.url!, 'http://localhost')
  const file = decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname)
  readFile(join(dist, file)).then(
    (body) => res.setHeader('Content-Type', types[extname(file)] ?? 'text/plain').end(body),
    () => res.writeHead(404).end(),
  )
})

withChromium('the docs site', () => defineTests(site))

function defineTests(server: Server): void {
  let browser: Awaited<ReturnType<typeof launchChromium>>
  let origin: string
  /** Errors in the pages, and requests that failed or went to other hosts. */
  const faults: string[] = []

  beforeAll(async () => {
    await mkdir(artefacts, { recursive: true })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    origin = `http://localhost:${(server.address() as AddressInfo).port}`
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    server.close().closeAllConnections()
  })

  async function visit(path: string, width = 1440, colorScheme: 'light' | 'dark' = 'light') {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('response', (response) => void (response.status() >= 400 && faults.push(response.url())))
    page.on('request', (request) => void (request.url().startsWith(origin) || faults.push(request.url())))
    await page.goto(origin + path, { waitUntil: 'networkidle' })
    return page
  }

  it.each([
    ['logout everywhere', 'recipes/sign-out-everywhere'],
    ['passport', 'switching-examples'],
    ['logged out after login', 'overview'],
    ['SameSite', 'recipes/oauth'],
  ])('the search finds %s: among the first results is %s', async (query, expected) => {
    const page = await visit('/overview.html')
    await page.keyboard.press('Control+KeyK')
    await page.getByRole('searchbox').fill(query)
    const results = page.locator('.VPLocalSearchBox a.result')
    await results.first().waitFor()
    const first = await results.evaluateAll((links) => links.slice(0, 5).map((link) => link.getAttribute('href')))
    await page.context().close()
    expect(
      first.map((href) => /^\/(.*)\.html/.exec(href!)![1]),
      first.join('\n'),
    ).toContain(expected)
    expect(faults.splice(0)).toEqual([])
  })

  it.each(['light', 'dark'] as const)(
    'no page is wider than its screen, at 360 and 1440 pixels, %s',
    async (scheme) => {
      for (const width of [360, 1440]) {
        for (const path of [
          '/',
          '/overview.html',
          '/architecture.html',
          '/concepts.html',
          '/custom-store.html',
          '/switching.html',
          '/api/@sojourn/session-redis.html',
        ]) {
          const page = await visit(path, width, scheme)
          const name = path.replace(/^\/$/, '/index').slice(1).replaceAll('/', '-').replace('.html', '')
          await page.screenshot({ path: join(artefacts, `${name}-${width}-${scheme}.png`) })
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          expect(wide, `${path} at ${width}`).toBeLessThanOrEqual(0)
          await page.context().close()
        }
      }
      expect(faults.splice(0)).toEqual([])
    },
  )
}

import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { button, inChromium, logIn } from './in-chromium'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** Where each run puts them. `npm test` keeps them, so that they can be looked at. */
const artefacts = path('../.cache/screenshots/')

/** Where the README's tour has them: they are copied there if UPDATE_SCREENSHOTS is set. */
const tour = path('../../../docs/images/')

const shots = ['demo-clocks.png', 'demo-attempts.png', 'demo-evidence.png']

it('README › shows the screenshots that these tests make', async () => {
  const readme = await readFile(path('../../../README.md'), 'utf8')
  expect([...readme.matchAll(/docs\/images\/([\w-]+\.png)/g)].map(([, name]) => name)).toEqual(shots)
  // The other picture is the one that `npm run bench` draws for docs/measurements.md.
  expect((await readdir(tour)).sort()).toEqual([...shots, 'http.svg'].sort())
})

/** Fixed, like the seed and the clock: it shows in what is stored. */
const secret = { SESSION_SECRET: 'kU0mJq3vT8yZr1sWb6xNf9cLh2dGp7aEo5iRtQwYuKzXjMv4' }

inChromium('screenshots', ({ start, visit }) => {
  it.each(['light', 'dark'] as const)(
    'screenshots › of the whole page, %s, at 360, 768 and 1440 pixels',
    async (colorScheme) => {
      await mkdir(artefacts, { recursive: true })
      const { urls, advance, now } = await start(
        colorScheme === 'light' ? { ...secret, REDIS_URL: '', POSTGRES_URL: '' } : secret,
        true,
      )
      const as = {
        time: now(),
        colorScheme,
        locale: 'en-GB',
        timezoneId: 'UTC',
        reducedMotion: 'reduce' as const,
        viewport: { width: 1440, height: 900 },
      }
      const [page, other] = [await visit(urls[0]!, as), await visit(urls[1]!, as)]
      advance(60)
      await page.screenshot({ path: `${artefacts}logged-out-${colorScheme}.png` })
      for (const each of [other, page]) await logIn(each)
      await button(page, 'Store').click()
      await button(page, 'Delete cart').waitFor()
      const pass = async (seconds: number) => {
        advance(seconds)
        for (const each of [page, other]) await each.clock.runFor(1000 * seconds)
      }
      for (let i = 0; i < 4; i++) {
        await pass(46)
        // One after the other, so that each draws the same random bytes in every run.
        for (const each of [other, page]) {
          await Promise.all([each.waitForResponse(/evidence$/), button(each, 'Send a request').click()])
        }
        await page
          .locator('#events li')
          .nth(3 + i)
          .waitFor()
      }
      await pass(21)
      const shoot = (selector: string, name: string) =>
        page.locator(selector).screenshot({ path: `${artefacts}${name}` })
      if (colorScheme === 'light') {
        await page.evaluate(() => scrollTo(0, 0))
        await page.screenshot({ path: `${artefacts}demo-clocks.png` })
        await shoot('.evidence', 'demo-evidence.png')
      }
      await button(page, 'Try all').click()
      await page.locator('#attempt-store-down .verdict').nth(1).waitFor()
      if (colorScheme === 'light') await shoot('.attempts', 'demo-attempts.png')
      for (const width of [360, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        await page.screenshot({ path: `${artefacts}whole-${width}-${colorScheme}.png`, fullPage: true })
      }
      if (process.env.UPDATE_SCREENSHOTS && colorScheme === 'light') {
        await mkdir(tour, { recursive: true })
        for (const name of shots) await copyFile(artefacts + name, tour + name)
      }
    },
    90_000,
  )
})

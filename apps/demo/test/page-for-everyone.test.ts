import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { button, inChromium, logIn, seen } from './in-chromium'

/** What axe finds against WCAG 2.2 A and AA. */
async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the page's policy runs no script of others.
  await page.evaluate(axe.source)
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const { violations } = await page.evaluate(
    (values) => (window as never as { axe: typeof axe }).axe.run({ runOnly: values }),
    tags,
  )
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Fills the page with everything it can show, long texts among it. */
async function fill(page: Page): Promise<void> {
  await page.getByLabel('Remember me').check()
  await logIn(page)
  await page.getByLabel('Key').fill('k'.repeat(60))
  await page.getByLabel('Value, in JSON').fill(`"${'v'.repeat(300)}"`)
  await button(page, 'Store').click()
  await seen(page, 'v'.repeat(300))
  for (const name of ['replay', 'slow-write']) {
    await page.locator(`#attempt-${name}`).getByRole('button').click()
    await page.locator(`#attempt-${name} summary`).nth(1).click()
  }
  for (const chapter of await page.locator('.chapter summary').all()) await chapter.click()
}

inChromium('page for everyone', ({ start, visit }) => {
  describe('page', () => {
    it.each(['light', 'dark'] as const)('has no fault that axe finds at level AA, %s', async (colorScheme) => {
      const { urls } = await start()
      const page = await visit(urls[0]!, { colorScheme, viewport: { width: 1440, height: 900 } })
      expect(await violations(page)).toEqual([])
      await fill(page)
      expect(await violations(page)).toEqual([])
      await page.setViewportSize({ width: 360, height: 740 })
      expect(await violations(page)).toEqual([])
    })

    it('fits windows from 360 to 1440 pixels, and fills the wide one on both sides', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!)
      const check = async () => {
        for (const width of [360, 768, 1440]) {
          await page.setViewportSize({ width, height: 900 })
          await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        }
        // A grid of points over the first view: how many of them lie on something, on the left and on the right.
        const covered = await page.evaluate(() => {
          const half = (from: number) => {
            const points = Array.from({ length: 400 }, (_, i) => ({
              x: innerWidth * (from + (0.5 * ((i % 20) + 0.5)) / 20),
              y: (innerHeight * (Math.floor(i / 20) + 0.5)) / 20,
            }))
            return (
              points.filter(({ x, y }) => document.elementFromPoint(x, y)?.closest('.card, header, .head')).length / 400
            )
          }
          return [half(0), half(0.5)]
        })
        for (const share of covered) expect(share).toBeGreaterThan(0.7)
      }
      await check()
      await fill(page)
      await check()
    })

    it('can be used by the keyboard alone, with a visible focus', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!)
      await page.locator('input[name=name]').focus()
      await page.keyboard.press('Enter')
      await button(page, 'Log out').waitFor()
      const all = await page.locator('a, button:enabled, input, summary, [tabindex="0"]').count()
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      const reached = new Set<string>()
      for (let i = 0; i < all + 5; i++) {
        await page.keyboard.press('Tab')
        const stop = await page.evaluate(() => {
          const { activeElement } = document
          if (!activeElement || activeElement === document.body) return null
          const { outlineStyle, outlineWidth } = getComputedStyle(activeElement)
          const index = [...document.querySelectorAll('*')].indexOf(activeElement)
          return {
            at: `${index} ${activeElement.outerHTML.slice(0, 80)}`,
            isVisible: outlineStyle !== 'none' && outlineWidth !== '0px',
          }
        })
        if (!stop) continue
        expect(stop.isVisible, stop.at).toBe(true)
        reached.add(stop.at)
      }
      expect(reached.size).toBe(all)
    })

    it('keeps the focus in the page when what had it is gone', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!)
      const focused = () => page.evaluate(() => document.activeElement?.textContent)
      await button(page, 'Log in to memory').focus()
      await page.keyboard.press('Enter')
      await expect.poll(focused).toMatch(/^You are logged in as/)
      await button(page, 'Log out').focus()
      await page.keyboard.press('Enter')
      await expect.poll(focused).toBe('You are not logged in')
    })

    it('moves nothing by itself if the visitor asked for that', async () => {
      const { urls } = await start()
      const page = await visit(urls[0]!, { reducedMotion: 'reduce' })
      await logIn(page)
      const running = () => page.evaluate(() => document.getAnimations().length)
      expect(await running()).toBe(0)
      await page.emulateMedia({ reducedMotion: 'no-preference' })
      await expect.poll(running).toBeGreaterThan(0)
    })
  })
})

import { findChromium } from '@sojourn/session-testing/servers'
import { chromium as playwright } from 'playwright-core'
import { it } from 'vitest'

// At the top, because what follows from it, running or skipping, has to be known when tests are collected.
const program = await findChromium()

/** Starts the browser. */
export function launchChromium(args: readonly string[] = []) {
  if (!program.available) throw new Error(program.reason)
  const env = { ...process.env, ...program.env } as Record<string, string>
  // Root, as in a container, can run Chromium only without the sandbox. The pages are our own.
  return playwright.launch({
    executablePath: program.path,
    env,
    args: ['--no-sandbox', ...args],
    // Playwright switches it off. People have it: "back" shows a page that was kept in memory.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
}

/** Defines tests in Chromium; without one, a test that is skipped and says why. */
export function withChromium(name: string, define: () => void): void {
  if (program.available) define()
  else it.skip(`${name}: ${program.reason}, or set CHROMIUM_PATH`)
}

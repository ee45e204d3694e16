import { existsSync } from 'node:fs'

/** The browser for the demo's page tests: what `CHROMIUM_PATH` names, else one in a usual place, else undefined. */
export const chromiumPath = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path && existsSync(path))

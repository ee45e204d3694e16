import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './packages.mjs'

/** Where turbo keeps what `npm test` has found out. */
export const cache = join(root, '.turbo/cache')

/** Where scripts/skipped-reporter.mjs names the turbo tasks in which a test was skipped, by their hash. */
export const skippedTasks = join(root, '.turbo/skipped')

/** Takes the results of tasks that skipped a test out of turbo's cache, so that the next run tries these tests again. */
export function forgetSkipped(skipped = skippedTasks, kept = cache) {
  if (!existsSync(skipped)) return
  const hashes = readdirSync(skipped)
  const entries = existsSync(kept) ? readdirSync(kept) : []
  for (const entry of entries.filter((entry) => hashes.some((hash) => entry.startsWith(hash)))) {
    rmSync(join(kept, entry))
  }
  rmSync(skipped, { recursive: true })
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { skippedTasks } from './skipped.mjs'

/** What the suites say of a store or an adapter that cannot do something: such a test is skipped on every machine. */
const byDesign = /^(lacks|has no) /

/** Leaves a file for `forgetSkipped` (scripts/skipped.mjs) where a test was skipped, be it for a missing server or browser. */
export class SkippedReporter {
  #folder

  constructor(folder = skippedTasks) {
    this.#folder = folder
  }

  onTestRunEnd(modules) {
    const { TURBO_HASH } = process.env
    if (!TURBO_HASH) return
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    const missing = skipped.filter(({ name }) => !byDesign.test(name))
    if (missing.length === 0) return
    mkdirSync(this.#folder, { recursive: true })
    writeFileSync(join(this.#folder, TURBO_HASH), missing.map(({ fullName }) => `${fullName}\n`).join(''))
  }
}

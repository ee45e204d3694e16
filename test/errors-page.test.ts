import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from './workspace-copy'

const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

/** The headings of a part of the page. */
const entries = (part: string) =>
  [
    ...read('docs/errors.md')
      .split(`\n## ${part}\n`)[1]!
      .split('\n## ')[0]!
      .matchAll(/^### (.+)$/gm),
  ].map(([, name]) => name)

describe('docs/errors.md', () => {
  it('has an entry for every error code, in the order of the source', () => {
    const codes = [...read('packages/core/src/errors.ts').matchAll(/^ {2}(ERR_\w+): /gm)].map(([, code]) => code)
    expect(codes.length).toBeGreaterThan(10)
    expect(entries('Errors')).toEqual(codes)
  })

  it('has an entry for every outcome, in the order of the source', () => {
    const outcomes = [...read('packages/core/src/events/outcome.ts').matchAll(/^ {2}\| '(.+)'$/gm)].map(
      ([, name]) => name,
    )
    expect(outcomes.length).toBeGreaterThan(10)
    expect(entries('Outcomes')).toEqual(outcomes)
  })
})

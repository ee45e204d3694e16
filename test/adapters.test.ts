// `npm test` skips the carrier tests of the packages: they run the same suite on one adapter each.
import { readFileSync } from 'node:fs'
import { memoryStore } from '@sojourn/session-core'
import { expect, it } from 'vitest'
import { acceptedDifferences, adaptersOver } from './adapters'

adaptersOver(
  { name: 'memory', open: async () => ({ store: memoryStore(), close: async () => {} }) },
  { name: 'cookie' },
)

it('docs/adapters.md lists exactly the accepted differences', () => {
  const docs = readFileSync(new URL('../docs/adapters.md', import.meta.url), 'utf8')
  const rows = docs.split('\n').filter((line) => line.startsWith('| '))
  expect(rows.slice(2)).toEqual(acceptedDifferences.map(([what, reason]) => `| ${what} | ${reason} |`))
})

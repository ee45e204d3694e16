import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { audit } from '@sojourn/session-cli'
import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { root } from './workspace-copy'

const page = readFileSync(`${root}docs/security.md`, 'utf8')

describe('docs/security.md', () => {
  it('has what the audit says of default options with a store, for chapter V3 and NIST', () => {
    const secret = 'uH4pS8nV2bX6mQ9wE3rT7yK1jL5gD0aZ'
    const { requirements } = audit(createSessionManager({ secret, store: memoryStore() }).describe())
    const rows = requirements
      .filter(({ standard, id }) => standard !== 'ASVS 5.0' || id.startsWith('3.'))
      .map(({ id, asks, verdict, how }) => `| ${id} | ${asks} | ${verdict} | ${how} |`)
    expect(rows.length).toBeGreaterThan(15)
    expect(page.split('\n').filter((line) => rows.includes(line))).toEqual(rows)
  })

  it('has each of the fourteen guarantees of SECURITY.md, with tests that there are', () => {
    const numbers = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number))
    expect(numbers).toEqual(Array.from({ length: 14 }, (_, index) => index + 1))
    const tests = [...page.matchAll(/\[([^\]]+)\]\((\.\.\/[^)]+\.ts)\)/g)]
    expect(tests.length).toBeGreaterThanOrEqual(14)
    const missing = tests.filter(
      ([, title, path]) => !readFileSync(root + posix.join('docs', path!), 'utf8').includes(title!),
    )
    expect(missing.map(([link]) => link)).toEqual([])
  })
})

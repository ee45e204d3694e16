import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Words that make a sentence hard to read in a second language. Each has a plainer replacement. */
const RARE = /\b(?:who|what|which)ever\b|\b(?:some|no)body\b|\bmeanwhile\b|\bthereby\b|\bmidst\b/gi
const PER_THOUSAND_LINES = 1

const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
const textOf = (file: string) => readFileSync(`${root}${file}`, 'utf8')

/** The titles of tests and groups in a file, one a line. */
function testNames(file: string): string {
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(?:it|test|describe|withServer)\b/.test(node.expression.getText())) {
      for (const argument of node.arguments) {
        if (ts.isStringLiteralLike(argument) || ts.isTemplateExpression(argument)) names.push(argument.getText())
      }
    }
    node.forEachChild(visit)
  }
  visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true))
  return names.join('\n')
}

const kinds: Record<string, { files: RegExp; read: (file: string) => string }> = {
  source: { files: /^(?:packages|apps)\/[^/]+\/src\/.*\.ts$/, read: textOf },
  'test names': { files: /(?:^|\/)test\/.*\.ts$/, read: testNames },
  documentation: { files: /^docs\/.*\.md$|(?:^|\/)(?:README|CONTRIBUTING|SECURITY)\.md$/, read: textOf },
}

describe('rare words', () => {
  it.each(Object.entries(kinds))('%s has at most one per thousand lines', (_, { files: pattern, read }) => {
    const texts = files.filter((file) => pattern.test(file)).map((file) => ({ file, text: read(file) }))
    const lines = texts.flatMap(({ text }) => text.split('\n')).length
    const found = texts.flatMap(({ file, text }) => (text.match(RARE) ?? []).map((word) => `${file}: ${word}`))
    expect(lines).toBeGreaterThan(100)
    expect(found.length, found.join('\n')).toBeLessThanOrEqual((lines * PER_THOUSAND_LINES) / 1000)
  })
})

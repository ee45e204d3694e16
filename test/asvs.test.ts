import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from './workspace-copy'

const read = (path: string) => readFileSync(join(root, path), 'utf8')

const rows = read('docs/asvs.md')
  .split('\n')
  .filter((line) => /^\| 7\./.test(line))
  .map((line) => {
    const [id, , , verdict, , tests] = line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1)
    return { id: id!, verdict: verdict!, tests: tests!.split('<br>') }
  })

// From git: a walk through the folders would meet what other tests write and remove at the same time.
const files = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'packages', 'test'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((path) => path.endsWith('.test.ts'))

/** The names of the tests in the files of this name. */
const testsIn = (file: string) => files.filter((path) => path.endsWith(`/${file}`)).flatMap(namesIn)

function namesIn(path: string): string[] {
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^it\b/.test(node.expression.getText())) {
      const [name] = node.arguments
      if (name && ts.isStringLiteralLike(name)) names.push(name.text)
    }
    node.forEachChild(visit)
  }
  visit(ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true))
  return names
}

/** The requirements of chapter V7, by section. */
const SECTIONS = { '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 3, '7.6': 2 }

describe('the page about ASVS', () => {
  it('has a row for each requirement of V7, with a verdict', () => {
    const ids = Object.entries(SECTIONS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, at) => `${section}.${at + 1}`),
    )
    expect(rows.map(({ id }) => id)).toEqual(ids)
    expect(rows.filter(({ verdict }) => !['met', 'not met', 'application'].includes(verdict))).toEqual([])
  })

  it('is linked from README and SECURITY', () => {
    for (const page of ['README.md', 'SECURITY.md']) expect(read(page)).toContain('(docs/asvs.md)')
  })

  it.each([...new Set(rows.flatMap(({ tests }) => tests))])('names a test that there is: %s', (test) => {
    const [file, ...name] = test.split(' › ')
    expect(testsIn(file!)).toContain(name.join(' › '))
  })
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(`${root}docs/architecture.md`, 'utf8')
const CORE = 'packages/core/src/'

/** The files in the page's tree of core. A folder whose files are not listed stands for all of them. */
function treeOfCore(): string[] {
  const [, ...lines] = page
    .split('## The tree of core')[1]!
    .split(/```(?:text)?\n/)[1]!
    .trim()
    .split('\n')
  let folder = ''
  return lines.flatMap((line) => {
    const [, indent, name] = /^( +)(\S+)/.exec(line)!
    if (indent!.length === 2) folder = name!.endsWith('/') ? name! : ''
    return [indent!.length === 2 ? name! : folder + name]
  })
}

describe('docs/architecture.md', () => {
  const tree = treeOfCore()
  const files = readdirSync(root + CORE, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))

  it('names every file of core', () => {
    const wholeFolders = tree.filter(
      (name) => name.endsWith('/') && !tree.some((other) => other !== name && other.startsWith(name)),
    )
    const missing = files.filter(
      (file) => !tree.includes(file) && !wholeFolders.some((folder) => file.startsWith(folder)),
    )
    expect(missing).toEqual([])
  })

  it('names no file of core that is gone', () => {
    expect(tree.filter((name) => !existsSync(root + CORE + name))).toEqual([])
  })

  it('names in its text only files and folders that exist', () => {
    const paths = [...page.matchAll(/`((?:[\w-]+\/)+(?:[\w.-]+\.\w+)?)`/g)].map(([, path]) => path!)
    expect(paths.length).toBeGreaterThan(30)
    const isThere = (path: string) => existsSync(root + path) || existsSync(root + CORE + path)
    expect(paths.filter((path) => !isThere(path))).toEqual([])
  })
})

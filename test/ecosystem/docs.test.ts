import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('docs/ecosystem.md names each test, with the version that is installed', () => {
  const rows = read('../../docs/ecosystem.md').matchAll(
    /^\| \[([^\]]+)\]\(\.\.\/test\/ecosystem\/([^)]+)\) \| (\S+) \|/gm,
  )
  const tests = new Set<string>()
  for (const [, name, test, version] of rows) {
    tests.add(test!)
    expect(version, name).toBe(JSON.parse(read(`node_modules/${name}/package.json`)).version)
  }
  const own = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.test.ts'))
  expect([...tests].toSorted()).toEqual(own.filter((file) => file !== 'docs.test.ts').toSorted())
})

it('docs/ecosystem.md names each test of a release, with the version that it installs', () => {
  const folder = '../../apps/consumers/frameworks/'
  const rows = read('../../docs/ecosystem.md').matchAll(
    /^\| \[([^\]]+)\]\(\.\.\/apps\/consumers\/frameworks\/(\w+)\.test\.ts\) \| (\S+) \|/gm,
  )
  const tests = new Set<string>()
  for (const [, name, test, version] of rows) {
    tests.add(`${test}.test.ts`)
    expect(version, name).toBe(JSON.parse(read(`${folder}${test}/package.json`)).dependencies[name!])
  }
  const own = readdirSync(new URL(folder, import.meta.url)).filter((file) => file.endsWith('.test.ts'))
  expect([...tests].toSorted()).toEqual(own.toSorted())
})

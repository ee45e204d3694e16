import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { json, packageFolders, WorkspaceCopy } from './workspace-copy'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const { packedManifest } = require('../scripts/packed-manifest.cjs')
const internal = /^@sojourn\/session-/

let copy: WorkspaceCopy

/** A copy in which all packages have a version, and one change of core waits to be released. */
async function withChange(version: string, change: string): Promise<void> {
  copy = await WorkspaceCopy.create()
  await copy.linkDependencies()
  await copy.removeChangesets()
  await copy.setVersion(version)
  await copy.write('.changeset/one.md', `---\n'@sojourn/session-core': ${change}\n---\n\nSessions are better.\n`)
  await copy.commit()
}

/** What all packages would be published as. */
async function packed() {
  const folders = [...(await packageFolders(copy.folder)).values()]
  return Promise.all(folders.map(async (folder) => packedManifest(await json(`${folder}/package.json`), folder)))
}

const makeVersion = () => run(process.execPath, ['scripts/version.mjs'], { cwd: copy.folder })

describe('a release', () => {
  afterEach(() => copy.remove())

  it.each([
    ['0.0.0', 'patch', '0.0.1'],
    ['0.0.0', 'minor', '0.1.0'],
    ['0.0.0', 'major', '1.0.0'],
    ['0.1.0', 'patch', '0.1.1'],
    ['0.1.0', 'minor', '0.2.0'],
    ['0.1.0', 'major', '1.0.0'],
    ['1.0.0', 'patch', '1.0.1'],
    ['1.0.0', 'minor', '1.1.0'],
    ['1.0.0', 'major', '2.0.0'],
  ])(
    'from %s by a %s is %s for every package, each asking for exactly that of the others',
    async (from, change, to) => {
      await withChange(from, change)
      await makeVersion()
      const manifests = await packed()
      expect(manifests.map(({ version }) => version)).toEqual(manifests.map(() => to))
      const ranges = manifests.flatMap(({ dependencies, peerDependencies }) =>
        Object.entries({ ...dependencies, ...peerDependencies }).filter(([name]) => internal.test(name)),
      )
      expect(ranges.length).toBeGreaterThanOrEqual(manifests.length - 1)
      // An exact version: it has an upper bound, and refuses every core of another release.
      expect(ranges).toEqual(ranges.map(([name]) => [name, to]))
    },
  )

  it('leaves the ranges in the repository as they are, release after release', async () => {
    await withChange('0.1.0', 'minor')
    const before = await json(`${copy.folder}/packages/express/package.json`)
    await makeVersion()
    const after = await json(`${copy.folder}/packages/express/package.json`)
    expect(after).toEqual({ ...before, version: '0.2.0' })
  })

  it('tells in each changelog what changed in that package, and where nothing did', async () => {
    await withChange('0.1.0', 'minor')
    await makeVersion()
    const changelog = (name: string) => readFile(`${copy.folder}/packages/${name}/CHANGELOG.md`, 'utf8')
    expect(await changelog('core')).toMatch(
      /^# @sojourn\/session-core\n\n## 0\.2\.0\n\n### Minor Changes\n\n- .*Sessions are better\.\n/,
    )
    expect(await changelog('koa')).toBe(
      '# @sojourn/session-koa\n\n## 0.2.0\n\nNothing changed in this package. It is released with the others: all of them need the same version.\n',
    )
  })
})

it('a package names what it needs of ours by the workspace, so that one rule writes the ranges', async () => {
  for (const folder of (await packageFolders()).values()) {
    const { dependencies, peerDependencies } = await json(`${folder}/package.json`)
    const ours = (ranges: Record<string, string> = {}) =>
      Object.entries(ranges)
        .filter(([name]) => internal.test(name))
        .map(([, range]) => range)
    expect(new Set([...ours(dependencies), 'workspace:*'])).toEqual(new Set(['workspace:*']))
    expect(new Set([...ours(peerDependencies), 'workspace:>=0.0.0'])).toEqual(new Set(['workspace:>=0.0.0']))
  }
})

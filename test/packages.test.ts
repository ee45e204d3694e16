import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { checkPackage, createPackageFromTarballData, type Package } from '@arethetypeswrong/core'
import { build } from 'esbuild'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packedReadme } from '../scripts/packed-readme.mjs'
import { json, packageFolders, root } from './workspace-copy'

const run = promisify(execFile)
const { packedManifest } = createRequire(import.meta.url)('../scripts/packed-manifest.cjs')
const sizes: Record<string, { limit: number; reason: string }> = await json(`${root}sizes.json`)
const packages = await Promise.all(
  [...(await packageFolders())].map(async ([name, folder]) => ({
    name,
    folder,
    manifest: await json(`${folder}/package.json`),
  })),
)

/** What users can import of a package: `@sojourn/session-http/web`. */
const entriesOf = ({ name, manifest }: { name: string; manifest: { exports: object } }): string[] =>
  Object.keys(manifest.exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => name + entry.slice(1))
const entries = packages.flatMap((each) => entriesOf(each).map((entry) => ({ entry, ...each })))

/** Where the links of a page lead. */
function linksOf(markdown: string): string[] {
  const visit = (
    node: ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>['children'][number],
  ): string[] => [
    ...(node.type === 'link' || node.type === 'image' ? [node.url] : []),
    ...('children' in node ? node.children.flatMap(visit) : []),
  ]
  return visit(fromMarkdown(markdown))
}

/** Loads every entry of a package by import and by require, and returns the exported names of each. */
async function load(folder: string, specifiers: string[]): Promise<{ esm: string[]; cjs: string[] }[]> {
  const script = `
    const { createRequire } = await import('node:module')
    const require = createRequire(process.cwd() + '/x.js')
    const names = (exports) => Object.keys(exports).filter((name) => name !== 'default').sort()
    const found = []
    for (const name of ${JSON.stringify(specifiers)}) found.push({ esm: names(await import(name)), cjs: names(require(name)) })
    console.log(JSON.stringify(found))`
  const { stdout } = await run(
    process.execPath,
    ['--no-experimental-require-module', '--input-type=module', '-e', script],
    { cwd: folder },
  )
  return JSON.parse(stdout)
}

let packedTo: string
beforeAll(async () => {
  packedTo = await mkdtemp(join(tmpdir(), 'sojourn-packed-'))
  await run(process.execPath, ['scripts/run.mjs', 'pack', packedTo], { cwd: root })
})
afterAll(() => rm(packedTo, { recursive: true, force: true }))

// Packs the output of the latest build.
describe.each(packages)('$name, as it is packed', ({ name, folder, manifest }) => {
  let tarball: Buffer
  let packed: Package
  let published: Record<string, never> & { peerDependencies?: Record<string, string> }
  beforeAll(async () => {
    const start = name.replace('@', '').replace('/', '-')
    const file = (await readdir(packedTo)).find((file) => file.replace(/-\d.*/, '') === start)!
    tarball = await readFile(join(packedTo, file))
    packed = createPackageFromTarballData(tarball)
    published = JSON.parse(packed.readFile(`/node_modules/${name}/package.json`))
  })

  it('holds its licence, the notices of what is bundled, a README, no tests and no source maps', () => {
    const files = packed.listFiles(`/node_modules/${name}`).map((file) => file.slice(`/node_modules/${name}/`.length))
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/THIRD-PARTY-NOTICES.txt']))
    expect(
      files.filter(
        (file) =>
          !/^(dist\/.*\.(c?js|d\.c?ts|txt)|LICENSE|(package|grafana-dashboard)\.json|(README|CHANGELOG)\.md)$/.test(
            file,
          ),
      ),
    ).toEqual([])
  })

  it('has types without attw findings, however they are resolved', async () => {
    const { problems } = (await checkPackage(packed)) as { problems: unknown[] }
    expect(problems).toEqual([])
  })

  it('has a manifest without publint findings', async () => {
    const { messages } = await publint({
      strict: true,
      pack: { tarball: new Uint8Array(tarball).buffer },
    })
    expect(messages).toEqual([])
  })

  it('asks for exactly its own version of our other packages, and for nothing that its code does not need', () => {
    const { version, dependencies = {}, peerDependencies = {} } = manifest
    const exact = (ranges: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(ranges).map(([name, range]) => [name, name.startsWith('@sojourn/') ? version : range]),
      )
    expect(published).toMatchObject({
      version,
      ...(manifest.peerDependencies && { peerDependencies: exact(peerDependencies) }),
    })
    expect(published.dependencies ?? {}).toEqual(exact(dependencies))
    expect(published).not.toHaveProperty('devDependencies')
    expect(published).not.toHaveProperty('scripts')
  })

  it('loads by import and by require with the same names, also if require cannot load ESM', async () => {
    const found = await load(folder, entriesOf({ name, manifest }))
    for (const { esm, cjs } of found) expect(cjs).toEqual(esm)
    expect(found.flatMap(({ esm }) => esm).length).toBeGreaterThan(0)
  })

  // session-connect and imports of session-compat are made of core's rows, session-cli makes a manager: core is their peer.
  it.skipIf(/-(?:core|connect|compat|cli|testing)$/.test(name))('imports nothing of core at run time', () => {
    const built = packed.listFiles(`/node_modules/${name}`).filter((file) => /\.c?js$/.test(file))
    expect(built.length).toBeGreaterThan(0)
    for (const file of built) expect(packed.readFile(file), file).not.toMatch(/['"](?:@sojourn\/session-core|#\w)/)
  })

  it('has types for each entry with moduleResolution node10, which ignores exports', () => {
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== '.' && entry !== './package.json')
    const types = entries.map((entry) => [
      entry.slice(2),
      [manifest.exports[entry].require.types.replace(/cts$/, 'ts')],
    ])
    expect(manifest.typesVersions).toEqual(entries.length > 0 ? { '*': Object.fromEntries(types) } : undefined)
  })

  it('has a short README', async () => {
    const lines = (await readFile(`${folder}/README.md`, 'utf8')).trim().split('\n')
    expect(lines[0]).toBe(`# ${name}`)
    expect(lines.length).toBeLessThanOrEqual(60)
  })

  it('has a README whose links lead to files of the repository, and to its address once the root names it', async () => {
    const readme = packed.readFile(`/node_modules/${name}/README.md`)
    const directory = relative(root, folder)
    const repository = 'https://github.com/o/n'
    const links = linksOf(packedReadme(readme, directory, repository, '1.0.0'))
    expect(links.filter((link) => !/^https?:/.test(link))).toEqual([])
    const files = links
      .filter((link) => link.startsWith(`${repository}/`))
      .map((link) => link.replace(/^.*\/(blob|tree)\/v1\.0\.0\//, '').replace(/#.*/, ''))
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})

it('a packed manifest links to the repository that the root names', () => {
  expect(
    packedManifest({ name: 'x', version: '1.0.0' }, `${root}packages/x`, { repository: 'https://github.com/o/n' }),
  ).toEqual({
    name: 'x',
    version: '1.0.0',
    repository: { type: 'git', url: 'git+https://github.com/o/n.git', directory: 'packages/x' },
    homepage: 'https://github.com/o/n/tree/main/packages/x#readme',
    bugs: { url: 'https://github.com/o/n/issues' },
  })
})

describe('the size of an entry, minified and compressed, without what it depends on', () => {
  it.each(entries)('$entry is within its limit in sizes.json', async ({ entry, folder, manifest }) => {
    const { outputFiles } = await build({
      stdin: { contents: `export * from '${entry}'`, resolveDir: folder },
      external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
        (name) => !entry.startsWith(name),
      ),
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      write: false,
    })
    const size = gzipSync(outputFiles[0]!.contents).length
    expect(sizes[entry], `${entry} has no limit; it is ${size} bytes now`).toBeDefined()
    expect(size).toBeLessThanOrEqual(sizes[entry]!.limit)
    // A limit that is far away watches nothing.
    expect(size).toBeGreaterThan(sizes[entry]!.limit / 2)
  })

  it('has a limit for what exists, each with its reason', () => {
    expect(Object.keys(sizes).sort()).toEqual(entries.map(({ entry }) => entry).sort())
    for (const { reason } of Object.values(sizes)) expect(reason).toMatch(/\w+ \w+/)
  })
})

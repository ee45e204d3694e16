import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../packages', import.meta.url))
const folders = readdirSync(root)
const manifests = folders.map((folder) => ({
  folder: `${root}/${folder}`,
  manifest: JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8')),
}))

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

// Loads the output of the latest build.
describe.each(manifests)('$manifest.name', ({ folder, manifest }) => {
  it('is built', () => {
    expect(existsSync(`${folder}/dist`), 'run npm test, or pnpm build first').toBe(true)
  })

  it('loads by import and by require with the same names, also if require cannot load ESM', async () => {
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json')
    const found = await load(
      folder,
      entries.map((entry) => manifest.name + entry.slice(1)),
    )
    for (const { esm, cjs } of found) expect(cjs).toEqual(esm)
    expect(found.flatMap(({ esm }) => esm).length).toBeGreaterThan(0)
  })

  it('has types for each entry with moduleResolution node10, which ignores exports', () => {
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== '.' && entry !== './package.json')
    const types = entries.map((entry) => [
      entry.slice(2),
      [manifest.exports[entry].require.types.replace(/cts$/, 'ts')],
    ])
    expect(manifest.typesVersions).toEqual(entries.length > 0 ? { '*': Object.fromEntries(types) } : undefined)
  })

  it('has a manifest without publint findings', async () => {
    const { messages } = await publint({ pkgDir: folder, strict: true, pack: false })
    expect(messages).toEqual([])
  })

  it('has a short README', () => {
    const lines = readFileSync(`${folder}/README.md`, 'utf8').trim().split('\n')
    expect(lines[0]).toBe(`# ${manifest.name}`)
    expect(lines.length).toBeLessThanOrEqual(60)
  })
})

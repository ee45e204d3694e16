import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineConfig, type Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Writes `dist/THIRD-PARTY-NOTICES.txt`: the licence of every package whose code is bundled. */
const thirdPartyNotices: Plugin = {
  name: 'third-party-notices',
  setup(build) {
    build.initialOptions.metafile = true
    build.onEnd(async ({ metafile }) => {
      const inputs = Object.keys(metafile?.inputs ?? {})
      const folders = inputs.flatMap((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? [])
      const notices = await Promise.all([...new Set(folders)].sort().map(notice))
      const text = notices.length > 0 ? notices.join('\n') : 'This package contains no code of other packages.\n'
      const folder = build.initialOptions.outdir ?? 'dist'
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'THIRD-PARTY-NOTICES.txt'), text)
    })
  },
}

async function notice(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file))
  if (!file) throw new Error(`${name} has no licence file: its notice cannot be written`)
  return `${name} ${version} (${license})\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`
}

/**
 * One build for every package: ESM, CJS and types for both, from the entries that `exports` names. No source maps: the
 * output is not minified, and the maps were four fifths of what a user downloads.
 */
export const build = (options: Options) =>
  defineConfig({
    format: ['esm', 'cjs'],
    dts: true,
    clean: true,
    target: 'node20',
    treeshake: true,
    esbuildPlugins: [thirdPartyNotices],
    ...options,
  })

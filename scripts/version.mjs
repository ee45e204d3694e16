// `npm run release:version`: makes the next version of all packages, and their changelogs, from the changesets.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { publishedPackages, root } from './packages.mjs'

const UNCHANGED = 'Nothing changed in this package. It is released with the others: all of them need the same version.'

const changesets = createRequire(import.meta.url).resolve('@changesets/cli/bin.js')
const { status } = spawnSync(process.execPath, [changesets, 'version'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

for (const { folder, manifest } of publishedPackages()) {
  const path = join(folder, 'CHANGELOG.md')
  if (!existsSync(path)) continue
  const heading = `## ${manifest.version}\n`
  const [before, after] = readFileSync(path, 'utf8').split(heading)
  const isEmpty = after !== undefined && (after.trim() === '' || after.trimStart().startsWith('## '))
  if (isEmpty) writeFileSync(path, `${before}${heading}\n${UNCHANGED}\n${after}`)
}

// `node scripts/run.mjs pack FOLDER`: packs all packages into a folder. pnpm packs, and has a hook for the manifest alone, so the
// README is replaced in what it has packed.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { publishedPackages, root, rootManifest } from './packages.mjs'
import { packedReadme } from './packed-readme.mjs'

const folder = process.argv[2]
const { repository } = rootManifest()
const arguments_ = ['--filter=./packages/*', '--recursive', 'pack', '--pack-destination', folder]
execFileSync('pnpm', arguments_, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })

for (const { folder: source, manifest } of publishedPackages()) {
  const start = manifest.name.replace('@', '').replace('/', '-')
  const file = join(folder, `${start}-${manifest.version}.tgz`)
  const directory = relative(root, source).replaceAll('\\', '/')
  await rewrite(file, (readme) => packedReadme(readme, directory, repository, manifest.version))
}

/** Replaces the README in a packed file, and leaves the rest as it is. */
async function rewrite(file, change) {
  const [packed, entries] = [pack(), extract()]
  const chunks = []
  packed.on('data', (chunk) => chunks.push(chunk))
  entries.end(gunzipSync(readFileSync(file)))
  for await (const entry of entries) {
    const content = []
    for await (const chunk of entry) content.push(chunk)
    const { size, ...header } = entry.header
    const bytes = Buffer.concat(content)
    packed.entry(header, header.name === 'package/README.md' ? change(bytes.toString()) : bytes)
  }
  packed.finalize()
  await new Promise((done) => packed.once('end', done))
  writeFileSync(file, gzipSync(Buffer.concat(chunks), { level: 9 }))
}

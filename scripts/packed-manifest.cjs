// What a packed package.json says that the one in the repository leaves to one place (docs/decisions/012).
const { readFileSync } = require('node:fs')
const { join, relative } = require('node:path')

const root = join(__dirname, '..')
const internal = (name) => name.startsWith('@sojourn/session-')

/** `repository`, `homepage` and `bugs` of one package, from the owner's line in the root's package.json. */
function links(repository, directory) {
  return {
    repository: { type: 'git', url: `git+${repository}.git`, directory },
    homepage: `${repository}/tree/main/${directory}#readme`,
    bugs: { url: `${repository}/issues` },
  }
}

/** Our packages are released together and fit one another in exactly one version. */
function exactRanges(ranges = {}, version) {
  return Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, internal(name) ? version : range]))
}

const rootManifest = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The manifest to pack, from the one that pnpm has prepared for the package in `folder`. */
function packedManifest(manifest, folder, { repository } = rootManifest()) {
  const { scripts, devDependencies, ...published } = manifest
  for (const kind of ['dependencies', 'peerDependencies']) {
    if (published[kind]) published[kind] = exactRanges(published[kind], published.version)
  }
  return repository ? { ...published, ...links(repository, relative(root, folder).replaceAll('\\', '/')) } : published
}

// pnpm hands over a third argument of its own.
module.exports = { packedManifest, beforePacking: (manifest, folder) => packedManifest(manifest, folder) }

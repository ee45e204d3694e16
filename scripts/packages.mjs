import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))
export const rootManifest = () => readJson(join(root, 'package.json'))

/** The packages that are published, each after those of ours that it needs. */
export function publishedPackages() {
  const found = readdirSync(join(root, 'packages')).map((name) => {
    const folder = join(root, 'packages', name)
    return { folder, manifest: readJson(join(folder, 'package.json')) }
  })
  const waiting = new Map(found.filter(({ manifest }) => !manifest.private).map((each) => [each.manifest.name, each]))
  const sorted = []
  function add(name) {
    const each = waiting.get(name)
    if (!each) return
    waiting.delete(name)
    for (const needed of Object.keys({ ...each.manifest.peerDependencies, ...each.manifest.dependencies })) add(needed)
    sorted.push(each)
  }
  for (const { manifest } of found) add(manifest.name)
  return sorted
}

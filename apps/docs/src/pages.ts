import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Pages that stand outside `docs/` and `packages/`: their path in the repository, and on the site. */
const others: Record<string, string> = {
  'apps/docs/index.md': 'index.md',
  'README.md': 'overview.md',
  'SECURITY.md': 'threat-model.md',
  'CONTRIBUTING.md': 'contributing.md',
  'apps/demo/README.md': 'demo.md',
  'examples/README.md': 'examples.md',
}

/**
 * Every page of the site: its path in the repository, and its path on the site. `docs/` is the site's root, a README is
 * its folder's index, and that of a package is named after it.
 */
export function allPages(): ReadonlyMap<string, string> {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.md'))
    .sort()
  const packages = readdirSync(join(root, 'packages')).sort()
  return new Map([
    ...docs.map((file) => [`docs/${file}`, file.replace(/README\.md$/, 'index.md')] as const),
    ...packages.map((name) => [`packages/${name}/README.md`, `packages/${name}.md`] as const),
    ...Object.entries(others),
  ])
}

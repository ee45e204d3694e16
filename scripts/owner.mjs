// `npm run owner`: writes what follows from "repository" in the root's package.json, and cannot be read from there.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, rootManifest } from './packages.mjs'

export const codeOwners = (repository) => {
  const owner = /^https:\/\/github\.com\/([^/]+)\//.exec(repository)?.[1]
  return [
    '# `npm run owner` writes this from "repository" in package.json.',
    ...(owner ? [`* @${owner}`] : []),
    '',
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(root, '.github/CODEOWNERS'), codeOwners(rootManifest().repository))
}

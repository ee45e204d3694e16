import { extname, posix } from 'node:path'

/**
 * The README of the package in `directory`, as it is packed: what is beside it in the repository is not in the packed file, so
 * its links lead to the repository that the root's package.json names, at the tag of the release. Without a repository they stay, and
 * no release is made.
 */
export function packedReadme(text, directory, repository, version) {
  if (!repository) return text
  return text.replace(/\]\((?!\w+:|#)([^)\s]+)\)/g, (_, link) => {
    const [path, ...anchor] = link.split('#')
    const kind = extname(path) ? 'blob' : 'tree'
    return `](${[`${repository}/${kind}/v${version}/${posix.join(directory, path)}`, ...anchor].join('#')})`
  })
}

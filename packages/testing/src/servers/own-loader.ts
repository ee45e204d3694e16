import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { libraryFolders } from './distribution'

/** The folder of an unpacked tree that holds the launchers. */
export const LAUNCHERS = 'launchers'

/**
 * Writes a launcher for a program of another release, which needs a newer C library than the machine's. The loader of that
 * release starts it, with the libraries of that release. The tree may be moved.
 */
export async function writeLauncher(root: string, name: string): Promise<void> {
  const folders = await libraryFolders(root)
  const loader = await findLoader(folders)
  if (!loader) throw new Error(`the package ${name} has no loader`)
  const inTree = (path: string) => `$root/${relative(root, path)}`
  const file = join(root, LAUNCHERS, name)
  await mkdir(join(root, LAUNCHERS), { recursive: true })
  await writeFile(
    file,
    `#!/bin/sh
root=\${0%/${LAUNCHERS}/*}
exec "${inTree(loader)}" --library-path "${folders.map(inTree).join(':')}" "$root/usr/bin/${name}" "$@"
`,
  )
  await chmod(file, 0o755)
}

async function findLoader(folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const name = (await readdir(folder)).find((file) => /^ld-linux.*\.so\.\d+$/.test(file))
    if (name) return join(folder, name)
  }
  return undefined
}

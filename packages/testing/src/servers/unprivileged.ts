import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { run, succeeds } from './command'
import type { Program } from './program'

/** The user for programs that refuse to run as root: uid 65534 if this process is root, else undefined (unchanged). */
export const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

/** Returns the program, copied into the server's directory if its user cannot read the project's cache, as in root's home. */
export async function withinReach(program: Program, directory: string): Promise<Program> {
  const { root, path, env } = program
  if (!root || !user) return program
  if (await succeeds(run(path, ['--version'], { env, user, cwd: directory, timeout: 10_000 }))) return program
  const copy = join(directory, 'program')
  await cp(root, copy, { recursive: true, verbatimSymlinks: true })
  const moved = (text: string) => text.replaceAll(root, copy)
  const movedEnv = Object.entries(env).map(([name, value]) => [name, moved(value)])
  return { ...program, root: copy, path: moved(path), env: Object.fromEntries(movedEnv) }
}

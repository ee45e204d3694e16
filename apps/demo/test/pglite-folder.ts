import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'

const cache = fileURLToPath(new URL('../.cache/', import.meta.url))

/** The release of PGlite, as its path has it: another release may not read the folder. */
const release = createHash('sha256')
  .update(createRequire(import.meta.url).resolve('@electric-sql/pglite'))
  .digest('hex')
  .slice(0, 12)

/** A new folder with an empty database, for PGLITE_DIR. Making one takes ten times as long as opening it, so it is a copy. */
export async function pgliteFolder(): Promise<string> {
  const original = `${cache}pglite-${release}`
  if (!existsSync(original)) await make(original)
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-pglite-'))
  await cp(original, folder, { recursive: true })
  return folder
}

/** Makes the original in a folder beside it, so that none is used that is incomplete. */
async function make(original: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(`${original}-`)
  const database = new PGlite(folder)
  await database.waitReady
  await database.close()
  // Another test file may have been faster.
  await rename(folder, original).catch(() => rm(folder, { recursive: true }))
}

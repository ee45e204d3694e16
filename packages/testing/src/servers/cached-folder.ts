import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** How long a failure is cached, in ms, so that other test files of the run do not wait for it again. */
const failureHolds = 120_000

/**
 * Creates `folder` unless it exists: `make` fills a temporary folder beside it and returns a path in it, which becomes
 * `folder` by one rename. So no process sees an incomplete folder, and of several processes one does the work while the
 * others wait. Rejects with the error of `make`, and for two minutes without a new attempt.
 */
export async function cachedFolder(folder: string, signal: AbortSignal, make: (temporary: string) => Promise<string>) {
  if (existsSync(folder)) return
  await mkdir(dirname(folder), { recursive: true })
  const unlock = await lock(`${folder}.lock`, signal)
  try {
    if (existsSync(folder)) return
    await refuseFreshFailure(`${folder}.failed`)
    await removeLeftovers(folder)
    const temporary = await mkdtemp(`${folder}.unfinished-`)
    try {
      await rename(await make(temporary), folder)
    } catch (error) {
      await writeFile(`${folder}.failed`, (error as Error).message)
      throw error
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  } finally {
    unlock()
  }
}

/** A kernel lock: it is released when the process that holds it ends in any way, so it cannot become stale. */
async function lock(file: string, signal: AbortSignal): Promise<() => void> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; cat'], { stdio: ['pipe', 'pipe', 'ignore'], signal })
  const ended = once(holder, 'close').then(() => Promise.reject(new Error('flock: it ended')))
  try {
    await Promise.race([once(holder.stdout, 'data'), ended])
  } catch (error) {
    throw signal.aborted ? new Error('another process has held the lock for too long') : error
  }
  holder.on('error', () => {}) // the signal, which has nothing to end any more
  return () => holder.stdin.end()
}

async function refuseFreshFailure(file: string): Promise<void> {
  if (!existsSync(file)) return
  if (Date.now() - (await stat(file)).mtimeMs < failureHolds) throw new Error(await readFile(file, 'utf8'))
  await rm(file)
}

async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(dirname(folder))
  const leftovers = names.filter((name) => name.startsWith(`${basename(folder)}.unfinished-`))
  for (const name of leftovers) await rm(join(dirname(folder), name), { recursive: true, force: true })
}

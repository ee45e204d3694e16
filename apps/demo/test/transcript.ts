import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'

const run = promisify(execFile)
const [, major, minor] =
  (await run('curl', ['--version']).catch(() => ({ stdout: '' }))).stdout.match(/(\d+)\.(\d+)/) ?? []

/** Since 7.79, curl sends Secure cookies over plain http if the host is localhost. */
export const hasCurl = Number(major) > 7 || (Number(major) === 7 && Number(minor) >= 79)

/** The console blocks of a document, each as its lines. */
export const consoleBlocks = (document: string): string[][] =>
  [...document.matchAll(/^```console\n(.*?)\n```$/gms)].map(([, block]) => block!.split('\n'))

/** Runs the commands of a console block, in one directory, and compares each output with the line below the command. */
export async function replay(lines: string[], urls: string[]): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'sojourn-demo-'))
  try {
    for (const [index, line] of lines.entries()) {
      if (!line.startsWith('$ ')) continue
      const command = line.slice(2).replace(/localhost:300(\d)/, (_, place) => urls[place]!.slice('http://'.length))
      const { stdout } = await run('sh', ['-c', command], { cwd })
      const next = lines[index + 1] ?? '$ '
      expect(stdout.trimEnd(), line).toBe(next.startsWith('$ ') ? '' : next)
    }
  } finally {
    await rm(cwd, { recursive: true })
  }
}

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startedDemo } from './started'

const run = promisify(execFile)
// Since 7.79, curl sends Secure cookies over plain http if the host is localhost.
const [, major, minor] =
  (await run('curl', ['--version']).catch(() => ({ stdout: '' }))).stdout.match(/(\d+)\.(\d+)/) ?? []
const fits = Number(major) > 7 || (Number(major) === 7 && Number(minor) >= 79)

it.skipIf(!fits)('README › the curl transcript is what the demo answers (skipped without curl 7.79)', async () => {
  const { demo, urls } = await startedDemo()
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-demo-'))
  try {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const lines = readme.split('```console\n')[1]!.split('```')[0]!.trim().split('\n')
    for (const [index, line] of lines.entries()) {
      if (!line.startsWith('$ ')) continue
      const command = line.slice(2).replace(/localhost:300(\d)/, (_, place) => urls[place]!.slice('http://'.length))
      const { stdout } = await run('sh', ['-c', command], { cwd: folder })
      const next = lines[index + 1] ?? ''
      expect(stdout, line).toBe(next.startsWith('$ ') ? '' : next)
    }
    expect(readme.split('\n').length).toBeLessThan(40)
  } finally {
    await demo.close()
    await rm(folder, { recursive: true })
  }
})

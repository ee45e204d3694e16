import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetSkipped } from '../scripts/skipped.mjs'
import { SkippedReporter } from '../scripts/skipped-reporter.mjs'
import { testEnvironment } from '../scripts/test-environment.mjs'
import { root } from './workspace-copy'

const run = promisify(execFile)
const module = (...names: string[]) => ({
  children: { allTests: () => names.map((name) => ({ name, fullName: `a group > ${name}` })) },
})

describe('the result of a task in which a test was skipped', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sojourn-skipped-'))
    vi.stubEnv('TURBO_HASH', 'abc123')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  it('is noted by its task, with the names of the tests', async () => {
    new SkippedReporter(join(folder, 'skipped')).onTestRunEnd([module('no redis-server here')])
    expect(await readFile(join(folder, 'skipped/abc123'), 'utf8')).toBe('a group > no redis-server here\n')
  })

  it('is not noted where a suite skips by design, or nothing was skipped', () => {
    new SkippedReporter(join(folder, 'skipped')).onTestRunEnd([
      module(),
      module('lacks raw: no Node response', 'has no SubjectIndex: x'),
    ])
    expect(existsSync(join(folder, 'skipped'))).toBe(false)
  })

  it('is taken out of the cache, and no other', async () => {
    await mkdir(join(folder, 'cache'))
    await mkdir(join(folder, 'skipped'))
    for (const name of ['abc123.tar.zst', 'abc123-meta.json', 'def456.tar.zst'])
      await writeFile(join(folder, 'cache', name), '')
    await writeFile(join(folder, 'skipped/abc123'), '')
    forgetSkipped(join(folder, 'skipped'), join(folder, 'cache'))
    expect(await readdir(folder)).toEqual(['cache'])
    expect(await readdir(join(folder, 'cache'))).toEqual(['def456.tar.zst'])
  })
})

describe('a kept result counts only', () => {
  /** The keys of all test tasks, as turbo computes them. */
  async function keys(env: Record<string, string> = {}): Promise<Record<string, string>> {
    const args = ['run', 'test', 'test:workspace', '--dry=json']
    const { stdout } = await run(`${root}node_modules/.bin/turbo`, args, {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      maxBuffer: 1e8,
    })
    const tasks = JSON.parse(stdout).tasks as { taskId: string; task: string; hash: string }[]
    return Object.fromEntries(
      tasks.filter(({ task }) => task.startsWith('test')).map(({ taskId, hash }) => [taskId, hash]),
    )
  }

  it.each(['REDIS_URL', 'REDIS_CLUSTER_URLS', 'POSTGRES_URL', 'CHROMIUM_PATH', 'SOJOURN_TEST_ENVIRONMENT'])(
    'for the same %s',
    async (name) => {
      const [before, after] = await Promise.all([keys(), keys({ [name]: 'another' })])
      expect(Object.keys(before).length).toBeGreaterThan(8)
      for (const task of Object.keys(before)) expect(after[task], task).not.toBe(before[task])
    },
  )

  it('for the same versions of Node, the servers, the browser and curl', async () => {
    const { SOJOURN_TEST_ENVIRONMENT } = await testEnvironment()
    expect(SOJOURN_TEST_ENVIRONMENT).toMatch(
      new RegExp(`^node ${process.version}, redis .+, postgres .+, pgbouncer .+, chromium .+, curl .+$`),
    )
  })
})

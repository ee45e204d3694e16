import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetSkipped } from '../scripts/skipped.mjs'
import { SkippedReporter } from '../scripts/skipped-reporter.mjs'
import { testEnvironment } from '../scripts/test-environment.mjs'
import { json, packageFolders, root } from './workspace-copy'

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

/** A task, as turbo plans it. */
interface Task {
  readonly taskId: string
  readonly task: string
  readonly hash: string
  readonly directory: string
  readonly command: string
  readonly inputs: Record<string, string>
  readonly dependencies: readonly string[]
}

/** All test tasks and those before them, by their id. */
async function dryRun(env: Record<string, string> = {}): Promise<ReadonlyMap<string, Task>> {
  const args = ['run', 'test', 'test:workspace', '--dry=json']
  const { stdout } = await run(`${root}node_modules/.bin/turbo`, args, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    maxBuffer: 1e8,
  })
  return new Map((JSON.parse(stdout).tasks as Task[]).map((task) => [task.taskId, task]))
}

/** A folder of the workspace: `packages/core`. */
const folderOf = (path: string) => path.split('/').slice(0, 2).join('/')

/** The folders whose files are in a task's key: its own inputs, and those of the tasks before it. */
function foldersInKey(task: Task, tasks: ReadonlyMap<string, Task>): Set<string> {
  const own = Object.keys(task.inputs).map((file) => folderOf(posix.join(task.directory, file)))
  const before = task.dependencies.flatMap((id) => [...foldersInKey(tasks.get(id)!, tasks)])
  return new Set([...own, ...before])
}

/** What the files of a folder import from other folders: the file, and the folder. */
async function importsOf(directory: string): Promise<[file: string, folder: string][]> {
  const { paths } = (await json(join(root, 'tsconfig.base.json'))).compilerOptions
  const folders = new Map<string, string>()
  for (const [alias, [path]] of Object.entries<[string]>(paths)) {
    folders.set(alias, folderOf(path.slice(path.indexOf('packages/'))))
  }
  for (const [name, folder] of await packageFolders()) folders.set(name, relative(root, folder))

  const { stdout } = await run('git', ['ls-files', '*.ts', '*.tsx', '*.mjs'], { cwd: join(root, directory) })
  const found: [string, string][] = []
  for (const file of stdout.split('\n').filter(Boolean)) {
    const path = posix.join(directory, file)
    for (const [, from] of (await readFile(join(root, path), 'utf8')).matchAll(/(?:from|import)\s*\(?'([^']+)'/g)) {
      const folder = from!.startsWith('.')
        ? folderOf(posix.join(posix.dirname(path), from!))
        : (folders.get(from!) ?? folders.get(folderOf(from!)))
      if (folder && folder !== directory && /^(packages|apps)\//.test(folder)) found.push([path, folder])
    }
  }
  return found
}

it('the tests of the workspace begin after every build, which takes files away while it runs', async () => {
  const tasks = await dryRun()
  const builds = [...tasks.values()].filter(({ task, command }) => task === 'build' && command !== '<NONEXISTENT>')
  expect(builds.length).toBeGreaterThan(12)
  const before = new Set(tasks.get('//#test:workspace')!.dependencies)
  expect(builds.map(({ taskId }) => taskId).filter((id) => !before.has(id))).toEqual([])
})

describe('a kept result counts only', () => {
  /** The keys of all test tasks, as turbo computes them. */
  async function keys(env: Record<string, string> = {}): Promise<Record<string, string>> {
    const tasks = [...(await dryRun(env)).values()]
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

  it('for the same code of every package that the sources and tests import', async () => {
    const tasks = await dryRun()
    const missing: string[] = []
    for (const task of tasks.values()) {
      if (task.task !== 'test' || task.command === '<NONEXISTENT>') continue
      const counted = foldersInKey(task, tasks)
      for (const [file, folder] of await importsOf(task.directory)) {
        if (!counted.has(folder)) missing.push(`${file} imports from ${folder}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('for the same versions of Node, the servers, the browser and curl', async () => {
    const { SOJOURN_TEST_ENVIRONMENT } = await testEnvironment()
    expect(SOJOURN_TEST_ENVIRONMENT).toMatch(
      new RegExp(`^node ${process.version}, redis .+, postgres .+, pgbouncer .+, chromium .+, curl .+$`),
    )
  })
})

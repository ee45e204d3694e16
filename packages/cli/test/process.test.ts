import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** A manager, as far as `describe` needs it. */
const MANAGER = `{ explain() {}, check() {}, describe: () => ({ store: 'memory', warnings: [] }) }`

/** What keeps a process alive, as the client of a store does. */
const CLIENT = `
  import { createServer } from 'node:net'
  createServer().listen(0)
  setInterval(() => {}, 1000)`

/** The command's time limit is over when the module says so. */
const CLOCK = `
  const late = []
  const { setTimeout } = globalThis
  globalThis.setTimeout = (task, ms, ...more) => (ms < 1000 ? setTimeout(task, ms, ...more) : late.push(task))
  globalThis.passTime = () => late.forEach((task) => task())`

/** The command's time limit is over at once. */
const NO_TIME = `
  const { setTimeout } = globalThis
  globalThis.setTimeout = (task) => setTimeout(task, 0)`

describe('the process', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sojourn-process-'))
    await build({
      entryPoints: [source('../src/main.ts')],
      outfile: join(folder, 'main.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
      plugins: [
        {
          name: 'source',
          setup({ onResolve }) {
            onResolve({ filter: /^@sojourn\/session-core$/ }, () => ({ path: source('../../core/src/index.ts') }))
            onResolve({ filter: /^#platform$/ }, () => ({ path: source('../../core/src/seal/platform-node.ts') }))
          },
        },
      ],
    })
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** Runs `describe` on an application's module, after `before`. */
  async function describing(module: string, argv: string[] = [], before = '') {
    await writeFile(join(folder, 'module.mjs'), module)
    const start = ['--import', `data:text/javascript,${encodeURIComponent(before)}`, join(folder, 'main.mjs')]
    return new Promise<{ code: unknown; out: string; error: string }>((resolve) => {
      execFile(
        process.execPath,
        [...start, 'describe', '--config', 'module.mjs', ...argv],
        { cwd: folder, timeout: 20_000 },
        (failure, out, error) => resolve({ code: failure ? failure.code : 0, out, error }),
      )
    })
  }

  it('ends although the module keeps a socket and a timer', async () => {
    expect(await describing(`${CLIENT}\nexport const sessions = ${MANAGER}`)).toMatchObject({ code: 0, error: '' })
  })

  it('prints the answer alone to stdout: what the module prints goes to stderr', async () => {
    const { code, out, error } = await describing(
      `console.log('loaded')
       const manager = ${MANAGER}
       export const sessions = { ...manager, describe() {
         console.log('an event')
         console.table([{ an: 'event' }])
         process.stdout.write('text')
         setImmediate(() => console.log('later'))
         return manager.describe()
       } }`,
      ['--json'],
    )
    expect([code, JSON.parse(out)]).toEqual([0, { store: 'memory', warnings: [] }])
    expect(error).toMatch(/^loaded\nan event\n[\s\S]*text/)
  })

  it('ends with one line after the time limit, although a module that waits keeps a socket and a timer', async () => {
    const module = `${CLIENT}\npassTime()\nawait new Promise(() => {})`
    const { code, out, error } = await describing(module, [], CLOCK)
    expect([code, out]).toEqual([1, ''])
    expect(error).toMatch(/^sojourn: The configuration .*module\.mjs has not loaded after 10 s: .*\n$/)
  })

  it('ends with the same line if a module waits and keeps nothing', async () => {
    const { code, out, error } = await describing('await new Promise(() => {})', ['--json'], NO_TIME)
    expect([code, JSON.parse(out)]).toEqual([1, { error: expect.stringMatching(/has not loaded after 10 s/) }])
    expect(error).toMatch(/^sojourn: .*has not loaded after 10 s.*\n$/)
  })

  it.each([
    ['an event that no one handles', `setImmediate(() => { throw new Error('connect ECONNREFUSED') })`],
    ['a promise that no one awaits', `Promise.reject(new Error('connect ECONNREFUSED'))`],
  ])('says on one line that the module failed by %s', async (_, failure) => {
    const { code, out, error } = await describing(`${CLIENT}\n${failure}\nawait new Promise(() => {})`, ['--json'])
    expect([code, JSON.parse(out)]).toEqual([1, { error: expect.stringMatching(/: connect ECONNREFUSED\. /) }])
    expect(error).toMatch(
      /^sojourn: The application's module failed outside of the command: connect ECONNREFUSED\. .*\n$/,
    )
  })
})

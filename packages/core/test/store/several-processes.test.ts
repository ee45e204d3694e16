import { execFile } from 'node:child_process'
import cluster from 'node:cluster'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  createSessionManager,
  memoryRevocations,
  memoryStore,
  type SessionManagerOptions,
  type SessionStore,
} from '@sojourn/session-core'
import { type BuildOptions, build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { SECRET } from '../helpers/browser'

const warn = vi.fn()
beforeEach(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation(warn)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  warn.mockReset()
})

const asWorker = () => vi.spyOn(cluster, 'isWorker', 'get').mockReturnValue(true)

/** What is said of these options: the option and the message of each warning about the memory. */
function warningsOf(options: object): [string, string][] {
  const found: [string, string][] = []
  createSessionManager({
    secret: SECRET,
    ...options,
    onEvent: (event) => event.type === 'config-warning' && found.push([event.option, event.message]),
  } as SessionManagerOptions)
  return found.filter(([, message]) => message.includes('memory'))
}

/** A store elsewhere: it has no mark of ours. */
const elsewhere = (): SessionStore => {
  const store = memoryStore()
  return {
    create: (row) => store.create(row),
    read: (id) => store.read(id),
    update: (row, seen) => store.update(row, seen),
    touch: (id, at, until) => store.touch(id, at, until),
    delete: (id, keepOut) => store.delete(id, keepOut),
  }
}

describe('sessions in the memory of one of several processes', () => {
  const message = 'Each process has a memory of its own: a user who is logged in at one is not at the next'

  it('have a warning in a worker of node:cluster', () => {
    asWorker()
    expect(warningsOf({ store: memoryStore() })).toEqual([['store', expect.stringContaining(message)]])
    expect(warningsOf({ revocations: memoryRevocations() })).toEqual([
      ['revocations', expect.stringContaining('a cookie that one has revoked is valid at the next')],
    ])
  })

  it('have a warning in the second process that PM2 starts without node:cluster', () => {
    vi.stubEnv('NODE_APP_INSTANCE', '1')
    expect(warningsOf({ store: memoryStore() })).toEqual([['store', expect.stringContaining(message)]])
  })

  it('have a warning of the process if no onEvent is given', () => {
    asWorker()
    createSessionManager({ secret: SECRET, store: memoryStore() })
    expect(warn.mock.calls).toEqual([[expect.stringContaining(message), 'SojournWarning']])
  })

  it('have no warning in a process that is alone, or the first', () => {
    expect(warningsOf({ store: memoryStore() })).toEqual([])
    vi.stubEnv('NODE_APP_INSTANCE', '0')
    expect(warningsOf({ store: memoryStore() })).toEqual([])
    expect(warningsOf({ revocations: memoryRevocations() })).toEqual([])
  })

  it('are not meant by a store elsewhere, nor by a cookie', () => {
    asWorker()
    expect(warningsOf({ store: elsewhere() })).toEqual([])
    expect(warningsOf({})).toEqual([])
  })

  it('have no warning where there is no node:cluster', () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    expect(warningsOf({ store: memoryStore() })).toEqual([])
  })

  it('have a warning in each worker that node:cluster has started, and none in the primary', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sojourn-cluster-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const core = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
    const program = `
      import cluster from 'node:cluster'
      import { createSessionManager, memoryStore } from ${JSON.stringify(core)}
      const warned = []
      const onEvent = (event) => event.type === 'config-warning' && warned.push(event.option)
      createSessionManager({ secret: ${JSON.stringify(SECRET)}, store: memoryStore(), onEvent })
      console.log((cluster.isPrimary ? 'primary' : 'worker') + ' ' + warned.join())
      if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork()
      else process.disconnect()`
    const [source, built] = [join(folder, 'program.mjs'), join(folder, 'built.mjs')]
    await writeFile(source, program)
    const asNode = { bundle: true, platform: 'node', format: 'esm', conditions: ['node'] } satisfies BuildOptions
    await build({ ...asNode, entryPoints: [source], outfile: built, logLevel: 'error' })
    const { stdout } = await promisify(execFile)(process.execPath, [built])
    expect(stdout.trim().split(/ *\n/).toSorted()).toEqual(['primary', 'worker store', 'worker store'])
  })
})

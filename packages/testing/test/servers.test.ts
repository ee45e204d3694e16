import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { createClient, createCluster } from 'redis'
import { build } from 'tsup'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type OwnServer,
  startPostgres,
  startRedis,
  startRedisCluster,
  type Unavailable,
  withServer,
} from '../src/servers'
import { withDescendants } from '../src/servers/processes'
import { until } from '../src/servers/until'

const runner = { describe, it, afterAll }
const redisServer = await startRedis({ own: true, durable: true, settings: { maxmemory: '77mb' } })
const postgresServer = await startPostgres({ own: true, settings: { work_mem: '5MB' } })

afterEach(() => void vi.unstubAllEnvs())

/** Runs one Redis command on its own connection. Rejects at once if it is refused. */
async function redis(url: string, ...command: string[]): Promise<unknown> {
  const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } }).on('error', () => {})
  await client.connect()
  return client.sendCommand(command).finally(() => client.destroy())
}

/** Runs one statement on its own connection and returns its rows. */
async function postgres(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end())
}

/** Whether a promise settles while several other processes run and end, enough time for any server that is not frozen. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  for (let round = 0; round < 20; round++) await once(spawn('/bin/sh', ['-c', ':']), 'exit')
  return isSettled
}

withServer(runner, 'a Redis for tests', redisServer, (server) => {
  it('answers under its URL, with the settings it was given', async () => {
    expect(await redis(server.url, 'PING')).toBe('PONG')
    expect(await redis(server.url, 'CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', `${77 * 1024 * 1024}`])
    expect(server).toMatchObject({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
  })

  it('restarts on the same port with its data, if it was stopped, killed or runs', async () => {
    for (const leave of ['stop', 'kill', 'resume'] as const) {
      await redis(server.url, 'SET', server.namespace, leave)
      await server[leave]()
      if (leave !== 'resume') await expect(redis(server.url, 'PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      if (leave !== 'resume') expect(server.pid).toBeUndefined()
      await server.restart()
      expect(await redis(server.url, 'GET', server.namespace)).toBe(leave)
    }
  })

  it('restart resolves after the data are loaded', async () => {
    // Microseconds for each key. A Redis that loads looks after its connections once every 1024 commands.
    const slow = (await startRedis({ own: true, durable: true, settings: { 'key-load-delay': '200' } })) as OwnServer
    const client = await createClient({ url: slow.url }).connect()
    await Promise.all(Array.from({ length: 2_500 }, (_, i) => client.set(`key${i}`, '')))
    client.destroy()
    await slow.restart()
    expect(await redis(slow.url, 'DBSIZE')).toBe(2_500)
    await slow.close()
  })

  it('does not respond while it is paused, and then handles everything', async () => {
    const client = await createClient({ url: server.url }).connect()
    await server.pause()
    const reply = client.ping()
    expect(await settles(reply)).toBe(false)
    await server.resume()
    expect(await reply).toBe('PONG')
    client.destroy()
  })

  it('can be stopped, killed and restarted while it is paused', async () => {
    for (const leave of ['stop', 'kill', 'restart'] as const) {
      await server.pause()
      await server[leave]()
      await server.restart()
      expect(await redis(server.url, 'PING')).toBe('PONG')
    }
  })

  it('restart rejects with the output of the server if it fails', async () => {
    await server.stop()
    const squatter = createServer((socket) => socket.destroy()).listen(server.port, '127.0.0.1')
    await once(squatter, 'listening')
    await expect(server.restart()).rejects.toThrow(/address already in use/i)
    await once(squatter.close(), 'close')
    await server.restart()
    expect(await redis(server.url, 'PING')).toBe('PONG')
  })
})

withServer(runner, 'a Redis Cluster for tests', await startRedisCluster({ own: true, durable: true }), (cluster) => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => `${cluster.namespace}:${key}`)

  const open = () =>
    createCluster({ rootNodes: [{ url: cluster.urls[0]! }] })
      .on('error', () => {})
      .connect()

  it('spreads keys over three masters', async () => {
    const client = await open()
    for (const key of keys) await client.set(key, key)
    for (const key of keys) expect(await client.get(key)).toBe(key)
    client.destroy()
    const sizes = await Promise.all(cluster.urls.map((url) => redis(url, 'DBSIZE')))
    expect(sizes).toHaveLength(3)
    expect(sizes.every((size) => Number(size) > 0)).toBe(true)
  })

  it('recovers with its data after a master was killed and restarted', async () => {
    await cluster.nodes[1]!.kill()
    await cluster.nodes[1]!.restart()
    await cluster.settled()
    const client = await open()
    for (const key of keys) expect(await client.get(key)).toBe(key)
    client.destroy()
  })
})

withServer(runner, 'a Postgres for tests', postgresServer, (server) => {
  it('answers under its URL, with the settings it was given and a schema name to use', async () => {
    expect(await postgres(server.url, 'SHOW work_mem')).toEqual([{ work_mem: '5MB' }])
    await postgres(server.url, `CREATE SCHEMA ${server.namespace}`)
    await postgres(server.url, `CREATE TABLE ${server.namespace}.kept (word text)`)
  })

  it('is not durable by default, and durable with the option', async () => {
    expect(await postgres(server.url, 'SHOW fsync')).toEqual([{ fsync: 'off' }])
    const durable = (await startPostgres({ own: true, durable: true })) as OwnServer
    expect(await postgres(durable.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }])
    await durable.close()
  })

  it('restarts on the same port with all acknowledged data, if it was stopped, killed or runs', async () => {
    for (const leave of ['stop', 'kill', 'resume'] as const) {
      await postgres(server.url, `INSERT INTO ${server.namespace}.kept VALUES ('${leave}')`)
      await server[leave]()
      if (leave !== 'resume')
        await expect(postgres(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      await server.restart()
      expect(await postgres(server.url, `SELECT * FROM ${server.namespace}.kept`)).toContainEqual({ word: leave })
    }
  })

  it('does not respond while it is paused, on existing connections too, and then handles everything', async () => {
    const client = new pg.Client(server.url)
    await client.connect()
    await server.pause()
    const existing = client.query('SELECT 1 AS one')
    const fresh = postgres(server.url, 'SELECT 2 AS two')
    expect(await settles(Promise.race([existing, fresh]))).toBe(false)
    await server.resume()
    expect((await existing).rows).toEqual([{ one: 1 }])
    expect(await fresh).toEqual([{ two: 2 }])
    await client.end()
  })

  it('lets a client finish while it stops, and disconnects one that stays', async () => {
    const errors: unknown[] = []
    const connect = async () => {
      const client = new pg.Client(server.url)
      client.on('error', (error) => errors.push(error))
      await client.connect()
      return client
    }
    const leaving = await connect()
    const stopped = server.stop()
    expect((await leaving.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await leaving.end()
    await stopped
    expect(errors).toEqual([])
    await server.restart()
    await connect()
    await server.restart()
    expect(errors[0]).toMatchObject({ code: '57P01' })
  })

  it('leaves no directory and no shared memory after kill and close', async () => {
    vi.stubEnv('TMPDIR', await mkdtemp(join(tmpdir(), 'sojourn-own-')))
    await chmod(tmpdir(), 0o755)
    const crashed = (await startPostgres({ own: true })) as OwnServer
    const { pid } = crashed
    await crashed.kill()
    await crashed.close()
    await crashed.close()
    expect(await readdir(tmpdir())).toEqual([])
    expect(await sharedMemoryOf(pid!)).toEqual([])
    await rm(tmpdir(), { recursive: true })
  })
})

/** The System V segments that a process has made, where the system tells. */
async function sharedMemoryOf(pid: number): Promise<string[]> {
  const segments = await readFile('/proc/sysvipc/shm', 'utf8').catch(() => '')
  return segments.split('\n').filter((line) => line.trim().split(/\s+/)[4] === `${pid}`)
}

describe('existing server named by the environment', () => {
  it('is used with a new namespace each time, and not stopped', async () => {
    vi.stubEnv('REDIS_URL', 'rediss://user:secret@redis.example.test/3')
    vi.stubEnv('POSTGRES_URL', 'postgres://user:secret@postgres.example.test:6543/database')
    vi.stubEnv('REDIS_CLUSTER_URLS', 'redis://one.example.test:7000, redis://two.example.test:7001')
    const lent = [await startRedis(), await startPostgres(), await startRedisCluster(), await startRedis()]
    expect(lent).toMatchObject([
      { available: true, url: process.env.REDIS_URL, host: 'redis.example.test', port: 6379 },
      { available: true, url: process.env.POSTGRES_URL, host: 'postgres.example.test', port: 6543 },
      { available: true, urls: ['redis://one.example.test:7000', 'redis://two.example.test:7001'] },
      { available: true },
    ])
    const namespaces = lent.map((server) => server.available && server.namespace)
    expect(new Set(namespaces).size).toBe(4)
    for (const namespace of namespaces) expect(namespace).toMatch(/^[a-z][a-z0-9_]{1,40}$/)
    for (const server of lent) if (server.available) await server.close()
  })

  it('is ignored if the test needs its own server', async () => {
    vi.stubEnv('REDIS_URL', 'redis://redis.example.test')
    const own = await startRedis({ own: true })
    expect(own).not.toMatchObject({ url: process.env.REDIS_URL })
    if (own.available) await own.close()
  })
})

describe('withServer', () => {
  const recorder = () => {
    const told: string[] = []
    const skip = (name: string) => void told.push(`skip ${name}`)
    const group = (name: string, body: () => void) => {
      told.push(name)
      body()
    }
    return { told, runner: { describe: group, it: { skip }, afterAll: (body: () => Promise<void>) => void body() } }
  }

  it('is one skipped test that says why, where there is no server', () => {
    const { told, runner } = recorder()
    const none: Unavailable = { available: false, reason: 'no redis-server here' }
    withServer(runner, 'a store', none, () => told.push('ran'))
    expect(told).toEqual(['a store', 'skip no redis-server here'])
  })

  it('is given the server, which is closed after it', () => {
    const { told, runner } = recorder()
    const server = { available: true as const, close: async () => void told.push('closed') }
    withServer(runner, 'a store', server, (given) => told.push(given === server ? 'ran' : 'ran on another'))
    expect(told.sort()).toEqual(['a store', 'closed', 'ran'])
  })
})

describe('when the process that started servers is gone', () => {
  const missing = [redisServer, postgresServer].find((server) => !server.available)
  if (missing && !missing.available) return void it.skip(missing.reason, () => {})
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sojourn-orphans-'))
    await chmod(directory, 0o755) // a Postgres may run as another user
    const entry = fileURLToPath(new URL('../src/servers.ts', import.meta.url))
    await build({
      entry: [entry],
      outDir: directory,
      format: ['esm'],
      outExtension: () => ({ js: '.mjs' }),
      config: false,
      silent: true,
    })
  })

  afterAll(() => rm(directory, { recursive: true }))

  /** A process that starts servers, in a process group and with a temporary folder of its own, and then does as it is told. */
  async function parent(name: string, starts: string, { before = '', after = '' }) {
    const temporary = await mkdtemp(join(directory, `${name}-`))
    await chmod(temporary, 0o755)
    const lines = [
      `import { startPostgres, startRedis } from './servers.mjs'`,
      `const started = await Promise.all([${starts}].map((start) => start({ own: true })))`,
      `const servers = started.filter((server) => server.available)`,
      before,
      `console.log(JSON.stringify(servers.map(({ pid }) => pid)))`,
      after,
    ]
    await writeFile(join(directory, `${name}.mjs`), lines.join('\n'))
    const child = spawn(process.execPath, [join(directory, `${name}.mjs`)], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    const [line] = await once(child.stdout, 'data')
    const pids = (JSON.parse(`${line}`) as number[]).flatMap(withDescendants)
    return { child, pids, temporary }
  }

  const both = 'startRedis, startPostgres'
  const after = 'setInterval(() => {}, 1000)' // or it would end by itself
  const pause = 'for (const server of servers) await server.pause()'
  const kill = (child: ChildProcess) => void child.kill('SIGKILL')
  const interrupt = (child: ChildProcess) => void process.kill(-child.pid!, 'SIGINT')
  const cases = [
    { way: 'was killed', starts: both, does: { after }, end: kill },
    { way: 'was killed while they were paused', starts: both, does: { before: pause, after }, end: kill },
    { way: 'was interrupted in its terminal', starts: 'startRedis', does: { after }, end: interrupt },
    { way: 'threw', starts: 'startRedis', does: { after: 'throw new Error("on purpose")' } },
    { way: 'left by process.exit', starts: 'startRedis', does: { after: 'process.exit()' } },
    { way: 'had no more to do', starts: 'startRedis', does: {} },
  ]
  for (const { way, starts, does, end } of cases) {
    it.concurrent(`because it ${way}, no server and no directory is left`, async ({ onTestFinished }) => {
      const { child, pids, temporary } = await parent(way.replaceAll(/\W/g, '-'), starts, does)
      onTestFinished(() => void child.kill('SIGKILL'))
      end?.(child)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await until(
        async () => pids.every(isGone) && (await readdir(temporary)).length === 0,
        () => `still there: ${pids.filter((pid) => !isGone(pid))}`,
      )
      expect((await Promise.all(pids.map(sharedMemoryOf))).flat()).toEqual([])
    })
  }
})

/** Whether no process has this id; one that only waits for its exit to be noticed counts as gone. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform === 'linux' && / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

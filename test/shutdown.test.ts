import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type OwnServer, startPostgres, startRedis, withServer } from '@sojourn/session-testing/servers'
import { transform } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './workspace-copy'

// Where `express` and `redis` resolve as in a user's project.
const folder = join(root, 'apps/soak/test/.shutdown')

/** What the test is told: which requests have come, and that the signal has. */
const REPORTS = `
server.on('request', ({ url }) => process.send(url))
server.on('listening', () => process.send('listening'))
process.once('SIGTERM', () => process.send('SIGTERM'))
process.channel.unref()
`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

/** The first TypeScript of a page. */
const firstBlock = async (page: string) =>
  (await readFile(join(root, page), 'utf8')).split('```ts\n')[1]!.split('```')[0]!

/** The server of docs/production.md, whose store is in Redis. */
const onRedis = () => firstBlock('docs/production.md')

/** The same with the store of the README of session-postgres, from its first line to its last. */
async function onPostgres(): Promise<string> {
  const isOfRedis = /^import .*redis.*\n|^const client = [\s\S]*?^}\)\n|^import { createSessionManager.*\n/gm
  const server = (await onRedis()).replace(isOfRedis, '')
  const [setup, ending] = (await firstBlock('packages/postgres/README.md')).split(/^.*docs\/production.md\n/m)
  const [, close] = ending!.split('await sessions.close()\n')
  return `${setup}${server.replace(/^ *await client.close\(\).*\n/m, () => close!)}`
}

/** Runs a server in a process of its own. */
async function startServer(code: string, url: string, port: number): Promise<ChildProcess> {
  const module = await transform(code + REPORTS, { loader: 'ts', format: 'esm' })
  await writeFile(join(folder, 'server.mjs'), module.code)
  const env = {
    ...process.env,
    PORT: `${port}`,
    REDIS_URL: url,
    DATABASE_URL: url,
    SESSION_SECRET: 'a secret of 32 bytes for shutting down',
  }
  const child = fork(join(folder, 'server.mjs'), { env })
  await reported(child, 'listening', 1)
  return child
}

/** Resolves when the server has reported `message` so many times. */
function reported(child: ChildProcess, message: string, times: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (each) => {
      if (each === message && --times === 0) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
}

beforeAll(() => mkdir(folder, { recursive: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

withServer({ describe, it, afterAll }, 'the server of docs/production.md', await startRedis({ own: true }), (redis) =>
  endsInOrder(redis, onRedis),
)

const postgres = await startPostgres({ own: true })
withServer({ describe, it, afterAll }, 'the server of docs/production.md on Postgres', postgres, (server) =>
  endsInOrder(server, onPostgres),
)

function endsInOrder(store: OwnServer, codeOf: () => Promise<string>): void {
  it('answers every request that is under way at SIGTERM, stores its write, and ends by itself', async () => {
    const port = await freePort()
    const child = await startServer(await codeOf(), store.url, port)
    const post = (cookie = '') =>
      fetch(`http://127.0.0.1:${port}/count`, { method: 'POST', headers: { cookie, connection: 'close' } })
    const first = await Promise.all(Array.from({ length: 50 }, () => post()))
    const cookies = first.map(({ headers }) => headers.getSetCookie()[0]!.split(';')[0]!)
    expect(await Promise.all(first.map((response) => response.json()))).toEqual(Array(50).fill(1))
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200)

    // The store holds the requests until the signal has come.
    await store.pause()
    const come = reported(child, '/count', 50)
    const responses = cookies.map((cookie) => post(cookie))
    await come
    const signalled = reported(child, 'SIGTERM', 1)
    child.kill('SIGTERM')
    await signalled
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    const ended = once(child, 'exit')
    await store.resume()
    const second = await Promise.all(responses)
    expect(second.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(await ended).toEqual([0, null])

    const next = await startServer(await codeOf(), store.url, port)
    const third = await Promise.all(cookies.map(async (cookie) => (await post(cookie)).json()))
    expect(third).toEqual(Array(50).fill(3))
    next.kill('SIGTERM')
    expect(await once(next, 'exit')).toEqual([0, null])
  })

  it('is not ready while the store does not answer, and lives', async () => {
    const port = await freePort()
    const child = await startServer(await codeOf(), store.url, port)
    const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    await store.pause()
    expect([await statusOf('/ready'), await statusOf('/live')]).toEqual([503, 200])
    await store.resume()
    expect(await statusOf('/ready')).toBe(200)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
}

import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './packages.mjs'

const run = promisify(execFile)

/**
 * What tests find outside the repository, as one variable that turbo.json puts into the cache key: the versions of Node,
 * of the servers and of the programs that tests start. `packages/testing` has to be built.
 */
export async function testEnvironment() {
  const servers = await import('../packages/testing/dist/servers.js')
  const found = await Promise.all([
    ['node', process.version],
    version('redis', process.env.REDIS_URL ? lentRedis() : servers.findRedisServer()),
    version('valkey', servers.findValkey()),
    version('postgres', process.env.POSTGRES_URL ? lentPostgres() : servers.findPostgres()),
    version('pgbouncer', servers.findPgBouncer()),
    version('chromium', servers.findChromium()),
    version('curl', programVersion('curl')),
  ])
  return { SOJOURN_TEST_ENVIRONMENT: found.map((pair) => pair.join(' ')).join(', ') }
}

const version = async (name, answer) => [name, (await answer).version ?? 'missing']

async function programVersion(path) {
  const { stdout } = await run(path, ['--version']).catch(() => ({ stdout: '' }))
  return { version: /\d+(\.\d+)+/.exec(stdout)?.[0] }
}

/** A driver as the package that starts servers has it: the workspace's root depends on none. */
const driver = createRequire(join(root, 'packages/testing/package.json'))

async function lentRedis() {
  const client = await driver('redis').createClient({ url: process.env.REDIS_URL }).connect()
  const info = await client.info('server')
  client.destroy()
  return { version: /_version:(.*)/.exec(info)?.[1].trim() }
}

async function lentPostgres() {
  const client = new (driver('pg').Client)({ connectionString: process.env.POSTGRES_URL })
  await client.connect()
  const { rows } = await client.query('SHOW server_version')
  await client.end()
  return { version: rows[0].server_version }
}

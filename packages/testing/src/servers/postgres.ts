import { chown, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from './command'
import { existingServer } from './existing-server'
import { onFreePort, startOwn } from './own-server'
import { findPostgres, type Program } from './program'
import { postgresAccepts } from './protocol'
import type { AnyServerOptions, LaunchOptions, OwnServer, OwnServerOptions, Server } from './server'
import { type Unavailable, unavailable } from './unavailable'
import { user, withinReach } from './unprivileged'

/**
 * A Postgres for tests: the one that `POSTGRES_URL` names, else one of its own, from a `postgres` that is on PATH, in
 * /usr/lib/postgresql, or fetched (see {@link findPostgres}). An own one has the superuser `postgres` without a
 * password and the database `postgres`. The schema of the name `namespace` is for the tests to create. Otherwise like
 * {@link startRedis}: never rejects, and is best awaited at the top of a test file.
 * @example
 * withServer({ describe, it, afterAll }, 'in Postgres', await startPostgres(), ({ url }) => { … })
 */
export function startPostgres(options: OwnServerOptions): Promise<OwnServer | Unavailable>
export function startPostgres(options?: AnyServerOptions): Promise<Server | Unavailable>
export async function startPostgres(options: AnyServerOptions | OwnServerOptions = {}): Promise<Server | Unavailable> {
  const existing = options.own ? undefined : existingServer('POSTGRES_URL', 5432)
  if (existing) return existing
  const program = await findPostgres()
  if (!program.available) return options.own ? program : unavailable(`${program.reason}, or set POSTGRES_URL`)
  try {
    return await onFreePort((port) => launchPostgres(program, port, options.own ? options : {}))
  } catch (error) {
    return unavailable(`Postgres does not start: ${(error as Error).message}`)
  }
}

function launchPostgres(found: Program, port: number, { durable, settings }: LaunchOptions): Promise<OwnServer> {
  const address = { name: 'postgres', port, url: `postgres://postgres@127.0.0.1:${port}/postgres` }
  return startOwn(address, async (directory) => {
    if (user) await chown(directory, user.uid, user.gid)
    const program = await withinReach(found, directory)
    const data = join(directory, 'data')
    const all = { ...place(port), ...(durable ? {} : careless), ...settings }
    await initialise(program, data, directory)
    return {
      program: program.path,
      args: ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      env: { ...program.env, LC_ALL: 'C' },
      user,
      // Its "smart" shutdown lets clients that are leaving leave, where "fast" would send them an error on their way out.
      stopSignals: ['SIGTERM', 'SIGINT'],
      abortSignal: 'QUIT', // its "immediate" one, which takes its children along
      sweep: () => removeSegment(data),
      answers: async (pid) => (await hasStarted(data, pid)) && (await postgresAccepts(port)),
    }
  })
}

const place = (port: number) => ({
  port: `${port}`,
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'GMT', // the one zone that needs no files of the machine
  log_timezone: 'GMT',
  dynamic_shared_memory_type: 'mmap', // in the data directory, where a crash leaves nothing behind
  shared_buffers: '32MB',
  jit: 'off', // its library is not among what is fetched
})

/** Commits still reach the kernel before they are acknowledged, so that a kill takes nothing. */
const careless = { fsync: 'off', full_page_writes: 'off' }

async function initialise(program: Program, data: string, directory: string): Promise<void> {
  const options = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const env = { ...program.env, LC_ALL: 'C', TZ: 'GMT' }
  await run(join(dirname(program.path), 'initdb'), options, { env, user, cwd: directory, timeout: 60_000 })
}

/** A killed Postgres leaves a few bytes of shared memory with the kernel, which the next start in its directory would remove. */
async function removeSegment(data: string): Promise<void> {
  const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const [, id] = file.split('\n')[6]?.trim().split(/\s+/) ?? []
  if (id) await run('ipcrm', ['-m', id], { timeout: 10_000 }).catch(() => {}) // best effort: 56 bytes
}

/** Told by the file that a Postgres keeps in its data directory: another one may have been faster to take the port. */
async function hasStarted(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
  return lines[0] === `${pid}` && lines[7]?.trim() === 'ready'
}

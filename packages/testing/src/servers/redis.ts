import { existingServer } from './existing-server'
import { onFreePort, startOwn } from './own-server'
import { findRedisServer, type Program } from './program'
import { redisCommand } from './protocol'
import type { AnyServerOptions, LaunchOptions, OwnRedisOptions, OwnServer, Server } from './server'
import { type Unavailable, unavailable } from './unavailable'

/**
 * A Redis for tests: the one that `REDIS_URL` names, else one of its own, from a `redis-server` that is on PATH or
 * fetched (see {@link findRedisServer}). Never rejects: where there is none to be had, the answer says why.
 *
 * Await it at the top of a test file, outside hooks: the first start on a machine may have to fetch, which is bounded
 * by 90 seconds, and what follows from the answer, running or skipping, has to be known when tests are collected.
 * @example
 * withServer({ describe, it, afterAll }, 'in Redis', await startRedis(), ({ url }) => { … })
 */
export function startRedis(options: OwnRedisOptions): Promise<OwnServer | Unavailable>
export function startRedis(options?: AnyServerOptions): Promise<Server | Unavailable>
export async function startRedis(options: AnyServerOptions | OwnRedisOptions = {}): Promise<Server | Unavailable> {
  const existing = options.own ? undefined : existingServer('REDIS_URL', 6379)
  if (existing) return existing
  const program = await ((options.own && options.program) || findRedisServer())
  if (!program.available) return options.own ? program : unavailable(`${program.reason}, or set REDIS_URL`)
  try {
    return await onFreePort((port) => launchRedis(program, port, options.own ? options : {}))
  } catch (error) {
    return unavailable(`Redis does not start: ${(error as Error).message}`)
  }
}

/** Starts one server. Rejects where it does not come up, and leaves nothing behind then. */
export function launchRedis(program: Program, port: number, { durable, settings }: LaunchOptions): Promise<OwnServer> {
  return startOwn({ name: 'redis', port, url: `redis://127.0.0.1:${port}` }, async (directory) => {
    const place = { port: `${port}`, bind: '127.0.0.1', dir: directory, loglevel: 'warning' }
    const keeping = { save: '', appendonly: durable ? 'yes' : 'no', appendfsync: 'always' }
    return {
      program: program.path,
      args: Object.entries({ ...place, ...keeping, ...settings }).flatMap(([name, value]) => [`--${name}`, value]),
      env: program.env,
      stopSignals: ['SIGTERM'],
      abortSignal: 'KILL',
      answers: (pid) => hasStarted(port, pid),
    }
  })
}

/** Told by its process id: another Redis may have been faster to take the port. One that still loads its data answers nothing but INFO. */
async function hasStarted(port: number, pid: number): Promise<boolean> {
  const info = await redisCommand(port, 'INFO')
  return info.includes(`\nprocess_id:${pid}\r`) && info.includes('\nloading:0\r')
}

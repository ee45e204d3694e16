import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onFreePort, startOwn } from './own-server'
import { findPgBouncer, type Program } from './program'
import { postgresAccepts } from './protocol'
import type { OwnServer } from './server'
import { type Unavailable, unavailable } from './unavailable'
import { user, withinReach } from './unprivileged'

/** How a PgBouncer is started. */
export interface PgBouncerOptions {
  /**
   * How many connections it has to the server, for all its clients together.
   * @default 3
   */
  poolSize?: number
}

/**
 * A PgBouncer in transaction mode before a Postgres of one's own: a client's next statement may find itself on another
 * connection to the server. Otherwise like `startPostgres`: never rejects, and is best awaited at the top of a test file.
 * @example
 * const pgBouncer = await startPgBouncer(await startPostgres({ own: true }))
 */
export async function startPgBouncer(
  postgres: OwnServer | Unavailable,
  { poolSize = 3 }: PgBouncerOptions = {},
): Promise<OwnServer | Unavailable> {
  if (!postgres.available) return postgres
  const program = await findPgBouncer()
  if (!program.available) return program
  try {
    return await onFreePort((port) => launch(program, port, postgres, poolSize))
  } catch (error) {
    return unavailable(`PgBouncer does not start: ${(error as Error).message}`)
  }
}

function launch(found: Program, port: number, postgres: OwnServer, poolSize: number): Promise<OwnServer> {
  const address = { name: 'pgbouncer', port, url: `postgres://postgres@127.0.0.1:${port}/postgres` }
  return startOwn(address, async (directory) => {
    const [settings, users] = [join(directory, 'pgbouncer.ini'), join(directory, 'users.txt')]
    await writeFile(users, '"postgres" ""\n')
    await writeFile(
      settings,
      `[databases]
postgres = host=127.0.0.1 port=${postgres.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
ignore_startup_parameters = options,extra_float_digits
`,
    )
    if (user) for (const path of [directory, settings, users]) await chown(path, user.uid, user.gid)
    const program = await withinReach(found, directory)
    return {
      program: program.path,
      args: [settings],
      env: program.env,
      user,
      stopSignals: ['SIGTERM'],
      abortSignal: 'KILL',
      answers: () => postgresAccepts(port),
    }
  })
}

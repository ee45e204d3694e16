import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Certificate,
  findRedisServer,
  freePort,
  type OwnServer,
  startRedis,
  type Unavailable,
} from '@sojourn/session-testing/servers'
import { credentials, secure } from './secure-redis'

/** A Sentinel that monitors one master under the name `sessions`. */
export interface Sentinel {
  readonly available: true
  readonly port: number
  readonly namespace: string
  close(): Promise<void>
}

/** The Sentinel stops with the process that started it, because the input of the shell closes then. */
const script = '"$0" "$1" --sentinel & cat > /dev/null; kill $!; wait'

/** With a certificate, Sentinel and its master use TLS on their ports for clients and require {@link credentials}. */
export async function startSentinel(certificate?: Certificate): Promise<Sentinel | Unavailable> {
  const [program, master] = await Promise.all([findRedisServer(), startRedis({ own: true })])
  if (!program.available) return program
  if (!master.available) return master
  const directory = await mkdtemp(join(tmpdir(), 'sojourn-sentinel-'))
  const port = await freePort()
  const config = join(directory, 'sentinel.conf')
  const masterPort = certificate ? await secure(master as OwnServer, certificate) : master.port
  const lines = ['bind 127.0.0.1', `sentinel monitor sessions 127.0.0.1 ${masterPort} 1`]
  await writeFile(config, [...lines, ...(certificate ? tlsLines(port, certificate) : [`port ${port}`])].join('\n'))
  const shell = spawn('/bin/sh', ['-c', script, program.path, config], { env: program.env, cwd: directory })
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()))
  const close = async () => {
    shell.stdin.end()
    await ended
    await Promise.all([rm(directory, { recursive: true }), (master as OwnServer).close()])
  }
  const monitors = new Promise<true>((resolve) => {
    shell.stdout.on('data', (log) => String(log).includes('+monitor') && resolve(true))
  })
  if (await Promise.race([monitors, ended])) return { available: true, port, namespace: master.namespace, close }
  await close()
  return { available: false, reason: 'redis-server --sentinel did not start' }
}

function tlsLines(port: number, { certFile, keyFile }: Certificate): string[] {
  const { username, password } = credentials
  return [
    ...['port 0', `tls-port ${port}`, `tls-cert-file ${certFile}`, `tls-key-file ${keyFile}`],
    ...[`tls-ca-cert-file ${certFile}`, 'tls-auth-clients no', 'tls-replication yes'],
    ...[`sentinel auth-user sessions ${username}`, `sentinel auth-pass sessions "${password}"`],
    ...[`user ${username} on ">${password}" ~* &* +@all`, 'user default off'],
  ]
}

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedisServer, type OwnServer, startRedis, type Unavailable } from '@sojourn/session-testing/servers'

/** A Sentinel that monitors one master under the name `sessions`. */
export interface Sentinel {
  readonly available: true
  readonly port: number
  readonly namespace: string
  close(): Promise<void>
}

/** The Sentinel stops with the process that started it, because the input of the shell closes then. */
const script = '"$0" "$1" --sentinel & cat > /dev/null; kill $!; wait'

export async function startSentinel(): Promise<Sentinel | Unavailable> {
  const [program, master] = await Promise.all([findRedisServer(), startRedis({ own: true })])
  if (!program.available) return program
  if (!master.available) return master
  const directory = await mkdtemp(join(tmpdir(), 'sojourn-sentinel-'))
  const port = await freePort()
  const config = join(directory, 'sentinel.conf')
  await writeFile(config, `port ${port}\nbind 127.0.0.1\nsentinel monitor sessions 127.0.0.1 ${master.port} 1\n`)
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

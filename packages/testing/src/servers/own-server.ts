import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshNamespace } from './namespace'
import { freePort } from './ports'
import { startReaper } from './reaper'
import type { OwnServer } from './server'
import { type Launch, ServerProcess } from './server-process'

/** Starts a server in a temporary directory that `prepare` fills. If it does not start, removes the directory and rejects. */
export async function startOwn(
  { name, port, url }: { name: string; port: number; url: string },
  prepare: (directory: string) => Promise<Omit<Launch, 'directory'>>,
): Promise<OwnServer> {
  const directory = await mkdtemp(join(tmpdir(), `sojourn-${name}-`))
  const reaper = startReaper(directory)
  try {
    const server = new ServerProcess({ ...(await prepare(directory)), directory }, reaper)
    await server.start()
    return handle(server, port, url)
  } catch (error) {
    await reaper.close()
    throw error
  }
}

function handle(server: ServerProcess, port: number, url: string): OwnServer {
  return {
    available: true,
    url,
    host: '127.0.0.1',
    port,
    namespace: freshNamespace(),
    get pid() {
      return server.pid
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    close: () => server.close(),
  }
}

/** Starts on a free port, and tries another one, up to five times, if the port was taken. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (attempt === 5 || !/address already in use/i.test((error as Error).message)) throw error
    }
  }
}

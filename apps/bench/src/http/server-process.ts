import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Place, SessionServer } from '../servers/server'

/** What the process of a server is told when it starts. */
export interface ServerSettings {
  framework: string
  library: string
  place: Place
  /** How far its clock is behind, in milliseconds. */
  behind: number
}

/** A started server of the comparison. */
export interface RunningServer {
  port: number
  /** The processor time that it has used since its start, in µs: user and system, of all threads. */
  cpu(): Promise<number>
  stop(): Promise<void>
}

/** Starts a server, of which every message asks for its processor time. It ends with this process. */
export type StartServer = (server: SessionServer, place: Place, behind?: number) => Promise<RunningServer>

/** Starts a server in a process of its own. */
export const startProcess: StartServer = async ({ framework, library }, place, behind = 0) => {
  const settings: ServerSettings = { framework, library, place, behind }
  const child = fork(fileURLToPath(new URL('./http-server.js', import.meta.url)), [JSON.stringify(settings)], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return {
    port: await answer(child, `${library} on ${framework} did not start`),
    cpu() {
      child.send('cpu')
      return answer(child, `${library} on ${framework} has ended`)
    },
    async stop() {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function answer(child: ChildProcess, failure: string): Promise<number> {
  const ended = new AbortController()
  const onExit = () => ended.abort(new Error(failure))
  child.once('exit', onExit)
  try {
    const [number] = await once(child, 'message', { signal: ended.signal })
    return number
  } catch {
    throw new Error(failure)
  } finally {
    child.off('exit', onExit)
  }
}

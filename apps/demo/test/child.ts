import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'
import { fromSources, page } from '../tsup.config'

/** The variables that the demo reads. A developer's own values must not reach the tests. */
const demoVariables = /^(PORT|IDLE|ROLLING|ABSOLUTE|SESSION_SECRET|COOKIE_SECURE|REDIS_URL|POSTGRES_URL|PGLITE_DIR)$/

/** Builds the demo from the sources of all packages, so that no test runs against an older build. */
export async function buildDemo(): Promise<string> {
  const outDir = fileURLToPath(new URL('../.cache', import.meta.url))
  await build({ ...fromSources, config: false, outDir, silent: true })
  await buildPage(`${outDir}/page`)
  return `${outDir}/main.js`
}

/** Builds the page. */
export const buildPage = (outDir: string) => build({ ...page, config: false, outDir, silent: true })

/** A demo in its own process. */
export interface Child {
  readonly process: ChildProcess
  /** Everything it has printed so far. */
  output(): string
  /** Its addresses, by framework. */
  readonly urls: ReadonlyMap<string, string>
  /** Sends the signal and resolves to the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts the demo. Resolves when it has printed that it is ready, or has ended. */
export async function startDemo(program: string, env: Record<string, string>): Promise<Child> {
  const inherited = Object.entries(process.env).filter(([name]) => !demoVariables.test(name))
  const child = spawn(process.execPath, [program], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const ended = once(child, 'close')
  // A test that fails before it ends the demo leaves none behind.
  const stop = () => child.kill()
  process.once('exit', stop)
  ended.then(() => process.off('exit', stop))
  await new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed += chunk
        if (/^Ready.*\n/m.test(printed)) resolve()
      })
    }
    ended.then(() => resolve())
  })
  return {
    process: child,
    output: () => printed,
    urls: new Map(
      [...printed.matchAll(/(Express|Koa|Fastify): (http:\S+?\d+)/g)].map(([, name, url]) => [name!, url!]),
    ),
    async end(signal) {
      child.kill(signal)
      const [code] = await ended
      return code
    },
  }
}

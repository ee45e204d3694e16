import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from './registry'

/** Starts a program that listens on PORT, waits until it answers, and ends it after the body. */
export async function withServer(
  [program, ...args]: readonly string[],
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
  body: (port: number) => Promise<void>,
): Promise<void> {
  const port = await freePort()
  // A group of its own: yarn starts Node as a child, which has to end with it.
  const child = spawn(program!, args, {
    cwd: folder,
    env: { ...env, PORT: String(port) },
    stdio: 'pipe',
    detached: true,
  })
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  child.stderr.on('data', (chunk) => (printed += chunk))
  try {
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/me`).then(
        () => true,
        () => false,
      )
    while (!(await answers())) {
      if (child.exitCode !== null) throw new Error(`the server has ended:\n${printed}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await body(port)
  } finally {
    if (child.exitCode === null) {
      process.kill(-child.pid!, 'SIGTERM')
      await once(child, 'exit')
    }
  }
}

import { fileURLToPath } from 'node:url'
import { run } from '../../src/run'
import type { Terminal } from '../../src/terminal'

export const SECRET = 'kfJ2mPq7VxT0aWc4hZ9sLr1uNd6yBg3e'

/** What a command said, and its exit code. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** Runs a command as a user does, with this standard input. */
export async function sojourn(
  argv: readonly string[],
  given: Partial<Terminal> & { stdin?: string } = {},
): Promise<Said> {
  const out: string[] = []
  const errors: string[] = []
  const code = await run({
    argv,
    env: {},
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    isTTY: false,
    input: async () => given.stdin ?? '',
    after: () => new Promise(() => {}),
    crashed: new Promise(() => {}),
    print: (line) => out.push(line),
    complain: (line) => errors.push(line),
    ...given,
  })
  return { code, out: out.join('\n'), error: errors.join('\n') }
}

import { execFile } from 'node:child_process'
import { basename } from 'node:path'

/** How a command is run. */
export interface CommandOptions {
  cwd?: string
  /** Added to this process's environment. */
  env?: Record<string, string>
  /** Milliseconds until the command is ended. */
  timeout: number
  /** Ends the command early. */
  signal?: AbortSignal
  /** The user to run as; default: ours. */
  user?: { uid: number; gid: number } | undefined
}

/** Runs a command quietly: resolves with its output, rejects with a sentence that says what failed and the end of its error output. */
export function run(command: string, args: string[], { env, user, ...options }: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = { ...options, ...user, env: { ...process.env, ...env }, killSignal: 'SIGKILL' as const }
    execFile(command, args, settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const name = [basename(command), ...args.slice(0, 1).filter((arg) => !arg.startsWith('-'))].join(' ')
      const cause =
        error.killed || error.name === 'AbortError'
          ? 'took too long'
          : stderr.trim().split('\n').at(-1) || error.message
      reject(new Error(`${name}: ${cause}`))
    })
  })
}

/** Whether a promise resolves. */
export const succeeds = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  )

import { execFile } from 'node:child_process'

/** Runs a program to its end. Yields what it printed; rejects with that where it fails. */
export function run(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const [program, ...args] = command
  return new Promise((resolve, reject) => {
    execFile(program!, args, { cwd, env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      const printed = `${stdout}${stderr}`
      if (error) reject(new Error(`${command.join(' ')} fails in ${cwd}:\n${printed.slice(-20_000)}`))
      else resolve(printed)
    })
  })
}

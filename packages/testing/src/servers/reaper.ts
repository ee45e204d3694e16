import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Reads lines of a signal and process ids until its input ends. Then it sends the signal of the last line to its processes, frozen
 * ones too, sends SIGKILL if one is left after ten seconds, and removes the directory. It waits for every process,
 * because the last process of a server cleans up after the others.
 */
const script = `
last=
while read -r line; do last=$line; done
if [ -n "$last" ]; then
  kill -$last
  kill -CONT \${last#* }
  tries=0
  for pid in \${last#* }; do
    while kill -0 $pid && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  done
  kill -KILL \${last#* }
fi
rm -rf -- "$1"
`

/** Ends a server if the process that started it ends. */
export interface Reaper {
  /** Sets the processes to end, and the signal. */
  watch(pids: number[], signal: 'KILL' | 'QUIT'): void
  /** Clears the processes after they have ended. */
  forget(): void
  /** Ends the watched processes now. Resolves once they are gone and the directory is removed. */
  close(): Promise<void>
}

/**
 * Starts a shell that waits on a pipe from this process. The kernel closes the pipe when this process ends, by SIGKILL too,
 * when no handler of this process runs. A parent-death signal would need Linux, and would not remove the directory.
 * The shell has its own process group, so that Ctrl-C in a terminal does not end it first.
 */
export function startReaper(directory: string): Reaper {
  const shell = spawn('/bin/sh', ['-c', script, 'reaper', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    detached: true,
  })
  shell.stdin.on('error', () => {}) // the shell was killed: there is nothing to report to it
  shell.unref()
  ;(shell.stdin as unknown as { unref(): void }).unref()
  return {
    watch: (pids, signal) => void shell.stdin.write(`${signal} ${pids.join(' ')}\n`),
    forget: () => void shell.stdin.write('\n'),
    async close() {
      if (shell.exitCode !== null || shell.signalCode !== null) return
      shell.ref()
      const exited = once(shell, 'exit')
      shell.stdin.end()
      await exited
    },
  }
}

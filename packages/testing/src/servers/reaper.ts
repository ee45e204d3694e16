import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Reads lines of a signal and process ids, the last line counts, until its input ends; then ends those processes, frozen
 * ones too, with SIGKILL if one is there after ten seconds, and removes the directory. The last of a server's processes to
 * go is the one that cleans up behind the others, so each is waited for.
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

/** Sees to it that a server does not outlive the process that started it. */
export interface Reaper {
  /** Names the processes to end, and the signal for it. */
  watch(pids: number[], signal: 'KILL' | 'QUIT'): void
  /** Tells that they have ended. */
  forget(): void
  /** Lets the reaper do its work now: resolves once the watched processes are gone and the directory removed. */
  close(): Promise<void>
}

/**
 * A shell that waits on a pipe from this process. The kernel closes the pipe when this process ends, by SIGKILL too,
 * where no handler of ours would run; a parent-death signal would need Linux, and would leave the directory behind.
 * It lives in a process group of its own, so that Ctrl-C in a terminal does not end it before its work is done.
 */
export function startReaper(directory: string): Reaper {
  const shell = spawn('/bin/sh', ['-c', script, 'reaper', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    detached: true,
  })
  shell.stdin.on('error', () => {}) // it was ended by somebody: nothing to tell it
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

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** The ids of a process and all its descendants, parents before children. */
export function withDescendants(pid: number): number[] {
  const parents = process.platform === 'linux' ? parentsFromProc() : parentsFromPs()
  const family = [pid]
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child)
  return family
}

/** Sends a signal to each process that is still there. */
export function signalEach(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function parentsFromProc(): [pid: number, parent: number][] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        // "pid (name) state parent …", and the name may hold anything, brackets too.
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
        return [
          [
            Number(pid),
            Number(
              stat
                .slice(stat.lastIndexOf(')') + 1)
                .trim()
                .split(' ')[1],
            ),
          ],
        ]
      } catch {
        return [] // the process has ended
      }
    })
}

function parentsFromPs(): [pid: number, parent: number][] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
}

import type { Request } from '../arguments'
import { messageOf, type Sessions, unreachable } from '../configuration'
import { paintFor, type Terminal } from '../terminal'
import { json } from './output'

/** `sojourn check`: whether the store answers and is set up for sessions. Exit code 1 if there is a problem. */
export async function check(sessions: Sessions, { options }: Request, terminal: Terminal): Promise<number> {
  const { cause, ...found } = await sessions.check()
  const code = found.problems.length === 0 ? 0 : 1
  if (options.json) {
    terminal.print(json({ ...found, ...(cause !== undefined && { cause: messageOf(cause) }) }))
    return code
  }
  if (!found.reachable) throw unreachable(cause)
  const paint = paintFor(terminal)
  terminal.print(`${paint('green', 'ok')}       the store answers, in ${Math.round(found.ms)} ms`)
  if (found.clockAhead !== undefined)
    terminal.print(`${paint('dim', 'clock')}    the server's is ${found.clockAhead} ms ahead`)
  for (const fact of found.facts) terminal.print(`${paint('green', 'ok')}       ${fact}`)
  for (const problem of found.problems) terminal.print(`${paint('red', 'problem')}  ${problem}`)
  return code
}

import type { StoreCheck } from '@sojourn/session-core'
import type { Request } from '../arguments'
import { messageOf, type Sessions, unreachable } from '../configuration'
import { type Paint, paintFor, type Terminal } from '../terminal'
import type { Answer } from './output'

/** `sojourn check`: whether the store answers and is set up for sessions. Exit code 1 if there is a problem. */
export async function check(sessions: Sessions, { options }: Request, terminal: Terminal): Promise<Answer> {
  const { cause, ...found } = await sessions.check()
  if (!found.reachable && !options.json) throw unreachable(cause)
  return {
    value: { ...found, ...(cause !== undefined && { cause: messageOf(cause) }) },
    lines: linesOf(found, paintFor(terminal)),
    code: found.problems.length === 0 ? 0 : 1,
  }
}

function* linesOf({ ms, clockAhead, facts, problems }: Omit<StoreCheck, 'cause'>, paint: Paint): Generator<string> {
  yield `${paint('green', 'ok')}       the store answers, in ${Math.round(ms)} ms`
  if (clockAhead !== undefined) yield `${paint('dim', 'clock')}    the server's is ${clockAhead} ms ahead`
  for (const fact of facts) yield `${paint('green', 'ok')}       ${fact}`
  for (const problem of problems) yield `${paint('red', 'problem')}  ${problem}`
}

import { randomUUID } from 'node:crypto'
import type { Request } from '../arguments'
import type { Sessions } from '../configuration'
import { CliError, wrongUse } from '../terminal'
import { opened } from './opened'
import type { Answer } from './output'

/** `sojourn revoke`: the only command that writes. The exit code is 1 if no live session has the id, and 0 for a subject without sessions. */
export async function revoke(sessions: Sessions, { operands, options }: Request): Promise<Answer> {
  const [name, ...more] = operands
  const { all, subject } = options
  if (name === undefined || more.length > 0) throw wrongUse('revoke takes one id, or --all and one subject')
  // What does not open is of another secret: the command may be for another application, and writes nothing.
  const isStored = sessions.describe().store !== 'cookie'
  if (all) {
    if (subject !== undefined) throw wrongUse('revoke --all takes the subject without --subject')
    if (isStored) await opened(sessions, () => sessions.list(name))
    const count = (await sessions.revokeAll(name)) as number | undefined
    return answer(count, count === undefined ? 'All sessions of this subject have ended.' : counted(count))
  }
  // With a subject that no session has, revoke only reads.
  if (isStored) await opened(sessions, () => sessions.revoke(name, { subject: randomUUID() }))
  const ended = await sessions.revoke(name, ...(subject === undefined ? [] : [{ subject }]))
  if (ended === false) throw new CliError('There is no live session with this id; see: sojourn list <subject>')
  return answer(ended ? 1 : undefined, 'The session has ended.')
}

/** `ended`: how many sessions; null in JSON if no one can count them, because they live in cookies. */
const answer = (ended: number | undefined, line: string): Answer => ({
  value: { ended: ended ?? null },
  lines: [line],
  code: 0,
})

const counted = (count: number) => (count === 1 ? '1 session has ended.' : `${count} sessions have ended.`)

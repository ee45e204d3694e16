import { randomUUID } from 'node:crypto'
import type { Request } from '../arguments'
import type { Sessions } from '../configuration'
import { CliError, type Terminal, wrongUse } from '../terminal'
import { opened } from './opened'

/** `sojourn revoke`: the only command that writes. */
export async function revoke(sessions: Sessions, { operands, options }: Request, terminal: Terminal): Promise<number> {
  const [name, ...more] = operands
  const { all, subject } = options
  if (name === undefined || more.length > 0) throw wrongUse('revoke takes one id, or --all and one subject')
  // What does not open is of another secret: the command may be for another application, and writes nothing.
  const isStored = sessions.describe().store !== 'cookie'
  if (all) {
    if (subject !== undefined) throw wrongUse('revoke --all takes the subject without --subject')
    if (isStored) await opened(sessions, () => sessions.list(name))
    const count = (await sessions.revokeAll(name)) as number | undefined
    terminal.print(count === undefined ? 'All sessions of this subject have ended.' : `${count} sessions have ended.`)
    return 0
  }
  // With a subject that no session has, revoke only reads.
  if (isStored) await opened(sessions, () => sessions.revoke(name, { subject: randomUUID() }))
  const ended = await sessions.revoke(name, ...(subject === undefined ? [] : [{ subject }]))
  if (ended === false) throw new CliError('There is no live session with this id; see: sojourn list <subject>')
  terminal.print('The session has ended.')
  return 0
}

import type { SessionSummary } from '@sojourn/session-core'
import type { Request } from '../arguments'
import type { Sessions } from '../configuration'
import { type Terminal, wrongUse } from '../terminal'
import { opened } from './opened'
import { json, sessionLine } from './output'

const PAGE = 100

/** `sojourn list <subject>`: the live sessions of a subject. */
export async function list(sessions: Sessions, { operands, options }: Request, terminal: Terminal): Promise<number> {
  const [subject, ...more] = operands
  if (subject === undefined || more.length > 0) throw wrongUse('list takes one subject')
  const found = await opened(sessions, () => all(sessions, subject))
  if (options.json) terminal.print(json(found))
  else if (found.length === 0) terminal.print('This subject has no live session in this application.')
  else for (const each of found) terminal.print(sessionLine(each))
  return 0
}

async function all(sessions: Sessions, subject: string): Promise<SessionSummary[]> {
  const found: SessionSummary[] = []
  for (let page: SessionSummary[]; ; ) {
    const after = found.at(-1)?.id
    page = await sessions.list(subject, { limit: PAGE, ...(after !== undefined && { after }) })
    found.push(...page)
    if (page.length < PAGE) return found
  }
}

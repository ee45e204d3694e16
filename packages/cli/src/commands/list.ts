import type { SessionSummary } from '@sojourn/session-core'
import type { Request } from '../arguments'
import type { Sessions } from '../configuration'
import { wrongUse } from '../terminal'
import { opened } from './opened'
import { type Answer, sessionLine } from './output'

const PAGE = 100

/** `sojourn list <subject>`: the live sessions of a subject. The exit code is 0, also if there are none. */
export async function list(sessions: Sessions, { operands }: Request): Promise<Answer> {
  const [subject, ...more] = operands
  if (subject === undefined || more.length > 0) throw wrongUse('list takes one subject')
  const found = await opened(sessions, () => all(sessions, subject))
  const none = 'This subject has no live session in this application.'
  return { value: found, lines: found.length === 0 ? [none] : found.map(sessionLine), code: 0 }
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

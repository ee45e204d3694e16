import type { Request } from '../arguments'
import { auditMarkdown, audit as auditOf } from '../audit/audit'
import type { Sessions } from '../configuration'
import type { Terminal } from '../terminal'
import { json } from './output'

/** `sojourn audit`: the page for an auditor. */
export async function audit(sessions: Sessions, { options }: Request, terminal: Terminal): Promise<number> {
  const report = auditOf(sessions.describe())
  terminal.print(options.json ? json(report) : auditMarkdown(report))
  return 0
}

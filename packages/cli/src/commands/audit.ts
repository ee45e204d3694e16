import { auditMarkdown, audit as auditOf } from '../audit/audit'
import type { Sessions } from '../configuration'
import type { Answer } from './output'

/** `sojourn audit`: the page for an auditor. The exit code is 0, also if requirements are not met. */
export async function audit(sessions: Sessions): Promise<Answer> {
  const report = auditOf(sessions.describe())
  return { value: report, lines: [auditMarkdown(report)], code: 0 }
}

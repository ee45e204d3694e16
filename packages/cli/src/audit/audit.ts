import type { SessionPolicy } from '@sojourn/session-core'
import { ASVS_V3 } from './asvs-v3'
import { ASVS_V7 } from './asvs-v7'
import { NIST } from './nist'
import type { Standard, Verdict } from './requirement'

/** One requirement, and how the configuration stands to it. */
export interface AuditedRequirement {
  /** Whose requirement it is. */
  readonly standard: Standard
  /** The number in the standard: `7.3.1`. NIST's limits have a name: `AAL2 overall`. */
  readonly id: string
  /** Of ASVS: from 1 to 3. Undefined for NIST. */
  readonly level: number | undefined
  /** What it asks, in our own words. */
  readonly asks: string
  /** Whether the configuration meets it, or leaves it to the application. */
  readonly verdict: Verdict
  /** Why, or what to do. */
  readonly how: string
}

/** What an auditor asks for: the policy in force, and every requirement with its verdict. */
export interface Audit {
  /** The policy in force, as `describe()` gives it. */
  readonly policy: SessionPolicy
  /** Every requirement, in the order of the standards. */
  readonly requirements: readonly AuditedRequirement[]
}

/**
 * ASVS 5.0 (chapter V7, and what V3 asks of cookies) and NIST SP 800-63B-4, requirement by requirement, for the configuration in
 * force. A verdict `application` is not a pass: it names what the application must do.
 * @example
 * const { requirements } = audit(sessions.describe())
 * expect(requirements.filter(({ verdict }) => verdict === 'not met')).toEqual([])
 */
export function audit(policy: SessionPolicy): Audit {
  const requirements = [...ASVS_V7, ...ASVS_V3, ...NIST].map(({ standard, id, level, asks, assess }) => ({
    standard,
    id,
    level,
    asks,
    ...assess(policy),
  }))
  return { policy, requirements }
}

/**
 * An audit as a Markdown page.
 * @example
 * await writeFile('audit.md', auditMarkdown(audit(sessions.describe())))
 */
export function auditMarkdown({ policy, requirements }: Audit): string {
  const count = (verdict: Verdict) => requirements.filter((each) => each.verdict === verdict).length
  const standards = [...new Set(requirements.map(({ standard }) => standard))]
  return [
    '# Session management',
    '',
    `${count('met')} requirements are met, ${count('not met')} are not, and ${count('application')} are the application's.`,
    '',
    '## Policy in force',
    '',
    '```json',
    JSON.stringify(policy, null, 2),
    '```',
    ...standards.flatMap((standard) => [
      '',
      `## ${standard}`,
      '',
      '| requirement | level | what it asks | verdict | how |',
      '| --- | --- | --- | --- | --- |',
      ...requirements.filter((each) => each.standard === standard).map(rowOf),
    ]),
  ].join('\n')
}

const rowOf = ({ id, level, asks, verdict, how }: AuditedRequirement) =>
  `| ${[id, level ?? '', asks, verdict, how].map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`

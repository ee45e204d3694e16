import type { SessionPolicy } from '@sojourn/session-core'

/** A standard that the audit covers. */
export type Standard = 'ASVS 5.0' | 'NIST SP 800-63B-4'

/** `met`: by this configuration. `not met`: it is not, and could be. `application`: it is the application's to do. */
export type Verdict = 'met' | 'not met' | 'application'

/** What a requirement is, and how a configuration stands to it. */
export interface Requirement {
  readonly standard: Standard
  readonly id: string
  /** Of ASVS: from 1 to 3. */
  readonly level?: number
  /** In our own words. */
  readonly asks: string
  assess(policy: SessionPolicy): Assessment
}

/** A verdict and its reason. */
export interface Assessment {
  readonly verdict: Verdict
  readonly how: string
}

const verdictOf =
  (verdict: Verdict) =>
  (how: string): Assessment => ({ verdict, how })

export const met = verdictOf('met')
export const notMet = verdictOf('not met')
export const application = verdictOf('application')

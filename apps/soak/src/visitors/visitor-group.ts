import { setTimeout as delay } from 'node:timers/promises'
import { Browser } from './browser'
import { RandomChoice } from './random-choice'
import { type Findings, Visitor, type VisitorContext } from './visitor'

/** Many visitors of one site, each with its own pace. */
export class VisitorGroup {
  readonly findings: Findings = { requests: 0, hungUp: 0, logins: 0, renewals: 0, violations: [], tokens: new Map() }
  private readonly browser = new Browser()
  private readonly visitors: Visitor[]
  private readonly pace = new RandomChoice(0)

  constructor(size: number, site: Pick<VisitorContext, 'urls' | 'parallelChanges'>) {
    const context = { ...site, browser: this.browser, findings: this.findings }
    this.visitors = Array.from({ length: size }, (_, i) => new Visitor(`visitor-${i}`, i + 1, context))
  }

  /** Makes this many more requests. Resolves when all have a response and all connections are closed. */
  async visit(requests: number): Promise<void> {
    const end = this.findings.requests + requests
    await Promise.all(
      this.visitors.map(async (visitor) => {
        while (this.findings.requests < end) {
          await delay(this.pace.below(this.visitors.length))
          if (this.findings.requests < end) await visitor.act()
        }
      }),
    )
    this.browser.hangUp()
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { Browser } from './browser'
import { Chance } from './chance'
import { type Findings, type Surroundings, Visitor } from './visitor'

/** Many visitors at one site, each at its own pace. */
export class Crowd {
  readonly findings: Findings = { requests: 0, hungUp: 0, logins: 0, renewals: 0, breaches: [], tokens: new Map() }
  private readonly browser = new Browser()
  private readonly visitors: Visitor[]
  private readonly pace = new Chance(0)

  constructor(size: number, site: Pick<Surroundings, 'urls' | 'parallelChanges'>) {
    const around = { ...site, browser: this.browser, findings: this.findings }
    this.visitors = Array.from({ length: size }, (_, i) => new Visitor(`visitor-${i}`, i + 1, around))
  }

  /** Resolves when so many more requests were made, all are answered, and nobody holds a connection. */
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

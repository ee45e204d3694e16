import { CookieJar } from '@sojourn/session-testing'
import type { PageAnswer } from '../site/protocol'
import type { Browser, Visit } from './browser'
import { RandomChoice } from './random-choice'

/** Combined results of all visitors of one site. */
export interface Findings {
  requests: number
  hungUp: number
  logins: number
  /** New tokens received without a login. */
  renewals: number
  /** Violated expectations, as text. */
  violations: string[]
  /** The owner of each token: two visitors must never get the same token. */
  tokens: Map<string, string>
}

export interface VisitorContext {
  urls: string[]
  browser: Browser
  findings: Findings
  /** Whether all parallel changes of one session are kept. False in cookie mode. */
  parallelChanges: boolean
}

/** One person with one browser: logs in, reads, changes, disconnects, logs out and returns, at any of the servers. */
export class Visitor {
  private jar = new CookieJar()
  private readonly random: RandomChoice
  private loggedIn = false
  /** Lower bound of the count in the session. */
  private count = 0

  constructor(
    private readonly name: string,
    seed: number,
    private readonly context: VisitorContext,
  ) {
    this.random = new RandomChoice(seed)
  }

  /** Performs the next random action. */
  async act(): Promise<void> {
    const { random } = this
    if (!this.loggedIn) return random.percent(20) ? this.look() : this.login()
    if (random.percent(4)) return this.logout()
    if (random.percent(4)) return this.login()
    if (random.percent(20)) return this.countUp()
    if (random.percent(5)) return this.fail()
    if (random.percent(10)) return this.look('/stream')
    if (random.percent(10)) return this.look('/upload', 'x'.repeat(random.below(30_000)))
    if (random.percent(15)) return this.look('/note')
    if (random.percent(15)) return this.severalAtOnce()
    return this.look()
  }

  private async login(): Promise<void> {
    const wasIn = this.loggedIn
    const answer = await this.request(`/login?name=${this.name}`)
    if (!answer) return this.startOver()
    this.context.findings.logins++
    this.loggedIn = true
    const { subject, count } = answer
    if (subject !== this.name) this.violation(`logged in as ${subject}`)
    if (wasIn && count! < this.count) this.violation(`the login lost a count: ${count} of ${this.count}`)
    this.count = count!
  }

  private async logout(): Promise<void> {
    if (await this.request('/logout')) this.loggedIn = false
    else this.startOver()
  }

  /** After a disconnect during login or logout the result is unknown, so the visitor continues with an empty jar. */
  private startOver(): void {
    this.jar = new CookieJar()
    this.loggedIn = false
  }

  private async countUp(): Promise<void> {
    const answer = await this.request('/count')
    if (answer) this.count = this.seen(answer, this.count + 1)
  }

  private async look(path = '/me', upload?: string): Promise<void> {
    const answer = await this.request(path, upload)
    if (answer) this.count = this.seen(answer, this.count)
  }

  private async fail(): Promise<void> {
    await this.request('/fail', undefined, 500)
  }

  private async severalAtOnce(): Promise<void> {
    const counts = this.context.parallelChanges ? 1 + this.random.below(2) : 0
    const before = this.count
    const looking = [1, 2].map(() => this.request('/me'))
    const counting = Array.from({ length: counts }, () => this.request('/count'))
    for (const answer of await Promise.all(looking)) answer && this.seen(answer, before)
    for (const answer of await Promise.all(counting)) {
      if (answer) this.count = Math.max(this.count, this.seen(answer, before + 1))
    }
  }

  /** Checks a response against the expected state and returns its count. */
  private seen({ subject, count = 0 }: PageAnswer, least: number): number {
    if (this.loggedIn !== (subject !== undefined)) this.violation(`expected ${this.loggedIn}, but was ${subject}`)
    if (!this.loggedIn) return 0
    if (count < least) this.violation(`a count was lost: ${count} of ${least}`)
    return Math.max(count, least)
  }

  /** Sends a request to a random server. Resolves with the response; undefined after a disconnect or an expected failure. */
  private async request(path: string, upload?: string, expected = 200): Promise<PageAnswer | undefined> {
    const { context, random } = this
    const url = `${context.urls[random.below(context.urls.length)]}${path}${path.includes('?') ? '&' : '?'}wait=${random.below(8)}`
    const hangUpAfter = random.percent(8) ? random.below(8) : undefined
    context.findings.requests++
    const visit = await context.browser.visit(url, { jar: this.jar, upload, hangUpAfter })
    if (!visit) {
      context.findings.hungUp++
      return undefined
    }
    return this.read(path, visit, expected)
  }

  private read(path: string, { status, lines, setCookies }: Visit, expected: number): PageAnswer | undefined {
    this.jar.take(setCookies)
    this.claim(path)
    if (status !== expected) this.violation(`${path} answered ${status}`)
    if (status !== 200) return undefined
    const answers = lines.map((line): PageAnswer => JSON.parse(line))
    for (const { subject, owner, failedChange } of answers) {
      for (const name of [subject, owner]) {
        if (name !== undefined && name !== this.name) this.violation(`${path} answered with ${name}`)
      }
      if (failedChange) this.violation(`${path} shows what a failed page has left`)
    }
    return answers.at(-1)
  }

  private claim(path: string): void {
    const { tokens } = this.context.findings
    const { header } = this.jar
    if (header === undefined) return
    const owner = tokens.get(header)
    if (owner === undefined && !path.startsWith('/login')) this.context.findings.renewals++
    if (owner !== undefined && owner !== this.name) this.violation(`has a token of ${owner}`)
    tokens.set(header, this.name)
  }

  private violation(what: string): void {
    this.context.findings.violations.push(`${this.name}: ${what}`)
  }
}

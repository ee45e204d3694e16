import { CookieJar } from '@sojourn/session-testing'
import type { PageAnswer } from '../site/protocol'
import type { Browser, Visit } from './browser'
import { Chance } from './chance'

/** What the visitors of one site have seen together. */
export interface Findings {
  requests: number
  hungUp: number
  logins: number
  /** New tokens that came without a login. */
  renewals: number
  /** What must never happen, in words. */
  breaches: string[]
  /** Whose each token is: two visitors must never be given the same. */
  tokens: Map<string, string>
}

export interface Surroundings {
  urls: string[]
  browser: Browser
  findings: Findings
  /** Whether parallel changes of one session are all kept: not where the cookie is the store. */
  parallelChanges: boolean
}

/** One person with one browser: logs in, looks, changes things, hangs up, leaves, and comes back, now here and now there. */
export class Visitor {
  private jar = new CookieJar()
  private readonly chance: Chance
  private loggedIn = false
  /** The least that the count in the session can be. */
  private count = 0

  constructor(
    private readonly name: string,
    seed: number,
    private readonly around: Surroundings,
  ) {
    this.chance = new Chance(seed)
  }

  /** Does the next thing. */
  async act(): Promise<void> {
    const { chance } = this
    if (!this.loggedIn) return chance.percent(20) ? this.look() : this.login()
    if (chance.percent(4)) return this.logout()
    if (chance.percent(4)) return this.login()
    if (chance.percent(20)) return this.countUp()
    if (chance.percent(5)) return this.fail()
    if (chance.percent(10)) return this.look('/stream')
    if (chance.percent(10)) return this.look('/upload', 'x'.repeat(chance.below(30_000)))
    if (chance.percent(15)) return this.look('/note')
    if (chance.percent(15)) return this.severalAtOnce()
    return this.look()
  }

  private async login(): Promise<void> {
    const wasIn = this.loggedIn
    const answer = await this.request(`/login?name=${this.name}`)
    if (!answer) return this.startOver()
    this.around.findings.logins++
    this.loggedIn = true
    const { subject, count } = answer
    if (subject !== this.name) this.breach(`logged in as ${subject}`)
    if (wasIn && count! < this.count) this.breach(`the login lost a count: ${count} of ${this.count}`)
    this.count = count!
  }

  private async logout(): Promise<void> {
    if (await this.request('/logout')) this.loggedIn = false
    else this.startOver()
  }

  /** Whoever hangs up on a login or a logout cannot know what comes of it, nor when: another browser is opened. */
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
    const counts = this.around.parallelChanges ? 1 + this.chance.below(2) : 0
    const before = this.count
    const looking = [1, 2].map(() => this.request('/me'))
    const counting = Array.from({ length: counts }, () => this.request('/count'))
    for (const answer of await Promise.all(looking)) answer && this.seen(answer, before)
    for (const answer of await Promise.all(counting)) {
      if (answer) this.count = Math.max(this.count, this.seen(answer, before + 1))
    }
  }

  /** The count that an answer tells, once it has been held against what must be so. */
  private seen({ subject, count = 0 }: PageAnswer, least: number): number {
    if (this.loggedIn !== (subject !== undefined)) this.breach(`expected ${this.loggedIn}, but was ${subject}`)
    if (!this.loggedIn) return 0
    if (count < least) this.breach(`a count was lost: ${count} of ${least}`)
    return Math.max(count, least)
  }

  /** Any of the servers is asked. What it answers; undefined after hanging up, and where the page has failed as expected. */
  private async request(path: string, upload?: string, expected = 200): Promise<PageAnswer | undefined> {
    const { around, chance } = this
    const url = `${around.urls[chance.below(around.urls.length)]}${path}${path.includes('?') ? '&' : '?'}wait=${chance.below(8)}`
    const hangUpAfter = chance.percent(8) ? chance.below(8) : undefined
    around.findings.requests++
    const visit = await around.browser.visit(url, { jar: this.jar, upload, hangUpAfter })
    if (!visit) {
      around.findings.hungUp++
      return undefined
    }
    return this.read(path, visit, expected)
  }

  private read(path: string, { status, lines, setCookies }: Visit, expected: number): PageAnswer | undefined {
    this.jar.take(setCookies)
    this.claim(path)
    if (status !== expected) this.breach(`${path} answered ${status}`)
    if (status !== 200) return undefined
    const answers = lines.map((line): PageAnswer => JSON.parse(line))
    for (const { subject, owner, spoiled } of answers) {
      for (const name of [subject, owner]) {
        if (name !== undefined && name !== this.name) this.breach(`${path} answered with ${name}`)
      }
      if (spoiled) this.breach(`${path} shows what a failed page has left`)
    }
    return answers.at(-1)
  }

  private claim(path: string): void {
    const { tokens } = this.around.findings
    const { header } = this.jar
    if (header === undefined) return
    const owner = tokens.get(header)
    if (owner === undefined && !path.startsWith('/login')) this.around.findings.renewals++
    if (owner !== undefined && owner !== this.name) this.breach(`has a token of ${owner}`)
    tokens.set(header, this.name)
  }

  private breach(what: string): void {
    this.around.findings.breaches.push(`${this.name}: ${what}`)
  }
}

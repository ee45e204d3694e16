import { createSessionManager, type SessionEvent, type SessionStore, type SubjectIndex } from '@sojourn/session-core'
import { type FakeClock, fakeClock } from '@sojourn/session-testing'
import fc from 'fast-check'
import { expect } from 'vitest'
import { type AnyData, Browser, SECRET } from '../helpers/browser'

const SESSION = '__Host-session'

/** The longest that a request of the model is under way, in seconds: shorter than `staleTtl`. */
const UNDER_WAY = 8
const TIMEOUTS = { idle: 400, rolling: 100, absolute: 0, staleTtl: 10 }

type Store = SessionStore & SubjectIndex

/** What happens to a session: by the victim in two tabs of one browser, by a thief, and by the clock. */
export type Step =
  | { readonly who: 'victim' | 'thief'; readonly does: 'read' | 'change' | 'regenerate'; readonly lost?: boolean }
  /** Two requests at once, from the same cookies. */
  | { readonly who: 'victim' | 'thief'; readonly does: 'both' }
  /** The session cookie is gone, as after the browser was closed. */
  | { readonly who: 'victim' | 'thief'; readonly does: 'reopen' }
  | { readonly who: 'thief'; readonly does: 'copy' }
  | { readonly who: 'victim'; readonly does: 'logout' | 'revoke' | 'revokeAll' | 'login' }
  | { readonly who: 'clock'; readonly does: number }

const victim = fc.constant('victim' as const)
const either = fc.constantFrom('victim' as const, 'thief' as const)
const requests = fc.constantFrom('read' as const, 'read' as const, 'change' as const)
// Around the renewal (75), the grace (10), the grace of remember-me (60) and the ends of the clocks.
const seconds = fc.constantFrom(0.001, 1, 5, 9, 10.001, 15, 40, 59, 60.001, 76, 90, 101, 399, 401)
const clock = fc.record({ who: fc.constant('clock' as const), does: seconds })

/** Without a thief: what is lost are responses, never of a `regenerate` or a login. */
export const aloneSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ who: victim, does: requests, lost: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ who: victim, does: fc.constant('regenerate' as const) }) },
    { weight: 2, arbitrary: fc.record({ who: victim, does: fc.constant('both' as const) }) },
    { weight: 1, arbitrary: fc.record({ who: victim, does: fc.constant('reopen' as const) }) },
    { weight: 4, arbitrary: clock },
  ),
  { maxLength: 25 },
)

export const theftSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ who: either, does: requests, lost: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ who: either, does: fc.constant('regenerate' as const) }) },
    { weight: 2, arbitrary: fc.record({ who: either, does: fc.constant('both' as const) }) },
    { weight: 3, arbitrary: fc.record({ who: either, does: fc.constant('reopen' as const) }) },
    { weight: 3, arbitrary: fc.record({ who: fc.constant('thief' as const), does: fc.constant('copy' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ who: victim, does: fc.constantFrom('logout', 'revoke', 'revokeAll', 'login') }),
    },
    { weight: 5, arbitrary: clock },
  ),
  { maxLength: 30 },
)

/** The same random sequences each time. */
export const sample = (steps: fc.Arbitrary<Step[]>, numRuns: number, seed: number): Step[][] =>
  fc.sample(steps, { numRuns, seed })

/** One session and one series, with everyone who holds a cookie of them. */
export class TheftMachine {
  private readonly clock: FakeClock
  private readonly reused = new Set<string>()
  private readonly sessions
  private readonly victim: Browser
  /** Every copy that the thief has made or been given. */
  private thieves: Browser[] = []

  constructor(
    private readonly subject: string,
    store: Store,
    start?: number,
  ) {
    this.clock = fakeClock(start)
    this.sessions = createSessionManager<AnyData>({
      secret: SECRET,
      store,
      clock: this.clock,
      remember: true,
      onReuse: 'destroy',
      timeouts: TIMEOUTS,
      storeTimeout: 30,
      onEvent: (event: SessionEvent) => event.type === 'reused' && this.reused.add(event.id),
    })
    this.victim = new Browser(this.sessions)
  }

  async begin(): Promise<void> {
    await this.victim.visit((session) => session.login(this.subject, { remember: true }))
  }

  /** Follows the steps. Yields how often an alarm was raised. */
  async run(steps: readonly Step[], after: (step: Step) => Promise<void>): Promise<void> {
    await this.begin()
    for (const step of steps) {
      await this.take(step)
      await after(step)
    }
    await this.sessions.close()
  }

  private async take(step: Step): Promise<void> {
    if (step.who === 'clock') return this.clock.advance(step.does)
    if (step.does === 'copy') {
      this.thieves.push(this.victim.copy())
      return
    }
    if (step.who === 'victim') return this.act(this.victim, step)
    for (const thief of this.thieves) await this.act(thief, step)
  }

  private async act(browser: Browser, step: Exclude<Step, { who: 'clock' }>): Promise<void> {
    const alarms = this.reused.size
    if (step.does === 'reopen') {
      browser.jar.delete(SESSION)
      await browser.visit()
    }
    if (step.does === 'read') await this.visit(browser, () => {}, step.lost)
    if (step.does === 'change') await this.visit(browser, (session) => change(session, this.clock()), step.lost)
    if (step.does === 'regenerate') await browser.visit((session) => session.regenerate()).catch(ended)
    if (step.does === 'both') await this.both(browser)
    if (step.does === 'login') await browser.visit((session) => session.login(this.subject, { remember: true }))
    if (step.does === 'logout') await this.logOut(browser)
    if (step.does === 'revoke') await this.revoke(browser)
    if (step.does === 'revokeAll') {
      await this.sessions.revokeAll(this.subject)
      await this.expectThievesDead('revokeAll')
    }
    // What an alarm was raised for has ended, for the victim too: that is who must log in again.
    if (this.reused.size > alarms && step.who === 'victim') await this.expectThievesDead('recognition')
  }

  private async visit(browser: Browser, handler: Parameters<Browser['visit']>[0], lost = false): Promise<void> {
    await (lost ? browser.copy() : browser).visit(handler).catch(ended)
  }

  /** Two requests from the same cookies; the responses arrive in the other order, some seconds later. */
  private async both(browser: Browser): Promise<void> {
    const tabs = [browser.copy(), browser.copy()]
    const visits = await Promise.all(tabs.map((tab) => tab.visit((session) => change(session, 1)).catch(ended)))
    this.clock.advance(UNDER_WAY)
    for (const visit of visits.toReversed()) if (visit) browser.jar.take(visit.carrier.setCookies)
  }

  private async logOut(browser: Browser): Promise<void> {
    let subject: string | undefined
    await browser.visit((session) => {
      subject = session.subject
      return session.logout()
    })
    if (subject) await this.expectThievesDead('logout')
  }

  private async revoke(browser: Browser): Promise<void> {
    const { session } = await browser.visit()
    if (!session.subject) return
    await this.sessions.revoke(session.id)
    await this.expectThievesDead('revoke')
  }

  /** No copy opens a session, by any of its cookies, and no session of the subject is left. */
  private async expectThievesDead(why: string): Promise<void> {
    for (const thief of this.thieves) {
      for (const name of thief.jar.names) {
        const copy = thief.copy()
        for (const other of copy.jar.names) if (other !== name) copy.jar.delete(other)
        const { session } = await copy.visit()
        expect(session.subject, `${why}: a thief opened the session by ${name}`).toBeUndefined()
      }
    }
    // A login of the victim may have raised the alarm: then its new session is there.
    if (why !== 'recognition') expect(await this.sessions.list(this.subject), why).toEqual([])
    this.thieves = []
  }

  /** The victim is logged in: by the session, or by remember-me once that is over. */
  async expectLoggedIn(step: Step): Promise<void> {
    const { session } = await this.victim.copy().visit()
    expect(session.subject, JSON.stringify(step)).toBe(this.subject)
    expect([...this.reused]).toEqual([])
  }
}

const change = (session: { data: AnyData }, value: number) => {
  session.data.n = value
}

function ended(error: { code?: string }): undefined {
  if (error.code !== 'ERR_SESSION_ENDED') throw error
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Browser, world } from '../helpers/browser'

const IDLE = 60
const ROLLING = 100
const ABSOLUTE = 300
const GRACE = 10

/** What a session is, told in the simplest way: the test's own idea of it, in seconds. */
interface Model {
  id: string
  subject: string | undefined
  data: Record<string, number>
  startedAt: number
  renewedAt: number
  touchedAt: number
  /** Which generation of its token the session is in. */
  generation: number
  /** The generation that the last login issued; tokens from before it end nothing after the quiet window. */
  loginGeneration: number
  /** The older generations that still count: until when, whether they are honoured, whether the next one has come back. */
  earlier: Map<number, { until: number; honoured: boolean; confirmed: boolean }>
}

/** One browser of the model: which session and which generation of its token it holds. */
interface Holder {
  browser: Browser
  model: Model | undefined
  generation: number
}

/** The same sequences each time, other ones where their number is given. */
const runs = process.env.SOJOURN_MODEL_RUNS
  ? { numRuns: Number(process.env.SOJOURN_MODEL_RUNS) }
  : { numRuns: 500, seed: 8 }

class Machine {
  readonly all = world({
    timeouts: { idle: IDLE, rolling: ROLLING, absolute: ABSOLUTE, staleTtl: GRACE, touchThreshold: 6 },
  })
  readonly models: Model[] = []
  readonly holders: Holder[] = [0, 1, 2].map(() => ({ browser: this.all.browser(), model: undefined, generation: 0 }))

  get now(): number {
    return this.all.clock() / 1000
  }

  alive(model: Model): boolean {
    const over = (start: number, length: number) => this.now - start > length
    return !over(model.touchedAt, IDLE) && !over(model.renewedAt, ROLLING) && !over(model.startedAt, ABSOLUTE)
  }

  /** What opening must yield for a holder. */
  expected({ model, generation }: Holder): string {
    if (!model) return 'none'
    if (!this.models.includes(model)) return 'unknown'
    if (this.alive(model)) {
      if (generation === model.generation) return 'resumed'
      const earlier = model.earlier.get(generation)
      if (earlier && this.now <= earlier.until) return earlier.honoured ? 'stale' : 'rejected'
      return earlier && !earlier.confirmed ? 'expired:rolling' : 'reused'
    }
    const ends = {
      idle: model.touchedAt + IDLE,
      rolling: model.renewedAt + ROLLING,
      absolute: model.startedAt + ABSOLUTE,
    }
    const [first] = Object.entries(ends).sort((a, b) => a[1] - b[1])[0]!
    return `expired:${first}`
  }

  async visit(holder: Holder, action: Action): Promise<void> {
    const expected = this.expected(holder)
    const live = expected === 'resumed' || expected === 'stale' ? holder.model : undefined
    const ended: string[] = []
    const { session } = await holder.browser.visit(async (opened) => {
      const refused = (error: { code?: string }) => ended.push(error.code ?? String(error))
      // A store may forget what is over, once its margin of a minute has passed.
      const forgotten = opened.outcome === 'unknown' && holder.model && !this.alive(holder.model)
      if (!forgotten) expect(opened.outcome).toBe(expected)
      expect(opened.data).toEqual(live?.data ?? {})
      expect(opened.subject).toBe(live?.subject)
      if (action.kind === 'set') opened.data[action.key] = action.value
      if (expected === 'rejected' && action.kind === 'set') await opened.save().catch(refused)
      if (expected === 'rejected' && action.kind === 'set') delete opened.data[action.key]
      if (action.kind === 'count') await opened.update('count', (n = 0) => n + 1).catch(refused)
      if (action.kind === 'login') await opened.login(action.subject)
      if (action.kind === 'regenerate') await opened.regenerate().catch(refused)
      if (action.kind === 'logout') await opened.logout()
      if (action.kind === 'touch') await opened.touch().catch(refused)
    })
    await this.all.sessions.close()
    // What was found over is deleted, so that a late touch or a clock that steps back finds nothing.
    if (holder.model && !this.alive(holder.model)) this.models.splice(this.models.indexOf(holder.model) >>> 0, 1)
    const fails = expected === 'rejected' && !['read', 'login', 'logout'].includes(action.kind)
    expect(ended).toEqual(fails ? ['ERR_SESSION_ENDED'] : [])
    if (expected === 'rejected' && action.kind !== 'login') {
      if (action.kind === 'logout') this.leave(holder)
      return
    }
    if (expected === 'reused' && action.kind === 'logout') {
      if (holder.generation >= holder.model!.loginGeneration) this.leave(holder)
      holder.model = undefined
      return
    }
    this.follow(holder, live, action, session.id, expected)
  }

  /** The model's own idea of what the visit did. */
  private follow(holder: Holder, live: Model | undefined, action: Action, id: string, expected: string): void {
    const { now } = this
    const stale = expected === 'stale'
    let model = live
    if (!model && (action.kind === 'set' || action.kind === 'count' || action.kind === 'login')) {
      model = {
        id,
        subject: undefined,
        data: {},
        startedAt: now,
        renewedAt: now,
        touchedAt: now,
        generation: 0,
        loginGeneration: 0,
        earlier: new Map(),
      }
      this.models.push(model)
    }
    if (action.kind === 'logout') {
      if (live) this.models.splice(this.models.indexOf(live), 1)
      holder.model = undefined
      return
    }
    if (!model) return
    // The current token has come back: the grace of the one before begins to end.
    let confirmed = false
    for (const earlier of expected === 'resumed' ? model.earlier.values() : []) {
      if (earlier.confirmed) continue
      Object.assign(earlier, { confirmed: true, until: Math.min(earlier.until, now + GRACE) })
      confirmed = true
    }
    const renewal = !stale && now - model.renewedAt > ROLLING * 0.75
    const before = JSON.stringify(model.data)
    if (action.kind === 'set') model.data[action.key] = action.value
    if (action.kind === 'count') model.data.count = (model.data.count ?? 0) + 1
    if (action.kind === 'login') {
      if (model.subject !== undefined && model.subject !== action.subject) model.data = {}
      model.subject = action.subject
      model.startedAt = now
    }
    const replaced = live && (action.kind === 'login' || action.kind === 'regenerate')
    for (const [generation, { until, confirmed }] of model.earlier) {
      if (confirmed && now > until) model.earlier.delete(generation)
    }
    if (replaced) {
      const quiet = { until: now + GRACE, honoured: false, confirmed: true }
      for (const generation of [...model.earlier.keys(), model.generation]) model.earlier.set(generation, { ...quiet })
      model.generation++
      if (action.kind === 'login') model.loginGeneration = model.generation
    } else if (live && renewal) {
      const until = Math.min(model.renewedAt + ROLLING, model.startedAt + ABSOLUTE)
      model.earlier.set(model.generation, { until, honoured: true, confirmed: false })
      model.generation++
    }
    if (replaced || !live || renewal) model.renewedAt = now
    const wrote =
      confirmed ||
      replaced ||
      renewal ||
      action.kind === 'count' ||
      JSON.stringify(model.data) !== before ||
      action.kind === 'touch'
    if (wrote || now - model.touchedAt > 6) model.touchedAt = Math.max(model.touchedAt, now)
    holder.model = model
    holder.generation = model.generation
  }

  /** A logout by a token that was replaced. */
  private leave(holder: Holder): void {
    this.models.splice(this.models.indexOf(holder.model!), 1)
    holder.model = undefined
  }

  async revoke(holder: Holder): Promise<void> {
    const { model } = holder
    if (!model) return
    const revoked = await this.all.sessions.revoke(model.id)
    if (this.models.includes(model) && this.alive(model)) expect(revoked).toBe(true)
    if (!this.models.includes(model)) expect(revoked).toBe(false)
    this.models.splice(this.models.indexOf(model) >>> 0, 1)
  }

  async revokeAll(subject: string, except: Holder): Promise<void> {
    const kept = except.model?.id
    await this.all.sessions.revokeAll(subject, kept === undefined ? {} : { except: kept })
    for (const model of [...this.models]) {
      if (model.subject === subject && model.id !== kept) this.models.splice(this.models.indexOf(model), 1)
    }
  }

  async checkLists(): Promise<void> {
    for (const subject of ['ada', 'bob']) {
      const mine = this.models.filter((model) => model.subject === subject && this.alive(model)).map(({ id }) => id)
      expect((await this.all.sessions.list(subject)).map(({ id }) => id)).toEqual(mine.sort())
    }
  }
}

type Action =
  | { kind: 'read' | 'count' | 'regenerate' | 'logout' | 'touch' }
  | { kind: 'set'; key: string; value: number }
  | { kind: 'login'; subject: string }

const who = fc.integer({ min: 0, max: 2 })
const subject = fc.constantFrom('ada', 'bob')
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('read', 'count', 'touch') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('regenerate', 'logout') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('set'), key: fc.constantFrom('a', 'b'), value: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('login'), subject }) },
)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('visit' as const), who, action }) },
  // Whole and odd seconds around every boundary there is, and steps back.
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      by: fc.constantFrom(0.001, 1, 5, 6, 7, 9.999, 10, 10.001, 30, 60, 60.001, 75, 75.001, 100, 300, -1, -5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('copy' as const), who, to: who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revokeAll' as const), subject, who }) },
)

describe('any sequence of visits, renewals, logins, ends, copies of cookies and steps of the clock', () => {
  it('does what the model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const machine = new Machine()
        for (const next of steps) {
          const holder = 'who' in next ? machine.holders[next.who]! : undefined
          if (next.do === 'advance') machine.all.clock.advance(next.by)
          if (next.do === 'visit') await machine.visit(holder!, next.action)
          if (next.do === 'revoke') await machine.revoke(holder!)
          if (next.do === 'revokeAll') await machine.revokeAll(next.subject, holder!)
          if (next.do === 'copy') machine.holders[next.to] = { ...holder!, browser: holder!.browser.copy() }
        }
        await machine.checkLists()
      }),
      runs,
    )
  })
})

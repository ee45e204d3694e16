import type { SessionOutcome } from '@sojourn/session-core'
import { countingStore, fakeCarrier, flakyStore, seededRandom } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { type Browser, modes, world } from '../helpers/browser'

type World = ReturnType<typeof world>

const NAME = '__Host-session'

async function loggedIn(options: Parameters<typeof world>[0] = {}) {
  const all = world(options)
  const user = all.browser()
  const { session } = await user.visit((first) => first.login('ada', { label: 'laptop' }))
  return { all, user, id: session.id }
}

/** What explain says, and what a request gets that comes afterwards with the same cookies. */
async function explained({ sessions }: Pick<World, 'sessions'>, cookie: string | undefined) {
  const explanation = await sessions.explain(cookie)
  const session = await sessions.open(fakeCarrier({ cookie }))
  return { explanation, outcome: session.outcome }
}

const header = (user: Browser) => user.jar.header ?? ''
const tampered = (cookie: string) => cookie.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))

/** Each way to lose a session, or to keep it. */
const CASES: [
  name: string,
  lose: () => Promise<[World, string]>,
  outcome: SessionOutcome,
  reason: string,
  why: RegExp,
][] = [
  ['no cookie', async () => [world(), 'other=1'], 'none', 'no-cookie', /No cookie/],
  [
    'the marker alone',
    async () => [world({ marker: true }), `${NAME}-at=1`],
    'withheld',
    'marker-only',
    /another site/,
  ],
  ['a live session', async () => alive(), 'resumed', 'current', /newest token/],
  ['a tampered cookie', async () => alive(tampered), 'rejected', 'not-issued', /was changed/],
  [
    'a cookie of another format',
    async () => alive(() => `${NAME}=abc`),
    'malformed',
    'not-a-token',
    /not in our format/,
  ],
  ['an empty cookie', async () => alive(() => `${NAME}=`), 'malformed', 'incomplete', /empty/],
  [
    'an idle session',
    async () => after(901),
    'expired:idle',
    'idle',
    /idle clock ended at .*Z: .*this clock has 900 s/,
  ],
  [
    'a session past its absolute end',
    async () => after(86_401, { idle: 0, rolling: 0 }),
    'expired:absolute',
    'absolute',
    /the login was at/,
  ],
  [
    'a session past its rolling end',
    async () => after(3601, { idle: 0 }),
    'expired:rolling',
    'rolling',
    /last renewed/,
  ],
  ['a session that was revoked', revoked, 'unknown', 'gone', /revoked/],
  ['a token within its grace', () => renewed(0), 'stale', 'renewed-moments-ago', /grace/],
  ['a token that came back', () => renewed(60), 'reused', 'used-again', /copy/],
  ['a token whose successor was lost', lost, 'expired:rolling', 'successor-lost', /successor never came back/],
  ['a token of before a login moments ago', () => replaced(0), 'rejected', 'replaced-moments-ago', /moments ago/],
  ['a token of before a login', () => replaced(60), 'reused', 'used-again-after-login', /before the last login/],
  ['a row of another secret', otherSecret, 'rejected', 'row-unreadable', /does not open/],
  ['two valid cookies', two, 'malformed', 'duplicate', /Two cookies/],
]

async function alive(change = (cookie: string) => cookie): Promise<[World, string]> {
  const { all, user } = await loggedIn()
  return [all, change(header(user))]
}

async function after(seconds: number, timeouts = {}): Promise<[World, string]> {
  const { all, user } = await loggedIn({ timeouts })
  all.clock.advance(seconds)
  return [all, header(user)]
}

async function revoked(): Promise<[World, string]> {
  const { all, user, id } = await loggedIn()
  await all.sessions.revoke(id)
  return [all, header(user)]
}

async function renewed(seconds: number): Promise<[World, string]> {
  const { all, user } = await loggedIn({ timeouts: { idle: 0, rolling: 1000, staleTtl: 10 } })
  const old = header(user)
  all.clock.advance(800)
  await user.visit()
  await user.visit()
  all.clock.advance(seconds)
  return [all, old]
}

async function lost(): Promise<[World, string]> {
  const { all, user } = await loggedIn({ timeouts: { idle: 0, rolling: 1000, staleTtl: 10 } })
  const old = header(user)
  all.clock.advance(800)
  await user.copy().visit()
  all.clock.advance(300)
  return [all, old]
}

async function replaced(seconds: number): Promise<[World, string]> {
  const { all, user } = await loggedIn()
  const old = header(user)
  await user.visit((session) => session.login('ada'))
  all.clock.advance(seconds)
  return [all, old]
}

async function otherSecret(): Promise<[World, string]> {
  const { all, user, id } = await loggedIn()
  const row = (await all.memory.read(id))!
  await all.memory.update({ ...row, payload: 'of another secret', version: 'v' }, row)
  return [all, header(user)]
}

async function two(): Promise<[World, string]> {
  const { all, user } = await loggedIn()
  const other = all.browser()
  await other.visit((session) => session.login('bob'))
  return [all, `${header(user)}; ${header(other)}`]
}

describe('explain', () => {
  it.each(CASES)('says why: %s', async (_, lose, outcome, reason, why) => {
    const { explanation, outcome: actual } = await explained(...(await lose()))
    expect(explanation).toMatchObject({ outcome, reason })
    expect(explanation.why).toMatch(why)
    expect(actual).toBe(outcome)
  })

  it('says that a cookie was revoked if sessions live in the cookie', async () => {
    const all = modes[1].make()
    const user = all.browser()
    const { session } = await user.visit((first) => first.login('ada'))
    await all.sessions.revoke(session.id)
    const { explanation, outcome } = await explained(all, header(user))
    expect([explanation.outcome, explanation.reason, outcome]).toEqual(['revoked', 'revoked', 'revoked'])
    expect(explanation.cookies[0]?.session).toMatchObject({ id: session.id, subject: 'ada' })
  })

  it('says that remember-me begins a session if the session is over', async () => {
    const { all, user } = await loggedIn({ remember: true })
    await user.visit((session) => session.login('ada', { remember: true }))
    all.clock.advance(901)
    const { explanation, outcome } = await explained(all, header(user))
    expect(explanation).toMatchObject({ outcome: 'restored', reason: 'remember-me', remember: [{ live: true }] })
    expect(explanation.cookies[0]).toMatchObject({ outcome: 'expired:idle' })
    expect(outcome).toBe('restored')
  })

  it('has the clocks, the generation, and the other sessions of the subject', async () => {
    const { all, user, id } = await loggedIn()
    const phone = all.browser()
    const { session: other } = await phone.visit((first) => first.login('ada', { label: 'phone' }))
    const now = all.clock()
    all.clock.advance(60)
    const { session, others, at } = await all.sessions.explain(header(user))
    expect(at).toBe(now + 60_000)
    expect(session).toMatchObject({
      id,
      subject: 'ada',
      label: 'laptop',
      generation: { presented: 1, current: 1 },
      clocks: {
        idle: { startedAt: now, endsAt: now + 900_000 },
        absolute: { startedAt: now, endsAt: now + 86_400_000 },
      },
      data: undefined,
    })
    expect(others).toMatchObject([{ id: other.id, label: 'phone' }])
  })

  it.each(CASES)('lists no session that a cookie names among the others: %s', async (_, lose) => {
    const [all, cookie] = await lose()
    const { session: other } = await all.browser().visit((first) => first.login('ada'))
    const { cookies, others } = await all.sessions.explain(cookie)
    const isAda = cookies.some(({ session }) => session?.subject === 'ada')
    expect(others?.map(({ id }) => id)).toEqual(isAda ? [other.id] : undefined)
  })

  it('lists no session of an old cookie among the others, if another cookie names an expired session first', async () => {
    const { all, user } = await loggedIn({ timeouts: { staleTtl: 10 } })
    const expired = header(user)
    all.clock.advance(901)
    const second = all.browser()
    await second.visit((session) => session.login('ada'))
    const old = header(second)
    await second.visit((session) => session.login('ada'))
    all.clock.advance(60)
    expect(await all.sessions.explain(`${expired}; ${old}`)).toMatchObject({ outcome: 'expired:idle', others: [] })
  })

  it('returns data only if it was asked for', async () => {
    const { all, user } = await loggedIn()
    await user.visit((session) => {
      session.data.cart = ['tea']
    })
    expect(JSON.stringify(await all.sessions.explain(header(user)))).not.toContain('tea')
    expect((await all.sessions.explain(header(user), { data: true })).session?.data).toEqual({ cart: ['tea'] })
  })

  it('names what a session is bound to, and does not guess whether the client is another', async () => {
    const { all, user } = await loggedIn({ bind: ['ip'] })
    const { outcome, session } = await all.sessions.explain(header(user))
    expect([outcome, session?.bound]).toEqual(['resumed', ['ip']])
  })

  it.each(CASES)('changes nothing: no write, no event, no count: %s', async (_, lose) => {
    const [all, cookie] = await lose()
    const before = { events: all.events.length, counters: all.sessions.counters() }
    const ids = [...cookie.matchAll(/=([\w-]{22})\./g)].map(([, id]) => id!)
    const rows = () => Promise.all(ids.map((id) => all.memory.read(id)))
    const rowsBefore = await rows()
    await all.sessions.explain(cookie)
    await all.sessions.close()
    expect({ events: all.events.length, counters: all.sessions.counters() }).toEqual(before)
    expect(await rows()).toEqual(rowsBefore)
  })

  it('only reads, with every option that writes on a read', async () => {
    const all = world({
      onReuse: 'destroy',
      maxPerSubject: 1,
      remember: true,
      wrap: (memory) => countingStore(memory),
    })
    const user = all.browser()
    await user.visit((session) => session.login('ada', { remember: true }))
    const old = header(user)
    await user.visit((session) => session.login('ada', { remember: true }))
    all.clock.advance(901)
    all.store.resetCalls()
    await all.sessions.explain(old)
    await all.sessions.explain(header(user))
    await all.sessions.close()
    expect(Object.keys(all.store.calls).filter((name) => !['read', 'listBySubject'].includes(name))).toEqual([])
  })

  it.each(modes)('says what a request gets, for any cookie, with sessions in $mode', async ({ make }) => {
    const all = make({ marker: true })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    const cookie = header(user)
    const random = seededRandom(7)
    const outcomes = new Set<string>()
    const pieces = [
      cookie,
      `${NAME}-at=1`,
      `${NAME}=`,
      `${NAME}.2=x`,
      ';',
      ',',
      '"',
      '\u00a0',
      '%00',
      '2~',
      '\u{1f36a}',
    ]
    for (let n = 0; n < 400; n++) {
      const [kind = 0, at = 0, piece = 0] = random(3)
      const where = Math.floor((at / 256) * cookie.length)
      const other = pieces[piece % pieces.length]!
      const mutated =
        kind % 3 === 0
          ? cookie.slice(0, where) + other + cookie.slice(where + 1)
          : kind % 3 === 1
            ? `${other}; ${cookie.slice(where)}`
            : cookie.slice(0, where)
      const { explanation, outcome } = await explained(all, mutated)
      expect({ mutated, outcome: explanation.outcome }).toEqual({ mutated, outcome })
      outcomes.add(outcome)
    }
    expect(outcomes.size).toBeGreaterThan(3)
  })

  it.each([[null], [1], [{}]])('refuses what is no header: %j', async (cookie) => {
    await expect(world().sessions.explain(cookie as never)).rejects.toMatchObject({ code: 'ERR_SESSION_USAGE' })
  })

  it('refuses an unknown option by its name', async () => {
    await expect(world().sessions.explain('', { dat: true } as never)).rejects.toThrow(/dat.*did you mean.*data/)
  })

  it('rejects with a store error if the store is down, and logs no one out', async () => {
    const all = world({ onUnavailable: 'empty', wrap: (memory) => flakyStore(memory) })
    const user = all.browser()
    await user.visit((session) => session.login('ada'))
    all.store.next('read', 'throw', Number.POSITIVE_INFINITY)
    await expect(all.sessions.explain(header(user))).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })
})

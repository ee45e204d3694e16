import { createHash } from 'node:crypto'
import { memoryStore, type Session, type SessionEvent } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { type AnyData, modes, world } from '../helpers/browser'

/** What a store has in place of a subject. */
const keyOf = (subject: string, audience = 'default') =>
  createHash('sha256')
    .update(JSON.stringify([audience, subject]))
    .digest('base64url')

/** What a promise rejects with. */
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => ({ code: undefined }),
    (error) => error,
  )

const LOGINS = ['login', 'logout', 'limited', 'mismatch', 'revoked']

/** The events about who is logged in, without what all of them have. */
const told = (events: SessionEvent[]) =>
  events.filter(({ type }) => LOGINS.includes(type)).map(({ at, audience, ...own }) => own)

describe.each(modes)('events of logins, sessions in $mode', ({ mode, make }) => {
  it('every event has the audience, the instant by the manager’s clock, and no subject', async () => {
    const all = make({ audience: 'shop', bind: ['ip'] })
    const user = all.browser()
    await user.visit((session) => session.login('ada@example.com'), { ip: '192.0.2.1' })
    await user.visit(undefined, { ip: '192.0.2.2' })
    await user.visit((session) => session.logout(), { ip: '192.0.2.1' })
    expect(all.events.length).toBeGreaterThan(3)
    for (const event of all.events) {
      expect(event).toMatchObject({ audience: 'shop', at: all.clock() })
      // In cookie mode without `revocations` there is one event about an option.
      if (event.type === 'config-warning') continue
      expect(event).toMatchObject({ subjectKey: keyOf('ada@example.com', 'shop') })
    }
    expect(JSON.stringify(all.events)).not.toContain('ada@')
  })

  it('report a login and a logout, with the session and the subject’s key', async () => {
    const { browser, events } = make()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    expect(told(events)).toEqual([{ type: 'login', id: session.id, subjectKey: keyOf('ada') }])
    events.length = 0
    await user.visit((mine) => mine.logout())
    expect(told(events)).toEqual([{ type: 'logout', id: session.id, subjectKey: keyOf('ada'), reason: 'logout' }])
    events.length = 0
    const anonymous = browser()
    await anonymous.visit((mine) => {
      mine.data.n = 1
    })
    for (const end of ['logout', 'destroy'] as const) await anonymous.visit((mine) => mine[end]())
    expect(told(events)).toEqual([])
  })

  it('report as a logout that destroy ended a login, and that another subject replaced it', async () => {
    const { browser, events } = make()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    events.length = 0
    const { session: second } = await user.visit((mine) => mine.login('bob'))
    expect(told(events)).toEqual([
      { type: 'logout', id: session.id, subjectKey: keyOf('ada'), reason: 'login' },
      { type: 'login', id: second.id, subjectKey: keyOf('bob') },
    ])
    events.length = 0
    await user.visit((mine) => mine.destroy())
    expect(told(events)).toEqual([{ type: 'logout', id: second.id, subjectKey: keyOf('bob'), reason: 'destroy' }])
  })

  it('report no logout of a login that went on: the same subject logs in again, and a login that fails', async () => {
    const { browser, events } = make()
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'))
    events.length = 0
    await user.visit((mine) => mine.login('ada'))
    expect(told(events).map(({ type }) => type)).toEqual(['login'])
    events.length = 0
    const big = { big: 'x'.repeat(400_000) }
    await user.visit(async (mine) => {
      Object.assign(mine.data, big)
      expect((await refusal(mine.login('ada'))).code).toBe('ERR_SESSION_TOO_LARGE')
      mine.data = {}
    })
    expect(told(events)).toEqual([])
    expect(session.subject).toBe('ada')
  })

  it('report a client to which the session is not bound', async () => {
    const { browser, events, sessions } = make({ bind: ['ip'] })
    const user = browser()
    const { session } = await user.visit((first) => first.login('ada'), { ip: '192.0.2.1' })
    events.length = 0
    await user.visit(undefined, { ip: '192.0.2.2' })
    expect(told(events)).toEqual([{ type: 'mismatch', id: session.id, subjectKey: keyOf('ada') }])
    expect(sessions.counters().events.mismatch).toBe(1)
  })

  it('report a logout from a session that other applications still use', async () => {
    if (mode !== 'a store') return
    const memory = memoryStore()
    const [shop, blog] = [world({ memory, audience: 'shop' }), world({ memory, audience: 'blog' })]
    const user = shop.browser()
    await user.visit((session) => session.login('ada'))
    const other = blog.browser()
    other.jar.take(user.jar.names.map((name) => `${name}=${user.jar.get(name)}`))
    await other.visit((session) => session.login('ada'))
    const { session } = await other.visit((mine) => mine.logout())
    const [id, subjectKey] = [expect.any(String), keyOf('ada', 'blog')]
    expect(told(blog.events)).toEqual([
      { type: 'login', id, subjectKey },
      { type: 'logout', id, subjectKey, reason: 'logout' },
    ])
    expect(session.subject).toBeUndefined()
  })
})

describe('events of a session limit', () => {
  const login = (session: Session<AnyData>) => session.login('ada')

  it('report a login that was refused, and the session that was ended for another', async () => {
    const refusing = world({ maxPerSubject: 1, onLimit: 'refuse' })
    await refusing.browser().visit(login)
    const { session } = await refusing.browser().visit((mine) => {
      mine.data.n = 1
    })
    refusing.events.length = 0
    const visitor = refusing.browser()
    await visitor.visit(async (mine) => {
      expect((await refusal(login(mine))).code).toBe('ERR_SESSION_LIMIT')
    })
    expect(told(refusing.events)).toEqual([
      { type: 'limited', id: undefined, subjectKey: keyOf('ada'), reason: 'login' },
    ])
    expect(session.subject).toBeUndefined()
    expect(refusing.sessions.counters().events).toMatchObject({ login: 1, limited: 1 })

    const evicting = world({ maxPerSubject: 1 })
    const first = (await evicting.browser().visit(login)).session
    await evicting.browser().visit(login)
    expect(told(evicting.events)).toContainEqual({
      type: 'revoked',
      id: first.id,
      subjectKey: keyOf('ada'),
      reason: 'evicted',
    })
  })

  it('report a remember-me that was refused', async () => {
    const { browser, clock, events } = world({ maxPerSubject: 1, onLimit: 'refuse', remember: true })
    const user = browser()
    await user.visit((session) => session.login('ada', { remember: true }))
    clock.advance(901)
    await browser().visit(login)
    events.length = 0
    const { session } = await user.visit()
    expect(session.subject).toBeUndefined()
    expect(told(events)).toEqual([{ type: 'limited', id: undefined, subjectKey: keyOf('ada'), reason: 'remember-me' }])
  })
})

describe('events of revocations', () => {
  it('tell revoke, revokeAll and a cookie that came after them apart', async () => {
    const stored = world()
    const sealed = modes[1].make()
    for (const { sessions, browser, events } of [stored, sealed]) {
      const user = browser()
      const { session } = await user.visit((first) => first.login('ada'))
      events.length = 0
      await sessions.revoke(session.id)
      await sessions.revokeAll('ada')
      expect(told(events)).toEqual([
        // A sealed session is revoked by its id alone.
        {
          type: 'revoked',
          id: session.id,
          ...(sessions === stored.sessions && { subjectKey: keyOf('ada') }),
          reason: 'revoke',
        },
        { type: 'revoked', id: undefined, subjectKey: keyOf('ada'), reason: 'revoke-all' },
      ])
      events.length = 0
      await user.visit()
      expect(told(events).map((event) => ('reason' in event ? event.reason : ''))).toEqual(
        sessions === sealed.sessions ? ['presented'] : [],
      )
    }
  })
})

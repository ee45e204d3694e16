import { flakyStore } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { modes, world } from '../helpers/browser'

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, each) => all + each, 0)

describe('counters', () => {
  it.each(modes)('answer from the start for every outcome and every event: $mode', ({ make }) => {
    const { outcomes, events } = make().sessions.counters()
    const { 'config-warning': _, ...others } = events
    expect(sum(outcomes) + sum(others)).toBe(0)
    expect(Object.keys(outcomes)).toEqual([
      'none',
      'resumed',
      'stale',
      'restored',
      'imported',
      'withheld',
      'malformed',
      'rejected',
      'unknown',
      'reused',
      'revoked',
      'mismatch',
      'expired:idle',
      'expired:rolling',
      'expired:absolute',
      'unavailable',
    ])
    expect(Object.keys(events)).toContain('limited')
  })

  it.each(modes)('agree with what clients counted: $mode', async ({ make }) => {
    const { sessions, browser } = make()
    const seen: Record<string, number> = {}
    const logins = { login: 0, logout: 0 }
    for (let i = 0; i < 30; i++) {
      const user = browser()
      const visits = [user.visit((session) => session.login(`user ${i % 7}`))]
      logins.login++
      await visits[0]
      for (let j = 0; j < i % 4; j++) visits.push(user.visit())
      if (i % 3 === 0) {
        await Promise.all(visits)
        visits.push(user.visit((session) => (i % 2 ? session.logout() : session.destroy())))
        logins.logout++
      }
      for (const { session } of await Promise.all(visits)) seen[session.outcome] = (seen[session.outcome] ?? 0) + 1
    }
    const { outcomes, events } = sessions.counters()
    expect(outcomes).toMatchObject(seen)
    expect(sum(outcomes)).toBe(sum(seen))
    expect(events).toMatchObject(logins)
  })

  it('count a request that found the store down, however it is answered', async () => {
    for (const onUnavailable of ['fail', 'empty'] as const) {
      const { store, sessions, browser } = world({ wrap: flakyStore, onUnavailable })
      const user = browser()
      await user.visit((session) => session.login('ada'))
      store.next('read', 'throw', 1)
      const error = await user.visit().then(
        () => undefined,
        (thrown) => thrown,
      )
      expect(error?.code).toBe(onUnavailable === 'fail' ? 'ERR_STORE_UNAVAILABLE' : undefined)
      expect(sessions.counters().outcomes).toMatchObject({ none: 1, unavailable: 1 })
    }
  })

  it('are a copy', () => {
    const { sessions } = world()
    ;(sessions.counters().outcomes as Record<string, number>).none = 9
    expect(sessions.counters().outcomes.none).toBe(0)
  })
})

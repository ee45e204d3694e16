import { createSessionManager, memoryStore } from '@sojourn/session-core'
import { fakeClock, seededRandom } from '@sojourn/session-testing'
import { describe, expect, it } from 'vitest'
import { Browser, SECRET } from '../helpers/browser'

describe('a random generator', () => {
  it('is refused at start-up if it repeats', () => {
    for (const random of [
      (length: number) => new Uint8Array(length),
      (length: number) => new Uint8Array(length).fill(7),
    ]) {
      expect(() => createSessionManager({ secret: SECRET, random })).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CONFIG', option: 'random' }),
      )
    }
  })

  it('that repeats another process gives no login the session of another subject', async () => {
    const clock = fakeClock()
    const store = memoryStore({ clock })
    const [ada, bob] = ['ada', 'bob'].map((subject) => {
      const sessions = createSessionManager({ secret: SECRET, store, clock, random: seededRandom(1) })
      return { subject, sessions, browser: new Browser(sessions) }
    })
    for (const { subject, browser } of [ada!, bob!]) await browser.visit((session) => session.login(subject))
    const visits = await Promise.all([ada!, bob!].map(({ browser }) => browser.visit()))
    expect(visits.map(({ session }) => session.subject)).toEqual(['ada', 'bob'])
    expect(visits[0]!.session.id).not.toBe(visits[1]!.session.id)
  })
})

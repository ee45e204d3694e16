import { createSessionManager, type SessionManagerOptions } from '@sojourn/session-core'
import { describe, expect, it } from 'vitest'
import { type AnyData, Browser, modes, SECRET } from '../helpers/browser'

const NEXT = 'another secret for tests, at least 32 bytes long'

describe.each(modes)('a new secret, with sessions in $mode', ({ mode, make }) => {
  /** A browser that is logged in and remembered, and a manager with other secrets over the same store. */
  async function before() {
    const all = make({ remember: true })
    const user = all.browser()
    await user.visit((session) => session.login('ada', { remember: true }))
    const storage = mode === 'a store' ? { store: all.store } : {}
    const withSecret = (secret: string | string[]) => {
      const options = { secret, clock: all.clock, remember: true, cookie: { marker: false }, ...storage }
      return createSessionManager<AnyData>(options as SessionManagerOptions)
    }
    return { user, clock: all.clock, withSecret }
  }

  it('alone signs everyone out: no token of before passes, remember-me neither, and no error is raised', async () => {
    const { user, clock, withSecret } = await before()
    const copy = new Browser(withSecret(NEXT), user.jar.copy())
    const { session } = await copy.visit()
    expect(session).toMatchObject({ outcome: 'rejected', subject: undefined, data: {} })
    clock.advance(3600)
    expect((await new Browser(withSecret(NEXT), user.jar.copy()).visit()).session.subject).toBeUndefined()
  })

  it('alone lets everyone log in again, and the old secret opens nothing of the new session', async () => {
    const { user, withSecret } = await before()
    const after = new Browser(withSecret(NEXT), user.jar)
    await after.visit((session) => session.login('ada', { remember: true }))
    expect((await after.visit()).session).toMatchObject({ outcome: 'resumed', subject: 'ada' })
    const old = new Browser(withSecret(SECRET), user.jar.copy())
    expect((await old.visit()).session.subject).toBeUndefined()
  })

  it('before the old one signs no one out', async () => {
    const { user, withSecret } = await before()
    const rotated = new Browser(withSecret([NEXT, SECRET]), user.jar)
    expect((await rotated.visit()).session).toMatchObject({ outcome: 'resumed', subject: 'ada' })
  })
})
